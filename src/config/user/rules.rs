//! Applies the rules of a `user` line, one after the other.

use super::DefaultUser;
use super::sha256::{Digest, sha256};

/// The reason why a line defines no user.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::config) struct RuleError {
    /// The index of the wrong rule, if a single rule is wrong.
    pub(in crate::config) rule: Option<usize>,
    pub(in crate::config) reason: String,
}

/// A user whose rules are being applied.
struct Draft {
    user: DefaultUser,
    all_keys: bool,
    all_channels: bool,
    all_commands: bool,
    /// Rules that grant or forbid only some keys, channels or commands.
    partial: Vec<String>,
}

impl DefaultUser {
    /// Returns the user that the rules of a line define.
    ///
    /// # Errors
    /// If a rule is invalid, with Redis's text; or if the rules grant less than all rights.
    pub(in crate::config) fn from_rules<R: AsRef<str>>(
        rules: &[R],
    ) -> Result<DefaultUser, RuleError> {
        let mut draft = Draft::reset();
        for (index, rule) in rules.iter().enumerate() {
            draft.apply(rule.as_ref()).map_err(|reason| RuleError {
                rule: Some(index),
                reason: reason.to_owned(),
            })?;
        }
        draft.check_rights()?;
        Ok(draft.user)
    }
}

const SYNTAX: &str = "Syntax error";
const NO_HASH: &str = "The password hash must be exactly 64 characters and contain only lowercase \
                       hexadecimal characters";
const NO_SUCH_PASSWORD: &str = "The password you are trying to remove from the user does not exist";
const AFTER_ALL_KEYS: &str = "Adding a pattern after the * pattern (or the 'allkeys' flag) is not \
                              valid and does not have any effect. Try 'resetkeys' to start with \
                              an empty list of patterns";
const AFTER_ALL_CHANNELS: &str = "Adding a pattern after the * pattern (or the 'allchannels' \
                                  flag) is not valid and does not have any effect. Try \
                                  'resetchannels' to start with an empty list of channels";

impl Draft {
    /// Returns a user without any right.
    fn reset() -> Draft {
        Draft {
            user: DefaultUser {
                is_on: false,
                has_nopass: false,
                passwords: Vec::new(),
            },
            all_keys: false,
            all_channels: false,
            all_commands: false,
            partial: Vec::new(),
        }
    }

    fn apply(&mut self, rule: &str) -> Result<(), &'static str> {
        let user = &mut self.user;
        match rule.to_ascii_lowercase().as_str() {
            "on" => user.is_on = true,
            "off" => user.is_on = false,
            "nopass" => (user.has_nopass, user.passwords) = (true, Vec::new()),
            "resetpass" => (user.has_nopass, user.passwords) = (false, Vec::new()),
            "allkeys" | "~*" | "%rw~*" => self.set_keys(true),
            "resetkeys" => self.set_keys(false),
            "allchannels" | "&*" => self.set_channels(true),
            "resetchannels" => self.set_channels(false),
            "allcommands" | "+@all" => self.set_commands(true),
            "nocommands" | "-@all" => self.set_commands(false),
            "reset" => *self = Draft::reset(),
            // Selectors grant further rights, so they are not needed. Payloads are always checked.
            "clearselectors" | "sanitize-payload" | "skip-sanitize-payload" => {}
            _ => return self.apply_prefixed(rule),
        }
        Ok(())
    }

    fn set_keys(&mut self, all: bool) {
        self.all_keys = all;
        self.partial.retain(|rule| !rule.starts_with(['~', '%']));
    }

    fn set_channels(&mut self, all: bool) {
        self.all_channels = all;
        self.partial.retain(|rule| !rule.starts_with('&'));
    }

    fn set_commands(&mut self, all: bool) {
        self.all_commands = all;
        self.partial.retain(|rule| !rule.starts_with(['+', '-']));
    }

    /// Applies a rule whose first character tells its kind.
    fn apply_prefixed(&mut self, rule: &str) -> Result<(), &'static str> {
        let kind = rule.chars().next().ok_or(SYNTAX)?;
        let operand = &rule[kind.len_utf8()..];
        match kind {
            '>' => self.add(sha256(operand.as_bytes())),
            '#' => self.add(digest(operand)?),
            '<' => self.remove(sha256(operand.as_bytes()))?,
            '!' => self.remove(digest(operand)?)?,
            '~' | '%' if self.all_keys => return Err(AFTER_ALL_KEYS),
            '&' if self.all_channels => return Err(AFTER_ALL_CHANNELS),
            '~' | '%' | '&' | '+' | '-' | '(' if !operand.is_empty() => {
                self.partial.push(rule.to_owned());
            }
            _ => return Err(SYNTAX),
        }
        Ok(())
    }

    fn add(&mut self, password: Digest) {
        self.user.has_nopass = false;
        if !self.user.passwords.contains(&password) {
            self.user.passwords.push(password);
        }
    }

    fn remove(&mut self, password: Digest) -> Result<(), &'static str> {
        let at = self.user.passwords.iter().position(|it| *it == password);
        self.user.passwords.remove(at.ok_or(NO_SUCH_PASSWORD)?);
        Ok(())
    }

    /// Checks that a user that may log in has all rights.
    fn check_rights(&self) -> Result<(), RuleError> {
        let has_all = self.all_keys && self.all_channels && self.all_commands;
        let reason = match self.partial.first() {
            _ if !self.user.is_on => return Ok(()),
            Some(rule) => format!("'{rule}' is not supported"),
            None if !has_all => "the rules grant less than everything, or nothing".to_owned(),
            None => return Ok(()),
        };
        Err(RuleError {
            rule: None,
            reason: format!(
                "{reason}: a user that logs in has all rights, as with the rules ~* &* +@all."
            ),
        })
    }
}

