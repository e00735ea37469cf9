//! `rename-command`: commands that are renamed or disabled.
//!
//! A name is looked up here first, then in the command table. The append-only file contains the
//! original names, so that a server with other settings can load it.

use std::collections::{BTreeMap, BTreeSet};

/// The renamed commands. All names are in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// New names to original names.
    originals: BTreeMap<String, String>,
    /// Original names that no longer call their own command.
    hidden: BTreeSet<String>,
}

impl Renames {
    /// Returns whether every command has its original name.
    pub fn is_empty(&self) -> bool {
        self.hidden.is_empty()
    }

    /// Gives the command with the current name `name` the name `new_name`, in letters of any case.
    /// An empty `new_name` disables the command. `is_command` tells whether there is a command of an
    /// original name, in lower case.
    ///
    /// # Errors
    /// Redis's error text, if no command is called `name` or another one is called `new_name`.
    pub fn rename(
        &mut self,
        name: &str,
        new_name: &str,
        is_command: fn(&str) -> bool,
    ) -> Result<(), String> {
        let (name, new_name) = (name.to_ascii_lowercase(), new_name.to_ascii_lowercase());
        let original = self.original(&name).filter(|name| is_command(name));
        let original = original
            .ok_or("No such command in rename-command")?
            .to_owned();
        if self.originals.remove(&name).is_none() {
            self.hidden.insert(name);
        }
        if new_name.is_empty() {
            return Ok(());
        }
        if self.original(&new_name).is_some_and(is_command) {
            return Err("Target command name already exists".to_owned());
        }
        if new_name == original {
            self.hidden.remove(&original);
        } else {
            self.originals.insert(new_name, original);
        }
        Ok(())
    }

    /// Returns the original name of the command that clients call `name`, in lower case. Returns
    /// `None` if the command of that name was renamed. A name that was never changed is returned
    /// even if there is no such command.
    pub fn original<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.originals.get(name) {
            Some(original) => Some(original),
            None if self.hidden.contains(name) => None,
            None => Some(name),
        }
    }

    /// Returns whether clients can call the command with the original name `original`.
    pub fn can_call(&self, original: &str) -> bool {
        !self.hidden.contains(original) || self.originals.values().any(|name| name == original)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(pairs: &[(&str, &str)]) -> Result<Renames, String> {
        let mut renames = Renames::default();
        for (name, new_name) in pairs {
            renames.rename(name, new_name, |name| {
                ["get", "set", "del", "incr"].contains(&name)
            })?;
        }
        Ok(renames)
    }

    #[test]
    fn each_line_uses_the_names_after_the_lines_before_it() {
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
    fn a_command_can_get_its_original_name_back() {
        let renames = renamed(&[("get", "x"), ("x", "get")]).unwrap();
        assert_eq!(renames, Renames::default());
    }

    #[test]
    fn impossible_renames_are_errors() {
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
        ] {
            assert_eq!(renamed(pairs), Err(error.to_owned()), "{pairs:?}");
        }
        assert!(renamed(&[("get", "get"), ("del", "")]).is_ok());
    }
}
