//! What defines a user, and the rules that change it.

use super::catalogue::Catalogue;
use super::rule_error::RuleError;
use super::selector::Selector;
use super::sha256::{Digest, sha256};

/// What rules refer to.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// All commands.
    pub catalogue: &'a Catalogue,
    /// Whether a new selector grants all channels: `acl-pubsub-default`.
    pub all_channels: bool,
}

/// What defines a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRules {
    pub(super) is_on: bool,
    /// Whether any password is right.
    pub(super) has_nopass: bool,
    /// Whether payloads are to be checked, if a rule says so. They always are.
    pub(super) sanitizes: Option<bool>,
    /// The digests of its passwords.
    pub(super) passwords: Vec<Digest>,
    /// The selectors. The first one is the user's own: rules outside of parentheses change it.
    pub(super) selectors: Vec<Selector>,
}

impl UserRules {
    /// Makes a user that may not log in and may do nothing, except use all channels if
    /// `all_channels` is set.
    pub fn new(all_channels: bool) -> UserRules {
        UserRules {
            is_on: false,
            has_nopass: false,
            sanitizes: None,
            passwords: Vec::new(),
            selectors: vec![Selector::new(all_channels)],
        }
    }

    /// Makes the default user of a server without rules: it needs no password and may do everything.
    pub fn everything() -> UserRules {
        let mut user = UserRules::new(true);
        (user.is_on, user.has_nopass) = (true, true);
        user.selectors[0].set_keys(true);
        user.selectors[0].set_commands(true);
        user
    }

    /// Makes `password` the only password. If it is empty, no password is needed.
    pub fn set_password(&mut self, password: &str) {
        self.has_nopass = password.is_empty();
        self.passwords.clear();
        if !self.has_nopass {
            self.passwords.push(sha256(password.as_bytes()));
        }
    }

    /// Returns whether the user may log in at all.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Returns whether no password is needed, if the user may log in at all.
    pub fn has_nopass(&self) -> bool {
        self.has_nopass
    }

    /// Returns whether the user may log in with this password. The time does not depend on where a
    /// wrong password differs.
    pub fn accepts(&self, password: &[u8]) -> bool {
        let given = sha256(password);
        let is_known = self.passwords.iter().fold(false, |is_known, right| {
            let pairs = right.iter().zip(given);
            let difference = pairs.fold(0, |sum, (a, b)| sum | (a ^ b));
            is_known | (std::hint::black_box(difference) == 0)
        });
        self.is_on && (self.has_nopass || is_known)
    }

    /// Returns whether a selector grants everything.
    pub fn has_all_rights(&self) -> bool {
        self.selectors.iter().any(Selector::is_everything)
    }

    /// Returns the selectors; the first one is the user's own.
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// Applies a rule. An empty one changes nothing.
    ///
    /// # Errors
    /// If the rule is invalid.
    pub fn apply(&mut self, rule: &[u8], terms: &Terms) -> Result<(), RuleError> {
        match &rule.to_ascii_lowercase()[..] {
            b"" => {}
            b"on" => self.is_on = true,
            b"off" => self.is_on = false,
            b"skip-sanitize-payload" => self.sanitizes = Some(false),
            b"sanitize-payload" => self.sanitizes = Some(true),
            b"nopass" => (self.has_nopass, self.passwords) = (true, Vec::new()),
            b"resetpass" => (self.has_nopass, self.passwords) = (false, Vec::new()),
            b"clearselectors" => self.selectors.truncate(1),
            b"reset" => {
                *self = UserRules {
                    sanitizes: Some(true),
                    ..UserRules::new(terms.all_channels)
                };
            }
            [b'(', .., b')'] => self.selectors.push(Selector::of_rule(rule, terms)?),
            [b'>' | b'#' | b'<' | b'!', ..] => self.apply_password(rule[0], &rule[1..])?,
            _ => self.selectors[0].apply(rule, terms.catalogue)?,
        }
        Ok(())
    }

    /// Adds or removes a password. `kind` is the rule's first character.
    fn apply_password(&mut self, kind: u8, password: &[u8]) -> Result<(), RuleError> {
        let password = match kind {
            b'>' | b'<' => sha256(password),
            _ => digest(password).ok_or(RuleError::BadHash)?,
        };
        let at = self.passwords.iter().position(|it| *it == password);
        if matches!(kind, b'<' | b'!') {
            self.passwords.remove(at.ok_or(RuleError::NoSuchPassword)?);
            return Ok(());
        }
        if at.is_none() {
            self.passwords.push(password);
        }
        self.has_nopass = false;
        Ok(())
    }
}

/// Parses a digest.
fn digest(digits: &[u8]) -> Option<Digest> {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut digest = Digest::default();
    if digits.len() != 2 * digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(digest)
}

/// Returns whether a name or a pattern has white space or a NUL, which descriptions cannot hold.
pub fn has_spaces(text: &[u8]) -> bool {
    text.iter()
        .any(|byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x0b))
}

