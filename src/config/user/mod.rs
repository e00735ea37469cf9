//! The default user: whether it may log in, and with which passwords.
//!
//! A line `user default RULE ...` defines it with the rules of Redis's ACLs
//! (<https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/>). A client that
//! has logged in has all rights. A line that grants fewer rights is an error.

mod rules;
mod sha256;

pub(super) use rules::RuleError;

use sha256::{Digest, sha256};

/// The default user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultUser {
    is_on: bool,
    /// Whether it logs in without a password, or with any.
    has_nopass: bool,
    /// The digests of its passwords.
    passwords: Vec<Digest>,
}

impl DefaultUser {
    /// Returns the user that `requirepass` defines: with that password, or without one if it is
    /// empty.
    pub(super) fn with_password(password: &str) -> DefaultUser {
        let mut user = DefaultUser {
            is_on: true,
            has_nopass: false,
            passwords: Vec::new(),
        };
        user.set_password(password);
        user
    }

    /// Makes `password` the only password. If it is empty, no password is needed.
    pub(super) fn set_password(&mut self, password: &str) {
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

    /// Returns whether every client is logged in from the start.
    pub fn is_open(&self) -> bool {
        self.is_on && self.has_nopass
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

    /// Returns the rules that define the user.
    pub(super) fn rules(&self) -> String {
        let mut rules = vec![if self.is_on { "on" } else { "off" }.to_owned()];
        if self.has_nopass {
            rules.push("nopass".to_owned());
        }
        rules.extend(self.passwords.iter().map(hash_rule));
        rules.push("~* &* +@all".to_owned());
        rules.join(" ")
    }
}

/// Returns the rule for a password: `#` and the digest in hexadecimal digits.
fn hash_rule(digest: &Digest) -> String {
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("#{digits}")
}
