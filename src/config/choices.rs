//! The values that some settings choose between, each with its name in redis.conf.

use crate::sys::Address;

/// Who may use what can do harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protected {
    /// Nobody.
    No,
    /// Everybody.
    Yes,
    /// Clients on this machine.
    Local,
}

impl Protected {
    pub(super) const ALL: [(Protected, &'static str); 3] = [
        (Protected::No, "no"),
        (Protected::Yes, "yes"),
        (Protected::Local, "local"),
    ];

    /// Whether a client at `peer` may use it.
    pub fn allows(self, peer: &Address) -> bool {
        match self {
            Protected::No => false,
            Protected::Local => peer.is_local(),
            Protected::Yes => true,
        }
    }
}

/// When the append-only file is synced to the disk: `appendfsync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Before a write is answered.
    Always,
    /// Once a second.
    #[default]
    EverySecond,
    /// When the operating system sees fit.
    No,
}

impl Fsync {
    /// All of them, with their names in redis.conf.
    pub const ALL: [(Fsync, &'static str); 3] = [
        (Fsync::Always, "always"),
        (Fsync::EverySecond, "everysec"),
        (Fsync::No, "no"),
    ];
}

/// The service manager that is notified when the server is ready and when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervised {
    /// Nobody.
    No,
    /// Upstart: the process stops itself when it is ready.
    Upstart,
    /// systemd: it gets datagrams.
    Systemd,
    /// The one that the environment names, if any.
    Auto,
}

impl Supervised {
    pub(super) const ALL: [(Supervised, &'static str); 4] = [
        (Supervised::Upstart, "upstart"),
        (Supervised::Systemd, "systemd"),
        (Supervised::Auto, "auto"),
        (Supervised::No, "no"),
    ];
}