/// Joins the rules of each selector, which may be several words, to one rule.
///
/// # Errors
/// The index of an opening parenthesis that nothing closes.
pub fn merge_selectors<R: AsRef<[u8]>>(
    words: impl IntoIterator<Item = R>,
) -> Result<Vec<Vec<u8>>, usize> {
    let mut merged: Vec<Vec<u8>> = Vec::new();
    let mut open = None;
    for (index, word) in words.into_iter().enumerate() {
        let word = word.as_ref();
        match (open, merged.last_mut()) {
            (Some(_), Some(selector)) => {
                selector.push(b' ');
                selector.extend_from_slice(word);
            }
            _ => {
                merged.push(word.to_vec());
                open = word.starts_with(b"(").then_some(index);
            }
        }
        if word.ends_with(b")") {
            open = None;
        }
    }
    open.map_or(Ok(merged), Err)
}

#[cfg(test)]
mod tests {
    use super::super::CatalogueEntry;
    use super::*;

    fn catalogue() -> Catalogue {
        let entry = |name, categories, subcommands| CatalogueEntry {
            name,
            categories,
            subcommands,
        };
        let entries = vec![
            entry("get", 1, 0),
            entry("set", 2, 0),
            entry("config", 0, 2),
            entry("config|get", 4, 0),
            entry("config|set", 4, 0),
            entry("select", 0, 0),
        ];
        Catalogue::new(entries, vec!["read", "write", "admin"])
    }

    fn user(line: &str) -> Result<UserRules, RuleError> {
        let catalogue = catalogue();
        let terms = Terms {
            catalogue: &catalogue,
            all_channels: false,
        };
        let mut user = UserRules::new(false);
        for rule in merge_selectors(line.split_whitespace()).unwrap() {
            user.apply(&rule, &terms)?;
        }
        Ok(user)
    }

    fn described(line: &str) -> String {
        String::from_utf8(user(line).unwrap().describe(&catalogue())).unwrap()
    }

    #[test]
    fn passwords_are_added_and_removed_in_their_order() {
        for (rules, accepted, refused) in [
            (">a >b", &["a", "b"][..], &["", "c"][..]),
            (">a >b <a", &["b"], &["a"]),
            (">a nopass", &["a", "", "x"], &[]),
            ("nopass >a", &["a"], &["", "x"]),
            ("nopass resetpass", &[], &["", "x"]),
            (">a off", &[], &["a"]),
            (
                "#ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
                &["a"],
                &["b"],
            ),
        ] {
            let user = user(&format!("on {rules}")).unwrap();
            assert!(
                accepted.iter().all(|it| user.accepts(it.as_bytes())),
                "{rules}"
            );
            assert!(
                !refused.iter().any(|it| user.accepts(it.as_bytes())),
                "{rules}"
            );
        }
    }

    /// The expected descriptions are Redis's, with its own commands.
    #[test]
    fn a_description_defines_the_same_user() {
        for (rules, expected) in [
            ("", "off resetchannels -@all"),
            ("on nopass ~* &* +@all", "on nopass ~* &* +@all"),
            ("+@read", "off resetchannels -@all +@read"),
            ("+@all -get", "off resetchannels +@all -@read"),
            (
                "+config -config|set",
                "off resetchannels -@all +config -config|set",
            ),
            (
                "+@all -config +config|get",
                "off resetchannels +@all -config +config|get",
            ),
            ("+select|0", "off resetchannels -@all +select|0"),
            (
                "%R~a %W~a %RW~b %W~c &x",
                "off ~a ~b %W~c resetchannels &x -@all",
            ),
            (
                "reset on ( ~a +get )",
                "on sanitize-payload resetchannels -@all (~a resetchannels -@all +@read)",
            ),
        ] {
            let description = described(rules);
            assert_eq!(description, expected, "{rules}");
            assert_eq!(user(&description), user(rules), "{rules}");
        }
    }

    #[test]
    fn an_invalid_rule_is_an_error() {
        for (rules, error) in [
            ("foo", RuleError::Syntax),
            ("+foo", RuleError::Unknown),
            ("+@foo", RuleError::Unknown),
            ("-select|0", RuleError::Unknown),
            ("+config|get|x", RuleError::OfSubcommand),
            ("+config|foo", RuleError::Unknown),
            ("+select|", RuleError::Syntax),
            ("#abc", RuleError::BadHash),
            ("<b", RuleError::NoSuchPassword),
            ("~* ~a", RuleError::AfterAllKeys),
            ("allchannels &a", RuleError::AfterAllChannels),
            ("%~", RuleError::Syntax),
            ("%RR~", RuleError::Syntax),
            ("(on)", RuleError::Syntax),
        ] {
            assert_eq!(user(rules), Err(error), "{rules}");
        }
        assert_eq!(merge_selectors(["on", "(", "+get"]), Err(1));
    }
}
