//! Describes a user: the rules that define it again, in Redis's order.

use super::catalogue::Catalogue;
use super::grants::Grants;
use super::rules::UserRules;
use super::selector::{KeyPattern, Selector};
use super::sha256::Digest;

impl UserRules {
    /// Returns the rules that define the user, separated by spaces.
    pub fn describe(&self, catalogue: &Catalogue) -> Vec<u8> {
        let mut text = Vec::new();
        let hashes = self.password_hashes().map(|hash| format!("#{hash}"));
        for word in self.flags().map(str::to_owned).chain(hashes) {
            text.extend_from_slice(word.as_bytes());
            text.push(b' ');
        }
        for (index, selector) in self.selectors.iter().enumerate() {
            let description = selector.describe(catalogue);
            match index {
                0 => text.extend_from_slice(&description),
                _ => text.extend_from_slice(&[b" (", &description[..], b")"].concat()),
            }
        }
        text
    }

    /// Returns the flags, as ACL GETUSER lists them.
    pub fn flags(&self) -> impl Iterator<Item = &'static str> {
        [
            Some(if self.is_on { "on" } else { "off" }),
            self.has_nopass.then_some("nopass"),
            self.sanitizes.map(|sanitizes| match sanitizes {
                true => "sanitize-payload",
                false => "skip-sanitize-payload",
            }),
        ]
        .into_iter()
        .flatten()
    }

    /// Returns the digests of the passwords in hexadecimal digits.
    pub fn password_hashes(&self) -> impl ExactSizeIterator<Item = String> {
        let hex = |digest: &Digest| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.passwords.iter().map(hex)
    }
}

impl Selector {
    fn describe(&self, catalogue: &Catalogue) -> Vec<u8> {
        let mut words = vec![self.describe_keys()];
        if !self.all_channels {
            words.push(b"resetchannels".to_vec());
        }
        words.push(self.describe_channels());
        words.push(self.describe_commands(catalogue).into_bytes());
        words.retain(|word| !word.is_empty());
        words.join(&b' ')
    }

    /// Returns the rules for its keys; nothing if it grants none.
    pub fn describe_keys(&self) -> Vec<u8> {
        if self.all_keys {
            return b"~*".to_vec();
        }
        let patterns: Vec<Vec<u8>> = self.keys.iter().map(KeyPattern::describe).collect();
        patterns.join(&b' ')
    }

    /// Returns the rules for its channels; nothing if it grants none.
    pub fn describe_channels(&self) -> Vec<u8> {
        if self.all_channels {
            return b"&*".to_vec();
        }
        let rules = self.channels.iter().map(|it| [b"&", &it[..]].concat());
        rules.collect::<Vec<_>>().join(&b' ')
    }

    /// Returns the rules for its commands, which begin with `+@all` or `-@all`.
    pub fn describe_commands(&self, catalogue: &Catalogue) -> String {
        let mut draft = Draft {
            wanted: &self.grants,
            catalogue,
            described: Grants::of_all(self.grants.has_future()),
            rules: String::new(),
        };
        let is_additive = !self.grants.has_future();
        draft.rules += if is_additive { "-@all" } else { "+@all" };
        draft.add_categories(is_additive);
        draft.add_commands();
        draft.rules
    }
}

impl KeyPattern {
    fn describe(&self) -> Vec<u8> {
        let prefix: &[u8] = match (self.access.reads, self.access.writes) {
            (true, false) => b"%R~",
            (false, true) => b"%W~",
            _ => b"~",
        };
        [prefix, &self.pattern].concat()
    }
}

/// Rules for commands that are being found.
struct Draft<'a> {
    wanted: &'a Grants,
    catalogue: &'a Catalogue,
    /// What the rules so far grant.
    described: Grants,
    rules: String,
}

impl Draft<'_> {
    /// Adds the categories that bring the rules closer to what is wanted, the best one first. As in
    /// Redis, the commands of a category that was added do not count any more.
    fn add_categories(&mut self, is_additive: bool) {
        let mut rest = self.wanted.clone();
        let mut left: Vec<usize> = (0..self.catalogue.categories().len()).collect();
        while let Some(best) = self.best_category(&rest, &left, is_additive) {
            left.retain(|index| *index != best);
            let sign = if is_additive { '+' } else { '-' };
            self.rules += &format!(" {sign}@{}", self.catalogue.categories()[best]);
            let bit = 1 << best;
            self.described
                .change_category(self.catalogue, bit, is_additive);
            rest.change_category(self.catalogue, bit, !is_additive);
        }
    }

    /// Returns the category among `left` with the fewest commands that are not wanted, if more of
    /// its commands are.
    fn best_category(&self, rest: &Grants, left: &[usize], is_additive: bool) -> Option<usize> {
        let mut best: Option<(usize, usize, usize)> = None;
        for index in left {
            let entries = self.catalogue.entries().iter().enumerate();
            let members = entries.filter(|(_, entry)| entry.categories >> index & 1 == 1);
            let (same, different): (Vec<_>, Vec<_>) =
                members.partition(|(id, _)| rest.has(*id) == is_additive);
            let (same, different) = (same.len(), different.len());
            let is_better = best.is_none_or(|(_, best_same, least)| {
                different < least || different == least && same > best_same
            });
            if same > different && is_better {
                best = Some((*index, same, different));
            }
        }
        best.map(|(index, ..)| index)
    }

    /// Adds the single commands in which the rules still differ, and the first arguments.
    fn add_commands(&mut self) {
        let count = self.catalogue.entries().len();
        let mut id = 0;
        while id < count {
            let subcommands = self.catalogue.subcommands(id);
            let next = subcommands.end;
            self.add_difference(id);
            for subcommand in subcommands {
                self.add_difference(subcommand);
            }
            self.add_first_args(id);
            id = next;
        }
    }

    fn add_difference(&mut self, id: usize) {
        let is_granted = self.wanted.has(id);
        if is_granted != self.described.has(id) {
            let sign = if is_granted { '+' } else { '-' };
            self.rules += &format!(" {sign}{}", self.catalogue.entries()[id].name);
            self.described.change(self.catalogue, id, is_granted);
        }
    }

    fn add_first_args(&mut self, id: usize) {
        if self.wanted.has(id) {
            return;
        }
        for first in self.wanted.first_args(id) {
            let first = String::from_utf8_lossy(first);
            self.rules += &format!(" +{}|{first}", self.catalogue.entries()[id].name);
        }
    }
}
