//! Directives of Redis that have no effect here, and how each is treated.
//!
//! A configuration written for Redis must start this server, and a client that sets or
//! reads such a directive must get along. So each of them has a row, and the row's class
//! says what the server does if another value is asked for than the one it acts by:
//!
//! - a *hint* (`io-threads`, `hz`) changes no answer: its value is checked, kept and read back;
//! - an *unmet* directive (`maxmemory`, `daemonize`) asks for something that will not happen:
//!   the start warns of it, CONFIG SET refuses it, CONFIG GET tells what is true;
//! - a *refused* directive (`tls-port`, `cluster-enabled`) is about safety or about other
//!   servers: it ends the start.

use super::directives::INERT;
use super::value::{
    boolean, events, integer, memory, memory_or_percent, one_of, save_points, shutdown_flags,
    yes_or_no,
};

/// A row: a directive without effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inert {
    /// Its name.
    pub(super) name: &'static str,
    /// The value that the server acts by, and that CONFIG GET tells until another is kept.
    pub(super) default: &'static str,
    /// A second value that asks for nothing: Redis's default, where that differs.
    also: Option<&'static str>,
    /// What it can be set to.
    pub(super) kind: Kind,
    /// What becomes of a value that asks for something else.
    class: Class,
}

/// What becomes of a value that asks for another behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// There is none: every value is kept.
    Hint,
    /// The start warns, and says what happens instead.
    Unmet(&'static str),
    /// The start ends, and says why.
    Refused(&'static str),
}

/// What a directive can be set to, as Redis has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything.
    Text,
    /// Anything, but not while the server runs.
    Fixed,
    /// Anything, but while the server runs only if `enable-protected-configs` allows it.
    Protected,
    /// `yes` or `no`.
    YesOrNo,
    /// `yes` or `no`, but not while the server runs.
    FixedYesOrNo,
    /// A number between these two.
    Integer(i64, i64),
    /// A number of bytes between these two, for which `1k`, `1kb` and the like are read.
    Memory(u64, u64),
    /// A number of bytes, or a percentage.
    MemoryOrPercent,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Pairs of seconds and changes.
    Save,
    /// Letters for classes of keyspace events.
    Events,
    /// Options of SHUTDOWN.
    ShutdownFlags,
    /// A host and a port, or `no one`; not while the server runs.
    ReplicaOf,
}

/// A row of class [`Class::Hint`].
pub(super) const fn hint(name: &'static str, default: &'static str, kind: Kind) -> Inert {
    Inert {
        name,
        default,
        also: None,
        kind,
        class: Class::Hint,
    }
}

/// A row of class [`Class::Unmet`]; `instead` says what happens instead.
pub(super) const fn unmet(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    instead: &'static str,
) -> Inert {
    Inert {
        class: Class::Unmet(instead),
        ..hint(name, default, kind)
    }
}

/// A row of class [`Class::Refused`]; `instead` says what happens instead.
pub(super) const fn refused(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    instead: &'static str,
) -> Inert {
    Inert {
        class: Class::Refused(instead),
        ..hint(name, default, kind)
    }
}

impl Inert {
    /// The same row, but `value` asks for nothing either.
    pub(super) const fn or(self, value: &'static str) -> Inert {
        Inert {
            also: Some(value),
            ..self
        }
    }

    /// Returns `value` in the form of CONFIG GET, or the text of an error.
    pub(super) fn read(&self, value: &str) -> Result<String, String> {
        match self.kind {
            Kind::Text | Kind::Fixed | Kind::Protected | Kind::ReplicaOf => Ok(value.to_owned()),
            Kind::YesOrNo | Kind::FixedYesOrNo => boolean(value).map(yes_or_no),
            Kind::Integer(least, most) => Ok(integer(value, least, most)?.to_string()),
            Kind::Memory(least, most) => Ok(memory(value, least, most)?.to_string()),
            Kind::MemoryOrPercent => memory_or_percent(value),
            Kind::OneOf(words) => one_of(words, value).map(str::to_owned),
            Kind::Save => save_points(value),
            Kind::Events => events(value),
            Kind::ShutdownFlags => shutdown_flags(value),
        }
    }

    /// The class of a value that [`Inert::read`] returned: a hint if it asks for nothing else
    /// than what happens.
    pub(super) fn class_of(&self, value: &str) -> Class {
        let asks = match self.kind {
            // Without one of these letters Redis publishes nothing either.
            Kind::Events => value.contains(['K', 'E']),
            Kind::ShutdownFlags => value.split(' ').any(|flag| flag == "save"),
            Kind::ReplicaOf => !value.is_empty() && !value.eq_ignore_ascii_case("no one"),
            _ => value != self.default && self.also != Some(value),
        };
        if asks { self.class } else { Class::Hint }
    }

    /// Whether CONFIG GET tells `value`, which asks for nothing, once it has been set.
    pub(super) fn keeps(&self, value: &str) -> bool {
        self.also != Some(value) && self.kind != Kind::ReplicaOf
    }

    /// Whether CONFIG SET may not even name it.
    pub(super) fn is_fixed(&self) -> bool {
        matches!(
            self.kind,
            Kind::Fixed | Kind::FixedYesOrNo | Kind::ReplicaOf
        )
    }

    /// The name under which it is kept: some directives have an older name besides.
    pub(super) fn key(&self) -> &'static str {
        let newer = newer_name(self.name);
        INERT
            .iter()
            .find(|inert| inert.name == newer)
            .map_or(self.name, |inert| inert.name)
    }
}

/// What a directive that has had another name since would be called.
pub(super) fn newer_name(name: &str) -> String {
    name.replace("slave", "replica")
        .replace("ziplist", "listpack")
        .replace("lua-time-limit", "busy-reply-threshold")
}

/// The directive of that name, in whatever case, if there is one.
pub(super) fn find(name: &str) -> Option<&'static Inert> {
    INERT
        .iter()
        .find(|inert| inert.name.eq_ignore_ascii_case(name))
}

/// Directives that only a file or the command line can have, and the class of each.
pub(super) fn in_file_only(name: &str) -> Option<Class> {
    match name {
        "loadmodule" => Some(Class::Refused("there are no modules")),
        "list-max-ziplist-entries" | "list-max-ziplist-value" | "lua-replicate-commands" => {
            Some(Class::Hint)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_set_and_asks_for_nothing() {
        for inert in INERT {
            for value in [Some(inert.default), inert.also].into_iter().flatten() {
                assert_eq!(inert.read(value).as_deref(), Ok(value), "{}", inert.name);
                assert_eq!(inert.class_of(value), Class::Hint, "{}", inert.name);
            }
        }
    }

    #[test]
    fn a_value_asks_only_for_what_does_not_happen() {
        for (name, value, asks) in [
            ("save", "900 1", true),
            ("notify-keyspace-events", "A", false),
            ("notify-keyspace-events", "AK", true),
            ("shutdown-on-sigterm", "nosave now", false),
            ("shutdown-on-sigterm", "save now", true),
            ("replicaof", "no one", false),
            ("replicaof", "host 6379", true),
            ("slowlog-log-slower-than", "10000", false),
            ("slowlog-log-slower-than", "0", true),
            ("hz", "500", false),
        ] {
            let class = find(name).unwrap().class_of(value);
            assert_eq!(class != Class::Hint, asks, "{name} {value}");
        }
    }
}
