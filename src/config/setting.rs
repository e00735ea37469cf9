//! A row of the table of settings.

use super::Config;

/// A row: how a setting is read, printed and changed.
pub struct Setting {
    /// Its name in redis.conf.
    pub name: &'static str,
    /// What it does, for `--help`.
    pub summary: &'static str,
    /// Whether CONFIG SET may change it while the server runs.
    pub(super) change: Change,
    pub(super) get: fn(&Config) -> String,
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
}

/// What CONFIG SET may do to a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Change it.
    Live,
    /// Change it, if `enable-protected-configs` allows it to the client.
    Protected,
    /// Set it to what it is: Redis can change it, so that tools set it unasked.
    Same,
    /// Nothing, as in Redis.
    Never,
}
