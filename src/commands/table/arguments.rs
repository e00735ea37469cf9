//! Arguments as COMMAND DOCS describes them. redis-cli shows them as hints.
//!
//! They are documentation only: handlers parse their requests themselves.

/// One argument of a command.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its name in the documentation.
    pub name: &'static str,
    /// `key`, `string`, `integer`, `unix-time`, `pattern`, `pure-token`, `oneof` or `block`.
    pub kind: &'static str,
    /// The word that stands before it; the argument itself for a `pure-token`.
    pub token: Option<&'static str>,
    /// The version of Redis that added it, if that is later than the command.
    pub since: Option<&'static str>,
    /// The version of Redis that replaced it by another.
    pub deprecated_since: Option<&'static str>,
    /// Whether it is optional.
    pub is_optional: bool,
    /// Whether it may be repeated.
    pub is_multiple: bool,
    /// Whether `token` stands before each repetition.
    pub repeats_token: bool,
    /// The index of the key specification in the row, if it is a key or a pattern of keys.
    pub key_spec: Option<i64>,
    /// The alternatives of `oneof`, or the parts of `block`.
    pub arguments: &'static [Argument],
}

impl Argument {
    /// Returns an argument of the kind `kind`.
    pub const fn new(name: &'static str, kind: &'static str) -> Argument {
        Argument {
            name,
            kind,
            token: None,
            since: None,
            deprecated_since: None,
            is_optional: false,
            is_multiple: false,
            repeats_token: false,
            key_spec: None,
            arguments: &[],
        }
    }

    /// The key of the first key specification.
    pub const KEY: Argument = Argument::key("key", 0);

    /// Returns a key that the key specification `key_spec` finds.
    pub const fn key(name: &'static str, key_spec: i64) -> Argument {
        Argument::new(name, "key").in_spec(key_spec)
    }

    /// Returns the word `token`, which has no value.
    pub const fn word(name: &'static str, token: &'static str) -> Argument {
        Argument {
            token: Some(token),
            ..Argument::new(name, "pure-token")
        }
    }

    /// Returns arguments that are given together.
    pub const fn block(name: &'static str, arguments: &'static [Argument]) -> Argument {
        Argument {
            arguments,
            ..Argument::new(name, "block")
        }
    }

    /// Returns arguments of which one is given.
    pub const fn one_of(name: &'static str, arguments: &'static [Argument]) -> Argument {
        Argument {
            arguments,
            ..Argument::new(name, "oneof")
        }
    }

    /// The same, for the keys of the key specification `key_spec`.
    pub const fn in_spec(self, key_spec: i64) -> Argument {
        Argument {
            key_spec: Some(key_spec),
            ..self
        }
    }

    /// The same, behind the word `token`.
    pub const fn after(self, token: &'static str) -> Argument {
        Argument {
            token: Some(token),
            ..self
        }
    }

    /// The same, added by a later version of Redis.
    pub const fn since(self, version: &'static str) -> Argument {
        Argument {
            since: Some(version),
            ..self
        }
    }

    /// The same, replaced by a later version of Redis.
    pub const fn deprecated(self, version: &'static str) -> Argument {
        Argument {
            deprecated_since: Some(version),
            ..self
        }
    }

    /// The same, but optional.
    pub const fn optional(self) -> Argument {
        Argument {
            is_optional: true,
            ..self
        }
    }

    /// The same, but it may be repeated.
    pub const fn multiple(self) -> Argument {
        Argument {
            is_multiple: true,
            ..self
        }
    }

    /// The same, but `token` is repeated with it.
    pub const fn multiple_token(self) -> Argument {
        Argument {
            repeats_token: true,
            ..self
        }
    }
}
