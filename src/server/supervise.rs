//! `supervised`: notifies systemd or upstart when the server is ready and when it stops.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use crate::config::Supervised;
use crate::logger::Logger;
use crate::state::ServerState;
use crate::sys::signals;

/// How long a notification may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The service manager that started the server and is notified.
pub(super) struct Supervisor {
    kind: Kind,
    logger: Arc<Logger>,
}

enum Kind {
    None,
    /// It waits until the process stops itself with SIGSTOP.
    Upstart,
    /// It receives datagrams at this address.
    Systemd(OsString),
}

impl Supervisor {
    /// Finds the service manager of the setting `supervised`, and notifies it that the data is
    /// being loaded.
    pub(super) fn find(state: &ServerState) -> Supervisor {
        let logger = Arc::clone(&state.logger);
        let setting = state.config().supervised;
        let kind = match detect(setting, &logger) {
            Supervised::Upstart => upstart(&logger),
            Supervised::Systemd => systemd(&logger),
            Supervised::No | Supervised::Auto => Kind::None,
        };
        let name = match kind {
            Kind::None => "no",
            Kind::Upstart => "upstart",
            Kind::Systemd(_) => "systemd",
        };
        // A server has one.
        let _ = state.supervisor.set(name);
        let supervisor = Supervisor { kind, logger };
        supervisor.notify("STATUS=threadbare is loading...\n");
        supervisor
    }

    /// Notifies it that clients are served.
    pub(super) fn ready(&self) {
        self.notify("STATUS=Ready to accept connections\n");
        self.notify("READY=1\n");
        if matches!(self.kind, Kind::Upstart) {
            self.logger.notice(format_args!(
                "supervised by upstart, will stop to signal readiness"
            ));
            signals::stop_this_process();
        }
    }

    /// Notifies it that the server is stopping.
    pub(super) fn stopping(&self) {
        self.notify("STOPPING=1\n");
    }

    fn notify(&self, text: &str) {
        let Kind::Systemd(address) = &self.kind else {
            return;
        };
        if let Err(error) = send(address, text) {
            // The number has the form of systemd's own library.
            let number = -error.raw_os_error().unwrap_or(1);
            self.logger.warning(format_args!(
                "systemd supervision error: sd_notify: {number}"
            ));
        }
    }
}

/// Resolves `auto` to the manager that the environment names.
fn detect(setting: Supervised, logger: &Logger) -> Supervised {
    if setting != Supervised::Auto {
        setting
    } else if env::var_os("UPSTART_JOB").is_some() {
        logger.verbose(format_args!("Upstart supervision detected."));
        Supervised::Upstart
    } else if env::var_os("NOTIFY_SOCKET").is_some() {
        logger.verbose(format_args!("Systemd supervision detected."));
        Supervised::Systemd
    } else {
        Supervised::No
    }
}

fn upstart(logger: &Logger) -> Kind {
    if env::var_os("UPSTART_JOB").is_some() {
        return Kind::Upstart;
    }
    let text = "upstart supervision requested, but UPSTART_JOB not found";
    logger.warning(format_args!("{text}"));
    Kind::None
}

fn systemd(logger: &Logger) -> Kind {
    let Some(address) = env::var_os("NOTIFY_SOCKET") else {
        let text = "systemd supervision error: NOTIFY_SOCKET not found!";
        logger.warning(format_args!("{text}"));
        return Kind::None;
    };
    logger.notice(format_args!(
        "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec \
         and TimeoutStopSec in your service unit."
    ));
    Kind::Systemd(address)
}

/// Sends one datagram. An address that begins with `@` is a name outside of the file system.
fn send(address: &OsString, text: &str) -> io::Result<()> {
    let address = match address.as_bytes() {
        #[cfg(target_os = "linux")]
        [b'@', name @ ..] => {
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(name)?
        }
        _ => SocketAddr::from_pathname(address)?,
    };
    let socket = UnixDatagram::unbound()?;
    // A supervisor that does not read must not block the server for long.
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.send_to_addr(text.as_bytes(), &address).map(drop)
}
