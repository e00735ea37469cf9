//! A row of the table of directives without effect.

use crate::config::value::{
    boolean, integer, memory, memory_or_percent, one_of, save_points, shutdown_flags, yes_or_no,
};

/// A directive without effect.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Inert {
    /// The name.
    pub(in crate::config) name: &'static str,
    /// The value that describes this server. CONFIG GET returns it until another value is stored.
    pub(in crate::config) default: &'static str,
    /// A second value that is accepted without effect: Redis's default, if it differs.
    pub(super) harmless: Option<&'static str>,
    /// The values that it accepts.
    pub(in crate::config) kind: Kind,
    /// The class of all other values.
    class: Class,
}

/// How the server treats a value that asks for another behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Class {
    /// The value is stored and changes no answer.
    Hint,
    /// The start warns. The text tells what the server does instead.
    Unsupported(&'static str),
    /// The server does not start. The text tells why.
    Refused(&'static str),
}

/// The values that a directive accepts, as in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) enum Kind {
    /// Any text.
    Text,
    /// Any text, but not while the server runs.
    Fixed,
    /// Any text; while the server runs, only if `enable-protected-configs` allows it.
    Protected,
    /// `yes` or `no`.
    YesOrNo,
    /// `yes` or `no`, but not while the server runs.
    FixedYesOrNo,
    /// A number between these two, inclusive.
    Integer(i64, i64),
    /// A number of bytes between these two, inclusive; also as `1k`, `1kb` and so on.
    Memory(u64, u64),
    /// A number of bytes, or a percentage.
    MemoryOrPercent,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Pairs of seconds and changes.
    Save,
    /// Options of SHUTDOWN.
    ShutdownFlags,
    /// A host and a port, or `no one`; not while the server runs.
    ReplicaOf,
}

/// Makes a row of class [`Class::Hint`].
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

/// Makes a row of class [`Class::Unsupported`]. `instead` tells what the server does instead.
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

/// Makes a row of class [`Class::Refused`]. `instead` tells why.
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
    /// Returns the same row with `value` as a second value without effect.
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
            Kind::ShutdownFlags => shutdown_flags(value),
        }
    }

    /// Returns the class of a value that [`Inert::read`] has returned. A value that asks for no
    /// other behaviour is a hint.
    pub(in crate::config) fn class_of(&self, value: &str) -> Class {
        let asks_for_more = match self.kind {
            Kind::ShutdownFlags => value.split(' ').any(|flag| flag == "save"),
            Kind::ReplicaOf => !value.is_empty() && !value.eq_ignore_ascii_case("no one"),
            _ => value != self.default && self.harmless != Some(value),
        };
        if asks_for_more {
            self.class
        } else {
            Class::Hint
        }
    }

    /// Returns whether `value`, which is a hint, is stored for CONFIG GET.
    pub(in crate::config) fn is_stored(&self, value: &str) -> bool {
        self.harmless != Some(value) && self.kind != Kind::ReplicaOf
    }

    /// Returns whether CONFIG SET may not name the directive at all.
    pub(in crate::config) fn is_fixed(&self) -> bool {
        matches!(
            self.kind,
            Kind::Fixed | Kind::FixedYesOrNo | Kind::ReplicaOf
        )
    }
}
