//! A server within the test's process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use threadbare::{Config, Handle, Level, Server, ServerError};

use super::{Client, PATIENCE, TempDir, wait_for};

/// A server that runs, silently, on the loopback interface. Dropping it stops it.
pub(crate) struct TestServer {
    pub(crate) directory: Arc<TempDir>,
    config: Config,
    address: SocketAddr,
    handle: Handle,
    /// What `run` returned; there once it has.
    outcome: Receiver<Result<(), ServerError>>,
    is_over: bool,
    /// The outcome, if it has been received before it was asked for.
    early_outcome: Option<Result<(), ServerError>>,
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
        let server = Server::bind(config.clone()).expect("a free port");
        let address = server.local_addr();
        let handle = server.handle();
        let (sender, outcome) = mpsc::channel();
        thread::spawn(move || sender.send(server.run()));
        TestServer {
            directory,
            config,
            address,
            handle,
            outcome,
            is_over: false,
            early_outcome: None,
        }
    }

    /// Where the server can be reached, once it has its data.
    pub(crate) fn address(&self) -> SocketAddr {
        wait_for("the data to be loaded", || {
            (!self.handle.is_loading()).then_some(self.address)
        })
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// Whether it has loaded its data; `false` if it has ended because it could not.
    pub(crate) fn has_loaded(&mut self) -> bool {
        wait_for("the data to be loaded", || {
            if let Ok(outcome) = self.outcome.try_recv() {
                self.is_over = true;
                self.early_outcome = Some(outcome);
            }
            let is_loaded = !self.handle.is_loading();
            (is_loaded || self.is_over).then_some(is_loaded)
        })
    }

    /// Waits until `run` has returned, be it because it could not start.
    pub(crate) fn outcome(mut self) -> Result<(), ServerError> {
        self.wait()
    }

    /// Stops it in good order.
    pub(crate) fn stop(mut self) {
        self.handle.shutdown();
        self.wait().expect("a server that starts and stops");
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

    fn wait(&mut self) -> Result<(), ServerError> {
        self.is_over = true;
        if let Some(outcome) = self.early_outcome.take() {
            return outcome;
        }
        self.outcome
            .recv_timeout(PATIENCE)
            .expect("a server that ends")
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

impl Drop for TestServer {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.handle.shutdown();
        let outcome = self.outcome.recv_timeout(PATIENCE);
        if thread::panicking() {
            eprintln!("the test's server: {outcome:?}");
        } else {
            outcome
                .expect("a server that ends")
                .expect("a server that starts and stops");
        }
    }
}
