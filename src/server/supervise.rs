//! `supervised`: telling systemd or upstart how far the server is.

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

/// How long a message may take to be sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// The service manager that started the server and is notified.
pub(super) struct Supervisor {
    kind: Kind,
    logger: Arc<Logger>,
}

enum Kind {
    Nobody,
    /// It waits until the process stops itself.
    Upstart,
    /// It receives datagrams at this address.
    Systemd(OsString),
}

impl Supervisor {
    /// Finds the one that `supervised` means, and tells it that the data is being loaded.
    pub(super) fn find(state: &ServerState) -> Supervisor {
        let logger = Arc::clone(&state.logger);
        let setting = state.config().supervised;
        let kind = match detect(setting, &logger) {
            Supervised::Upstart => upstart(&logger),
            Supervised::Systemd => systemd(&logger),
            Supervised::No | Supervised::Auto => Kind::Nobody,
        };
        let supervisor = Supervisor { kind, logger };
        supervisor.tell("STATUS=threadbare is loading...\n");
        supervisor
    }

    /// Tells it that clients are served.
    pub(super) fn ready(&self) {
        self.tell("STATUS=Ready to accept connections\n");
        self.tell("READY=1\n");
        if matches!(self.kind, Kind::Upstart) {
            self.logger.notice(format_args!(
                "supervised by upstart, will stop to signal readiness"
            ));
            signals::stop_this_process();
        }
    }

    /// Tells it that the server is about to end.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1\n");
    }

    fn tell(&self, text: &str) {
        let Kind::Systemd(address) = &self.kind else {
            return;
        };
        if let Err(error) = send(address, text) {
            // The number is what systemd's own library returns.
            let number = -error.raw_os_error().unwrap_or(1);
            self.logger.warning(format_args!(
                "systemd supervision error: sd_notify: {number}"
            ));
        }
    }
}

/// Decides what `auto` means.
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
    Kind::Nobody
}

fn systemd(logger: &Logger) -> Kind {
    let Some(address) = env::var_os("NOTIFY_SOCKET") else {
        let text = "systemd supervision error: NOTIFY_SOCKET not found!";
        logger.warning(format_args!("{text}"));
        return Kind::Nobody;
    };
    logger.notice(format_args!(
        "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec \
         and TimeoutStopSec in your service unit."
    ));
    Kind::Systemd(address)
}

/// Sends one datagram. `@` begins a name that is in no directory.
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
    // A supervisor that does not read must not hold the server up for long.
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.send_to_addr(text.as_bytes(), &address).map(drop)
}
