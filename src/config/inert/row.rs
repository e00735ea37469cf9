//! A row of the table of directives without effect.

use crate::config::value::{
    boolean, events, integer, memory, memory_or_percent, one_of, save_points, shutdown_flags,
    yes_or_no,
};

/// A row: a directive without effect.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Inert {
    /// Its name.
    pub(in crate::config) name: &'static str,
    /// The value that the server acts by, and that CONFIG GET tells until another is kept.
    pub(in crate::config) default: &'static str,
    /// A second value that asks for nothing: Redis's default, where that differs.
    pub(super) harmless: Option<&'static str>,
    /// What it can be set to.
    pub(in crate::config) kind: Kind,
    /// What becomes of a value that asks for something else.
    class: Class,
}

/// What becomes of a value that asks for another behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Class {
    /// There is none: every value is kept.
    Hint,
    /// The start warns, and says what happens instead.
    Unsupported(&'static str),
    /// The start ends, and says why.
    Refused(&'static str),
}

/// What a directive can be set to, as Redis has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Kind {
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
pub(in crate::config) const fn hint(
    name: &'static str,
    default: &'static str,
    kind: Kind,
) -> Inert {
    Inert {
        name,
        default,
        harmless: None,
        kind,
        class: Class::Hint,
    }
}

/// A row of class [`Class::Unsupported`]; `instead` says what happens instead.
pub(in crate::config) const fn unsupported(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    instead: &'static str,
) -> Inert {
    Inert {
        class: Class::Unsupported(instead),
        ..hint(name, default, kind)
    }
}

/// A row of class [`Class::Refused`]; `instead` says what happens instead.
pub(in crate::config) const fn refused(
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
    pub(in crate::config) const fn or(self, value: &'static str) -> Inert {
        Inert {
            harmless: Some(value),
            ..self
        }
    }

    /// Returns `value` in the form of CONFIG GET, or the text of an error.
    pub(in crate::config) fn read(&self, value: &str) -> Result<String, String> {
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
    pub(in crate::config) fn class_of(&self, value: &str) -> Class {
        let asks = match self.kind {
            // Without one of these letters Redis publishes nothing either.
            Kind::Events => value.contains(['K', 'E']),
            Kind::ShutdownFlags => value.split(' ').any(|flag| flag == "save"),
            Kind::ReplicaOf => !value.is_empty() && !value.eq_ignore_ascii_case("no one"),
            _ => value != self.default && self.harmless != Some(value),
        };
        if asks { self.class } else { Class::Hint }
    }

    /// Whether CONFIG GET tells `value`, which asks for nothing, once it has been set.
    pub(in crate::config) fn is_stored(&self, value: &str) -> bool {
        self.harmless != Some(value) && self.kind != Kind::ReplicaOf
    }

    /// Whether CONFIG SET may not even name it.
    pub(in crate::config) fn is_fixed(&self) -> bool {
        matches!(
            self.kind,
            Kind::Fixed | Kind::FixedYesOrNo | Kind::ReplicaOf
        )
    }
}
