//! A server within the test's process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use threadbare::{Config, Level, ServerError, commands, testing};

use super::{Client, TempDir, wait_for};

/// A running server on the loopback interface that logs nothing and can be restarted. Dropping it
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

/// Sets what every test's server needs, whatever its other settings are.
fn place(config: &mut Config, directory: &Path) {
    config.port = 0;
    config.loglevel = Level::Nothing;
    config.dir = directory.to_owned();
    // A test may then compare the file with the requests.
    config.aof_checksums = false;
}

impl TestServer {
    /// A server with an append-only file in an empty directory.
    pub(crate) fn start() -> TestServer {
        TestServer::start_with(|_| {})
    }

    /// Does the same with a changed configuration.
    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
        TestServer::start_in(Arc::new(TempDir::new()), change)
    }

    /// Does the same in a directory that may contain a file already.
    pub(crate) fn start_in(
        directory: Arc<TempDir>,
        change: impl FnOnce(&mut Config),
    ) -> TestServer {
        let mut config = config_in(&directory);
        config.bind = vec!["127.0.0.1".to_owned()];
        change(&mut config);
        TestServer::launch(directory, config)
    }

    /// Starts a server with the command line `args`, except for its port and directory.
    pub(crate) fn start_with_args(directory: Arc<TempDir>, args: &[&str]) -> TestServer {
        let args = args.iter().map(|arg| (*arg).to_owned());
        let mut config =
            Config::from_args(args, commands::is_command).expect("a command line without mistakes");
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

    /// Waits until the server has loaded its data. Returns its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// Returns whether the server has loaded its data; `false` if it could not and has ended.
    pub(crate) fn has_loaded(&self) -> bool {
        self.server.has_loaded()
    }

    /// Waits until the server has ended by itself, or could not start.
    pub(crate) fn outcome(self) -> Result<(), ServerError> {
        self.server.wait()
    }

    /// Stops the server in order.
    pub(crate) fn stop(self) {
        self.server.stop().expect("a server that starts and stops");
    }

    /// Stops the server and starts another one in its place.
    pub(crate) fn restart(self) -> TestServer {
        let (directory, config) = (Arc::clone(&self.directory), self.config.clone());
        self.stop();
        TestServer::launch(directory, config)
    }

    /// Does the same with a changed configuration.
    pub(crate) fn restart_with(mut self, change: impl FnOnce(&mut Config)) -> TestServer {
        change(&mut self.config);
        self.restart()
    }
}

/// Waits until the file is not locked any more. A process that another test starts inherits all
/// open files, and closes them when its program begins.
fn wait_until_unlocked(directory: &TempDir) {
    if let Ok(file) = File::open(directory.aof()) {
        wait_for("the append-only file's lock", || file.try_lock().ok());
        file.unlock().expect("a lock to release");
    }
}
