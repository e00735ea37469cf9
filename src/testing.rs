//! A server for the tests of a program that uses Redis.
//!
//! It runs within the test's process, on a port that the system chooses and in a directory of its
//! own, so that tests can run in parallel.
//!
//! ```toml
//! [dev-dependencies]
//! threadbare = { path = "../threadbare" }   # or: { git = "..." }
//! redis = "1"
//! ```
//!
//! ```ignore
//! use redis::Commands;
//! use threadbare::testing::TestServer;
//!
//! #[test]
//! fn a_visit_is_counted() -> redis::RedisResult<()> {
//!     let server = TestServer::start();
//!     let mut connection = redis::Client::open(server.url())?.get_connection()?;
//!     let visits: i64 = connection.incr("visits", 1)?;
//!     assert_eq!(visits, 1);
//!     Ok(())
//! }
//! ```

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::{Config, Handle, Level, Server, ServerError};

/// A server that takes longer than this to load or to stop hangs, and fails its test.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time between two looks at a state that nobody announces.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// A server that runs in this process. Dropping it stops it.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use threadbare::testing::TestServer;
///
/// let server = TestServer::start();
/// let mut client = TcpStream::connect(server.address()).unwrap();
/// client.write_all(b"PING\r\n").unwrap();
/// let mut reply = [0; 7];
/// client.read_exact(&mut reply).unwrap();
/// assert_eq!(&reply, b"+PONG\r\n");
/// ```
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    handle: Handle,
    /// The thread that runs the server; `None` once it has been joined.
    running: Option<JoinHandle<Result<(), ServerError>>>,
    // Dropped after the server has stopped.
    directory: Option<Directory>,
}

impl TestServer {
    /// Starts a server with an append-only file in a temporary directory. The directory is removed
    /// when the server is dropped, also if the test panics.
    ///
    /// # Panics
    /// If the directory cannot be made, or no port is free.
    pub fn start() -> TestServer {
        TestServer::start_with(|_| {})
    }

    /// Starts a server whose configuration `change` has changed.
    ///
    /// ```
    /// use threadbare::testing::TestServer;
    ///
    /// let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    /// ```
    ///
    /// # Panics
    /// As [`TestServer::start`]; also if the changed configuration cannot be used.
    pub fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
        let directory = Directory::create().expect("a temporary directory");
        let mut config = Config {
            port: 0,
            bind: vec!["127.0.0.1".to_owned()],
            dir: directory.0.clone(),
            loglevel: Level::Nothing,
            ..Config::default()
        };
        change(&mut config);
        let mut server = TestServer::with_config(config);
        server.directory = Some(directory);
        server
    }

    /// Starts a server with exactly this configuration. Its files stay where `config` puts them.
    ///
    /// # Panics
    /// If the configuration cannot be used, for instance because the port is taken.
    pub fn with_config(config: Config) -> TestServer {
        let server = Server::bind(config).expect("a configuration that can be used");
        TestServer {
            address: server.local_addr(),
            handle: server.handle(),
            running: Some(thread::spawn(move || server.run())),
            directory: None,
        }
    }

    /// Returns the address to connect to. Waits until the server has loaded its data.
    ///
    /// # Panics
    /// If the server could not load its data.
    pub fn address(&self) -> SocketAddr {
        assert!(self.has_loaded(), "the server ended before it had its data");
        self.address
    }

    /// Returns the address as `redis://127.0.0.1:PORT`. Waits as [`TestServer::address`] does.
    ///
    /// # Panics
    /// If the server could not load its data.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Waits until the server has loaded its data or has ended. Returns whether it has its data.
    ///
    /// # Panics
    /// If this takes longer than 20 seconds.
    pub fn has_loaded(&self) -> bool {
        wait_until("the data is loaded", || {
            !self.handle.is_loading() || self.has_ended()
        });
        !self.handle.is_loading()
    }

    /// Stops the server, and removes its directory if that is a temporary one.
    ///
    /// # Errors
    /// As [`Server::run`].
    ///
    /// # Panics
    /// If the server does not stop within 20 seconds.
    pub fn stop(self) -> Result<(), ServerError> {
        self.handle.shutdown();
        self.wait()
    }

    /// Waits until the server ends by itself, for instance because a client sends SHUTDOWN.
    ///
    /// # Errors
    /// As [`Server::run`].
    ///
    /// # Panics
    /// If the server does not end within 20 seconds.
    pub fn wait(mut self) -> Result<(), ServerError> {
        wait_until("the server ends", || self.has_ended());
        self.join()
    }

    fn has_ended(&self) -> bool {
        self.running.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Returns what the server's thread returned, once.
    fn join(&mut self) -> Result<(), ServerError> {
        match self.running.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

/// Stops the server. Panics if it cannot stop in good order or has ended with an error, unless the
/// thread is panicking already.
impl Drop for TestServer {
    fn drop(&mut self) {
        self.handle.shutdown();
        if thread::panicking() {
            // The first panic is the one to report.
            let _ = self.running.take().map(JoinHandle::join);
        } else {
            wait_until("the server stops", || self.has_ended());
            self.join().expect("a server that starts and stops");
        }
    }
}

/// Polls until `condition` holds. Panics if that takes too long.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(POLL_INTERVAL);
    }
}

/// A temporary directory. Dropping it removes it with all that is in it.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn create() -> io::Result<Directory> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("threadbare-{}-{number}", process::id());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                // An earlier process with this number was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                result => return result.map(|()| Directory(path)),
            }
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is left to the system, which cleans its temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}
