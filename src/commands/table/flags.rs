//! Flags and ACL categories of commands, as COMMAND INFO lists them.

/// A property of a command, in the order of Redis's listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Changes data. The handler's type says the same, and the engine asks that:
    /// [`Handler::writes`](super::Handler::writes).
    Write,
    /// Only reads data.
    Readonly,
    /// Can need more memory.
    Denyoom,
    /// For administrators.
    Admin,
    /// Concerns channels, not keys.
    PubSub,
    /// Not allowed in scripts.
    Noscript,
    /// May wait for data.
    Blocking,
    /// Allowed while the data is being loaded.
    Loading,
    /// Allowed while the data of a replica is out of date.
    Stale,
    /// Not allowed while a replica loads new data and serves old data.
    NoAsyncLoading,
    /// Takes constant time, or nearly.
    Fast,
    /// Allowed before AUTH.
    NoAuth,
    /// Not allowed in a transaction.
    NoMulti,
    /// Not shown by MONITOR.
    SkipMonitor,
    /// Not listed by SLOWLOG, which lists the commands inside it.
    SkipSlowlog,
    /// Allowed while a script blocks the server.
    AllowBusy,
    /// May name no keys although its row does.
    NoMandatoryKeys,
}

impl Flag {
    /// Returns its name in COMMAND INFO.
    pub fn name(self) -> &'static str {
        match self {
            Flag::Write => "write",
            Flag::Readonly => "readonly",
            Flag::Denyoom => "denyoom",
            Flag::Admin => "admin",
            Flag::PubSub => "pubsub",
            Flag::Noscript => "noscript",
            Flag::Blocking => "blocking",
            Flag::Loading => "loading",
            Flag::Stale => "stale",
            Flag::NoAsyncLoading => "no_async_loading",
            Flag::Fast => "fast",
            Flag::NoAuth => "no_auth",
            Flag::NoMulti => "no_multi",
            Flag::SkipMonitor => "skip_monitor",
            Flag::SkipSlowlog => "skip_slowlog",
            Flag::AllowBusy => "allow_busy",
            Flag::NoMandatoryKeys => "no_mandatory_keys",
        }
    }
}

/// An ACL category, in the order of Redis's listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Works on keys of any type.
    Keyspace,
    /// Follows from [`Flag::Readonly`].
    Read,
    /// Follows from [`Flag::Write`].
    Write,
    /// Works on sets.
    Set,
    /// Works on sorted sets.
    SortedSet,
    /// Works on lists.
    List,
    /// Works on hashes.
    Hash,
    /// Works on strings.
    String,
    /// Works on bits of strings.
    Bitmap,
    /// Works on HyperLogLogs.
    HyperLogLog,
    /// Works on positions on the earth.
    Geo,
    /// Works on streams.
    Stream,
    /// Follows from [`Flag::PubSub`].
    PubSub,
    /// Follows from [`Flag::Admin`].
    Admin,
    /// Follows from [`Flag::Fast`].
    Fast,
    /// Follows from the absence of [`Flag::Fast`].
    Slow,
    /// Follows from [`Flag::Blocking`].
    Blocking,
    /// Can do harm. Follows from [`Flag::Admin`] too.
    Dangerous,
    /// Concerns the connection.
    Connection,
    /// Concerns transactions.
    Transaction,
    /// Concerns scripts and functions.
    Scripting,
}

impl Category {
    /// All, in the order of Redis's listing, with their names.
    pub(crate) const ALL: [(Category, &'static str); 21] = [
        (Category::Keyspace, "@keyspace"),
        (Category::Read, "@read"),
        (Category::Write, "@write"),
        (Category::Set, "@set"),
        (Category::SortedSet, "@sortedset"),
        (Category::List, "@list"),
        (Category::Hash, "@hash"),
        (Category::String, "@string"),
        (Category::Bitmap, "@bitmap"),
        (Category::HyperLogLog, "@hyperloglog"),
        (Category::Geo, "@geo"),
        (Category::Stream, "@stream"),
        (Category::PubSub, "@pubsub"),
        (Category::Admin, "@admin"),
        (Category::Fast, "@fast"),
        (Category::Slow, "@slow"),
        (Category::Blocking, "@blocking"),
        (Category::Dangerous, "@dangerous"),
        (Category::Connection, "@connection"),
        (Category::Transaction, "@transaction"),
        (Category::Scripting, "@scripting"),
    ];

    /// Returns whether a command with these flags is in this category.
    pub(super) fn follows_from(self, flags: &[Flag]) -> bool {
        match self {
            Category::Read => flags.contains(&Flag::Readonly),
            Category::Write => flags.contains(&Flag::Write),
            Category::Admin | Category::Dangerous => flags.contains(&Flag::Admin),
            Category::Fast => flags.contains(&Flag::Fast),
            Category::Slow => !flags.contains(&Flag::Fast),
            Category::PubSub => flags.contains(&Flag::PubSub),
            Category::Blocking => flags.contains(&Flag::Blocking),
            _ => false,
        }
    }
}
