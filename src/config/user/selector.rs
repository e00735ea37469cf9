//! A selector: commands, keys and channels that go together.

use super::catalogue::Catalogue;
use super::grants::Grants;
use super::rule_error::RuleError;
use super::rules::{Terms, has_spaces};
use crate::glob;
use crate::quoting::split_words;

/// What a request does with a key, or what a key pattern allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Returns a part of its content.
    pub reads: bool,
    /// Changes or removes it.
    pub writes: bool,
}

impl Access {
    fn includes(self, other: Access) -> bool {
        self.reads >= other.reads && self.writes >= other.writes
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyPattern {
    pub(super) pattern: Vec<u8>,
    pub(super) access: Access,
}

/// A selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pub(super) all_keys: bool,
    pub(super) keys: Vec<KeyPattern>,
    pub(super) all_channels: bool,
    pub(super) channels: Vec<Vec<u8>>,
    pub(super) grants: Grants,
}

impl Selector {
    /// Makes a selector that grants nothing, or only all channels.
    pub(super) fn new(all_channels: bool) -> Selector {
        Selector {
            all_keys: false,
            keys: Vec::new(),
            all_channels,
            channels: Vec::new(),
            grants: Grants::of_all(false),
        }
    }

    /// Makes the selector that `rule` defines: rules in parentheses.
    pub(super) fn of_rule(rule: &[u8], terms: &Terms) -> Result<Selector, RuleError> {
        let inner = &rule[1..rule.len() - 1];
        let mut selector = Selector::new(terms.all_channels);
        for rule in split_words(inner).unwrap_or_default() {
            selector.apply(&rule, terms.catalogue)?;
        }
        Ok(selector)
    }

    /// Returns whether it grants everything, so that a request need not be looked at.
    pub(super) fn is_everything(&self) -> bool {
        self.all_keys && self.all_channels && self.grants.is_all()
    }

    /// Returns whether it grants the command `id`, whose first argument is `first`.
    pub fn allows_command(&self, id: usize, first: Option<&[u8]>) -> bool {
        let is_first = |it: &Vec<u8>| first.is_some_and(|first| it.eq_ignore_ascii_case(first));
        self.grants.is_all()
            || self.grants.has(id)
            || self.grants.first_args(id).iter().any(is_first)
    }

    /// Returns whether it grants `access` to `key`.
    pub fn allows_key(&self, key: &[u8], access: Access) -> bool {
        let matches =
            |it: &KeyPattern| it.access.includes(access) && glob::matches(&it.pattern, key, false);
        self.all_keys || self.keys.iter().any(matches)
    }

    /// Returns whether it grants `access` to all keys by one pattern.
    pub fn allows_all_keys(&self, access: Access) -> bool {
        let is_for_all = |it: &KeyPattern| it.access.includes(access) && it.pattern == b"*";
        self.all_keys || self.keys.iter().any(is_for_all)
    }

    /// Returns whether it grants all channels.
    pub fn has_all_channels(&self) -> bool {
        self.all_channels
    }

    /// Returns the patterns of channels that it grants.
    pub fn channels(&self) -> &[Vec<u8>] {
        &self.channels
    }

    /// Returns whether it grants `channel`. A pattern of channels must be granted literally.
    pub fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        let matches = |it: &Vec<u8>| match is_pattern {
            true => it == channel,
            false => glob::matches(it, channel, false),
        };
        self.all_channels || self.channels.iter().any(matches)
    }

    pub(super) fn set_keys(&mut self, all: bool) {
        self.all_keys = all;
        self.keys.clear();
    }

    pub(super) fn set_channels(&mut self, all: bool) {
        self.all_channels = all;
        self.channels.clear();
    }

    pub(super) fn set_commands(&mut self, all: bool) {
        self.grants = Grants::of_all(all);
    }

