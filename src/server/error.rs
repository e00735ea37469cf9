//! The errors that keep a server from starting.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::load::DamagedFile;
use crate::engine::LoadError;

/// The reason why a server did not start, or did not stop in order.
#[derive(Debug)]
pub enum ServerError {
    /// The log file cannot be opened.
    Logfile(PathBuf, io::Error),
    /// An address cannot be listened on.
    Bind(String, io::Error),
    /// The address of the page cannot be listened on.
    View(String, io::Error),
    /// The server itself serves clients at the address of the page.
    SamePort(String),
    /// The Unix socket cannot be listened on.
    UnixSocket(PathBuf, io::Error),
    /// No address is configured.
    Nowhere,
    /// A user cannot be defined, or the ACL file cannot be read.
    Users(String),
    /// The append-only file cannot be opened, or another server uses it.
    Aof(PathBuf, io::Error),
    /// A command in the append-only file cannot be executed.
    Load(LoadError),
    /// The append-only file is damaged.
    DamagedFile(DamagedFile),
    /// A thread cannot be started.
    Thread(io::Error),
    /// When the server stopped, the append-only file could not be completed.
    Unsaved(String),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::Logfile(path, error) => {
                write!(f, "Can't open the log file {}: {error}", path.display())
            }
            ServerError::Bind(address, error) => {
                write!(
                    f,
                    "Could not create server TCP listening socket {address}: bind: {error}{}",
                    advice(address, error.kind(), ["--port 7000", "--port 6379"])
                )
            }
            ServerError::View(address, error) => {
                let ports = ["--view-port 8081", "--view-port 8080"];
                let advice = advice(address, error.kind(), ports);
                write!(f, "Can't serve the page at {address}: {error}{advice}")
            }
            ServerError::SamePort(address) => write!(
                f,
                "Can't serve the page at {address}, as clients are served there: give 'view-port' and \
                 'port' different numbers"
            ),
            ServerError::UnixSocket(path, error) => {
                write!(f, "Failed opening Unix socket {}: {error}", path.display())
            }
            ServerError::Users(reason) => f.write_str(reason),
            ServerError::Nowhere => f.write_str("Configured to not listen anywhere, exiting."),
            ServerError::Aof(path, error) => {
                write!(
                    f,
                    "Can't open the append-only file {}: {error}",
                    path.display()
                )
            }
            ServerError::Load(error) => write!(f, "{error}"),
            ServerError::DamagedFile(damage) => write!(f, "{damage}"),
            ServerError::Thread(error) => write!(f, "Can't start a thread: {error}"),
            ServerError::Unsaved(reason) => {
                write!(f, "Stopping without a complete append-only file: {reason}")
            }
        }
    }
}

impl std::error::Error for ServerError {}

/// Returns advice for an `address`, a host and a port, that cannot be listened on. `ports` are options to
/// try: instead of one in use, and of one for the superuser.
fn advice(address: &str, kind: io::ErrorKind, ports: [&str; 2]) -> String {
    let [other, usual] = ports;
    let port = address.rsplit(':').next().unwrap_or_default();
    match kind {
        io::ErrorKind::AddrInUse => format!(
            ". Another program listens there: try another port ({other}), or see who it is: \
             ss -ltnp 'sport = :{port}'"
        ),
        io::ErrorKind::PermissionDenied => {
            format!(". Ports below 1024 are for the superuser: try another one ({usual})")
        }
        io::ErrorKind::AddrNotAvailable => {
            ". This machine has no such address; 'ip address' lists those that it has".to_owned()
        }
        _ => String::new(),
    }
}
