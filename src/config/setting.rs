//! A row of the table of settings.

use super::Config;

/// A row: how a setting is parsed, printed and changed.
pub struct Setting {
    /// The name in redis.conf.
    pub name: &'static str,
    /// A line for `--help`.
    pub summary: &'static str,
    /// Whether CONFIG SET may change it while the server runs.
    pub(super) change: Change,
    pub(super) get: fn(&Config) -> String,
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
}

/// Whether CONFIG SET may change a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It may.
    Live,
    /// It may, if `enable-protected-configs` allows it to the client.
    Protected,
    /// It may only set the current value: tools set settings of Redis without being asked, or set all that
    /// CONFIG GET tells to the same values.
    SameValue,
    /// It may not, as in Redis.
    Never,
}