    /// Applies a rule about commands, keys or channels.
    pub(super) fn apply(&mut self, rule: &[u8], catalogue: &Catalogue) -> Result<(), RuleError> {
        match &rule.to_ascii_lowercase()[..] {
            b"allkeys" | b"~*" => self.set_keys(true),
            b"resetkeys" => self.set_keys(false),
            b"allchannels" | b"&*" => self.set_channels(true),
            b"resetchannels" => self.set_channels(false),
            b"allcommands" | b"+@all" => self.set_commands(true),
            b"nocommands" | b"-@all" => self.set_commands(false),
            _ => return self.apply_prefixed(rule, catalogue),
        }
        Ok(())
    }

    /// Applies a rule whose first character tells its kind.
    fn apply_prefixed(&mut self, rule: &[u8], catalogue: &Catalogue) -> Result<(), RuleError> {
        match rule {
            [b'~', pattern @ ..] => self.add_keys(
                pattern,
                Access {
                    reads: true,
                    writes: true,
                },
            ),
            [b'%', rest @ ..] => match self.all_keys {
                true => Err(RuleError::AfterAllKeys),
                false => {
                    let (access, pattern) = access(rest)?;
                    self.add_keys(pattern, access)
                }
            },
            [b'&', pattern @ ..] => self.add_channels(pattern),
            [sign @ (b'+' | b'-'), b'@', category @ ..] => {
                let category = catalogue.category(category).ok_or(RuleError::Unknown)?;
                let is_granted = *sign == b'+';
                self.grants.change_category(catalogue, category, is_granted);
                Ok(())
            }
            [b'+', name @ ..] => self.add_command(name, catalogue),
            [b'-', name @ ..] => {
                let id = catalogue.find(name).ok_or(RuleError::Unknown)?;
                self.grants.change(catalogue, id, false);
                Ok(())
            }
            _ => Err(RuleError::Syntax),
        }
    }

    fn add_keys(&mut self, pattern: &[u8], access: Access) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::AfterAllKeys);
        }
        if has_spaces(pattern) {
            return Err(RuleError::Syntax);
        }
        match self.keys.iter_mut().find(|it| it.pattern == pattern) {
            Some(known) => {
                known.access.reads |= access.reads;
                known.access.writes |= access.writes;
            }
            None => self.keys.push(KeyPattern {
                pattern: pattern.to_vec(),
                access,
            }),
        }
        Ok(())
    }

    fn add_channels(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_channels {
            return Err(RuleError::AfterAllChannels);
        }
        if has_spaces(pattern) {
            return Err(RuleError::Syntax);
        }
        if !self.channels.iter().any(|it| it == pattern) {
            self.channels.push(pattern.to_vec());
        }
        Ok(())
    }

    /// Adds the command `name`, the subcommand `command|name`, or a command with a first argument.
    fn add_command(&mut self, name: &[u8], catalogue: &Catalogue) -> Result<(), RuleError> {
        if let Some(at) = name.iter().rposition(|byte| *byte == b'|') {
            let (command, first) = (&name[..at], &name[at + 1..]);
            let id = catalogue.find(command).ok_or(RuleError::Unknown)?;
            if command.contains(&b'|') {
                return Err(RuleError::OfSubcommand);
            }
            if first.is_empty() {
                return Err(RuleError::Syntax);
            }
            if catalogue.subcommands(id).is_empty() {
                self.grants.allow_first_arg(id, first);
                return Ok(());
            }
        }
        let id = catalogue.find(name).ok_or(RuleError::Unknown)?;
        self.grants.change(catalogue, id, true);
        Ok(())
    }
}

/// Parses the letters between `%` and `~`. As in Redis, the `~` may be missing if nothing follows.
fn access(rest: &[u8]) -> Result<(Access, &[u8]), RuleError> {
    let mut access = Access::default();
    let mut pattern = rest;
    while let [letter, tail @ ..] = pattern {
        pattern = tail;
        match letter {
            b'R' | b'r' if !access.reads => access.reads = true,
            b'W' | b'w' if !access.writes => access.writes = true,
            b'~' => break,
            _ => return Err(RuleError::Syntax),
        }
    }
    match access == Access::default() {
        true => Err(RuleError::Syntax),
        false => Ok((access, pattern)),
    }
}
