//! A server within the test's process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use threadbare::{Config, Level, ServerError, testing};

use super::{Client, TempDir, wait_for};

/// A server that runs, silently, on the loopback interface, and can be started again. Dropping it
/// stops it.
pub(crate) struct TestServer {
    config: Config,
    server: testing::TestServer,
    // Dropped last.
    pub(crate) directory: Arc<TempDir>,
}

/// The configuration of a server in `directory`.
pub(crate) fn config_in(directory: &Path) -> Config {
    let mut config = Config::default();
    place(&mut config, directory);
    config
}

/// What every server of a test needs, whatever else it is told.
fn place(config: &mut Config, directory: &Path) {
    config.port = 0;
    config.loglevel = Level::Nothing;
    config.dir = directory.to_owned();
    // The file can be laid beside what was asked.
    config.aof_checksums = false;
}

impl TestServer {
    /// A server with an append-only file in an empty directory.
    pub(crate) fn start() -> TestServer {
        TestServer::start_with(|_| {})
    }

    /// The same, with its configuration changed.
    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
        TestServer::start_in(Arc::new(TempDir::new()), change)
    }

    /// The same, in a directory that may hold a file already.
    pub(crate) fn start_in(
        directory: Arc<TempDir>,
        change: impl FnOnce(&mut Config),
    ) -> TestServer {
        let mut config = config_in(&directory);
        config.bind = vec!["127.0.0.1".to_owned()];
        change(&mut config);
        TestServer::launch(directory, config)
    }

    /// A server configured as the command line `args` says, but for its place.
    pub(crate) fn start_with_args(directory: Arc<TempDir>, args: &[&str]) -> TestServer {
        let args = args.iter().map(|arg| (*arg).to_owned());
        let mut config = Config::from_args(args).expect("a command line without mistakes");
        place(&mut config, &directory);
        TestServer::launch(directory, config)
    }

    fn launch(directory: Arc<TempDir>, config: Config) -> TestServer {
        wait_until_unlocked(&directory);
        TestServer {
            server: testing::TestServer::with_config(config.clone()),
            config,
            directory,
        }
    }

    /// Where the server can be reached, once it has its data.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// Whether it has loaded its data; `false` if it has ended because it could not.
    pub(crate) fn has_loaded(&self) -> bool {
        self.server.has_loaded()
    }

    /// Waits until it has ended by itself, or could not start.
    pub(crate) fn outcome(self) -> Result<(), ServerError> {
        self.server.wait()
    }

    /// Stops it in good order.
    pub(crate) fn stop(self) {
        self.server.stop().expect("a server that starts and stops");
    }

    /// Stops it and starts another one in its place.
    pub(crate) fn restart(self) -> TestServer {
        let (directory, config) = (Arc::clone(&self.directory), self.config.clone());
        self.stop();
        TestServer::launch(directory, config)
    }

    /// The same, with its configuration changed.
    pub(crate) fn restart_with(mut self, change: impl FnOnce(&mut Config)) -> TestServer {
        change(&mut self.config);
        self.restart()
    }
}

/// Waits until no process that another test is just starting holds on to the file: it
/// inherits all that this process has open, and closes it when its program begins.
fn wait_until_unlocked(directory: &TempDir) {
    if let Ok(file) = File::open(directory.aof()) {
        wait_for("the append-only file's lock", || file.try_lock().ok());
        file.unlock().expect("a lock to release");
    }
}
