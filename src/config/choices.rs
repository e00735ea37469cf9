//! The values that some settings choose between, each with its name in redis.conf.

use crate::sys::Address;

/// The clients that may use a dangerous command or setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protected {
    /// No client.
    No,
    /// All clients.
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

    /// Returns whether a client at `peer` may use it.
    pub fn allows(self, peer: &Address) -> bool {
        match self {
            Protected::No => false,
            Protected::Local => peer.is_local(),
            Protected::Yes => true,
        }
    }
}

/// The channels that a new user may use: `acl-pubsub-default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// All channels.
    All,
    /// No channel.
    None,
}

impl Channels {
    pub(super) const ALL: [(Channels, &'static str); 2] = [
        (Channels::All, "allchannels"),
        (Channels::None, "resetchannels"),
    ];
}

/// When the append-only file is synced to the disk: `appendfsync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Before a write is acknowledged.
    Always,
    /// Once a second.
    #[default]
    EverySecond,
    /// Never by the server: the operating system decides.
    No,
}

impl Fsync {
    /// All policies with their names in redis.conf.
    pub const ALL: [(Fsync, &'static str); 3] = [
        (Fsync::Always, "always"),
        (Fsync::EverySecond, "everysec"),
        (Fsync::No, "no"),
    ];

    /// Returns the policy's name in redis.conf.
    pub fn name(self) -> &'static str {
        let row = Fsync::ALL.iter().find(|row| row.0 == self);
        row.map_or("", |row| row.1)
    }
}

/// The service manager that is notified when the server is ready and when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervised {
    /// No service manager.
    No,
    /// Upstart: the process stops itself with SIGSTOP when it is ready.
    Upstart,
    /// systemd: it receives datagrams.
    Systemd,
    /// The manager that the environment variables name, if any.
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
