//! The keys of a command: Redis's key specifications
//! (<https://redis.io/docs/latest/develop/reference/key-specs/>). The engine purges, prefetches and
//! watches the keys that they find, and COMMAND GETKEYS lists them.

use super::place::{Begin, Extent, Place};
use crate::config::user::Access;
use crate::resp::args::Args;

/// Keys of a command, and the use that it makes of them: one key specification.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Where they stand.
    pub place: Place,
    /// `RO`, `RW`, `OW` or `RM`: the key is read, changed, overwritten or removed. Then the use of
    /// its content: `access`, `update`, `insert` or `delete`.
    pub flags: &'static [&'static str],
    /// Returns the flags of a request, if they depend on its options. `flags` are all then.
    pub flags_of: Option<fn(Args) -> &'static [&'static str]>,
    /// A note for readers of COMMAND INFO.
    pub note: Option<&'static str>,
}

impl Keys {
    /// One key, the first argument.
    pub const fn one(flags: &'static [&'static str]) -> Keys {
        Keys::at(Place::one(1), flags)
    }

    /// Every argument is a key.
    pub const fn all(flags: &'static [&'static str]) -> Keys {
        Keys::at(Place::from(1, 1), flags)
    }

    /// Keys at `place`.
    pub const fn at(place: Place, flags: &'static [&'static str]) -> Keys {
        Keys {
            place,
            flags,
            flags_of: None,
            note: None,
        }
    }

    /// The same, with a note.
    pub const fn note(self, note: &'static str) -> Keys {
        Keys {
            note: Some(note),
            ..self
        }
    }

    /// The same, with flags that depend on the request.
    pub const fn varying(self, flags_of: fn(Args) -> &'static [&'static str]) -> Keys {
        Keys {
            flags_of: Some(flags_of),
            ..self
        }
    }

    /// Returns the flags of the request `args`.
    pub fn flags_of(&self, args: Args) -> &'static [&'static str] {
        self.flags_of.map_or(self.flags, |flags_of| flags_of(args))
    }

    /// Returns what a request with these flags does with the content of the keys.
    pub fn access(flags: &[&str]) -> Access {
        Access {
            reads: flags.contains(&"access"),
            writes: ["update", "insert", "delete"]
                .iter()
                .any(|flag| flags.contains(flag)),
        }
    }

    /// Returns the first key, the last one and the distance between two, if the keys begin at an
    /// index and are a range: the form of Redis before 7.0.
    pub fn legacy_range(&self) -> Option<(i64, i64, i64)> {
        match (self.place.begin, self.place.extent) {
            (Begin::Index(first), Extent::Range { last, step, .. }) => {
                let first = first as i64;
                let last = if last < 0 { last } else { first + last };
                Some((first, last, step as i64))
            }
            _ => None,
        }
    }
}
