//! `rename-command`: commands that clients must call by another name, or cannot call at all.
//!
//! A name is looked up here before the command table sees it. The append-only file has the
//! original names, so that it can be loaded under another configuration.

use std::collections::{BTreeMap, BTreeSet};

use super::names::is_command;

/// The names that differ from those of the command table. All names are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// New names to original names.
    originals: BTreeMap<String, String>,
    /// Original names that mean nothing any more, or another command.
    gone: BTreeSet<String>,
}

impl Renames {
    /// Whether every command has its original name.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty()
    }

    /// Gives the command that is called `name` now the name `new_name`, in whatever case, or
    /// no name at all if that is empty.
    ///
    /// # Errors
    /// Redis's text, if there is no command `name` or another one is called `new_name`.
    pub fn rename(&mut self, name: &str, new_name: &str) -> Result<(), String> {
        let (name, new_name) = (name.to_ascii_lowercase(), new_name.to_ascii_lowercase());
        let original = self.original(&name).filter(|name| is_command(name));
        let original = original
            .ok_or("No such command in rename-command")?
            .to_owned();
        if self.originals.remove(&name).is_none() {
            self.gone.insert(name);
        }
        if new_name.is_empty() {
            return Ok(());
        }
        if self.original(&new_name).is_some_and(is_command) {
            return Err("Target command name already exists".to_owned());
        }
        if new_name == original {
            self.gone.remove(&original);
        } else {
            self.originals.insert(new_name, original);
        }
        Ok(())
    }

    /// The original name of the command that clients call `name`, in lower case; `None` if
    /// they call no command so because it was renamed. A name that was never changed comes
    /// back, whether there is such a command or not.
    pub fn original<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.originals.get(name) {
            Some(original) => Some(original),
            None if self.gone.contains(name) => None,
            None => Some(name),
        }
    }

    /// Whether clients can call the command whose original name is `original` at all.
    pub fn can_call(&self, original: &str) -> bool {
        !self.gone.contains(original) || self.originals.values().any(|name| name == original)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(pairs: &[(&str, &str)]) -> Result<Renames, String> {
        let mut renames = Renames::default();
        for (name, new_name) in pairs {
            renames.rename(name, new_name)?;
        }
        Ok(renames)
    }

    #[test]
    fn names_are_looked_up_as_they_are_by_then() {
        let renames = renamed(&[("GET", "x"), ("X", "Y"), ("set", "GET"), ("del", "")]).unwrap();
        for (name, original) in [
            ("get", Some("set")),
            ("x", Some("x")),
            ("y", Some("get")),
            ("set", None),
            ("del", None),
            ("incr", Some("incr")),
        ] {
            assert_eq!(renames.original(name), original, "{name}");
        }
        for (original, expected) in [("get", true), ("set", true), ("del", false)] {
            assert_eq!(renames.can_call(original), expected, "{original}");
        }
    }

    #[test]
    fn a_name_can_be_given_back() {
        let renames = renamed(&[("get", "x"), ("x", "get")]).unwrap();
        assert_eq!(renames, Renames::default());
    }

    #[test]
    fn what_cannot_be_renamed_is_told() {
        for (pairs, error) in [
            (&[("nosuch", "x")][..], "No such command in rename-command"),
            (
                &[("get", "x"), ("get", "y")],
                "No such command in rename-command",
            ),
            (&[("get", "set")], "Target command name already exists"),
            (
                &[("get", "x"), ("set", "X")],
                "Target command name already exists",
            ),
            // A command of Redis's that is not here.
            (&[("get", "lpush")], "Target command name already exists"),
        ] {
            assert_eq!(renamed(pairs), Err(error.to_owned()), "{pairs:?}");
        }
        assert!(renamed(&[("get", "get"), ("eval", "")]).is_ok());
    }
}