fn digest(digits: &str) -> Result<Digest, &'static str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut digest = Digest::default();
    if digits.len() != 2 * digest.len() || !digits.bytes().all(is_digit) {
        return Err(NO_HASH);
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        let pair = &digits[2 * index..2 * index + 2];
        *byte = u8::from_str_radix(pair, 16).map_err(|_| NO_HASH)?;
    }
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(line: &str) -> Result<DefaultUser, RuleError> {
        let rules: Vec<&str> = line.split_whitespace().collect();
        DefaultUser::from_rules(&rules)
    }

    #[test]
    fn rules_apply_in_their_order() {
        const ALL: &str = "on ~* &* +@all";
        for (rules, accepted, refused) in [
            (">a >b", &["a", "b"][..], &["", "c"][..]),
            (">a >b <a", &["b"], &["a"]),
            (">a nopass", &["a", "", "x"], &[]),
            ("nopass >a", &["a"], &["", "x"]),
            ("nopass resetpass", &[], &["", "x"]),
            (">a off", &[], &["a"]),
            ("nopass off", &[], &[""]),
            (
                "#ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
                &["a"],
                &["b"],
            ),
        ] {
            let user = user(&format!("{ALL} {rules}")).unwrap();
            assert!(
                accepted.iter().all(|it| user.accepts(it.as_bytes())),
                "{rules}"
            );
            assert!(
                !refused.iter().any(|it| user.accepts(it.as_bytes())),
                "{rules}"
            );
            assert_eq!(
                DefaultUser::from_rules(&user.rules().split(' ').collect::<Vec<_>>()),
                Ok(user)
            );
        }
    }

    #[test]
    fn rules_must_grant_all_rights_or_no_login() {
        for (rules, is_accepted) in [
            ("on nopass allkeys allchannels allcommands", true),
            ("ON NOPASS ~* &* -@all +@ALL", true),
            ("on nopass ~a resetkeys ~* &* +get +@all", true),
            ("on nopass ~* +@all", false),
            ("on nopass ~* &* +@all -@all", false),
            ("on nopass ~* &* +@all -flushall", false),
            ("on nopass ~* &* +@all reset", true),
            ("on nopass &* +@all (~* +get)", false),
            ("+get ~a", true),
            ("", true),
        ] {
            assert_eq!(user(rules).is_ok(), is_accepted, "{rules}");
        }
    }

    #[test]
    fn an_invalid_rule_is_an_error_with_its_index() {
        for (rules, rule, reason) in [
            ("on foo", 1, SYNTAX),
            ("#abc", 0, NO_HASH),
            ("on ~* >a <b", 3, NO_SUCH_PASSWORD),
            ("~* ~a", 1, AFTER_ALL_KEYS),
            ("allchannels &a", 1, AFTER_ALL_CHANNELS),
        ] {
            let error = user(rules).unwrap_err();
            assert_eq!(
                (error.rule, &*error.reason),
                (Some(rule), reason),
                "{rules}"
            );
        }
    }
}
