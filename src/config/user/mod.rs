//! Users: with which passwords they log in, and what they may do.
//!
//! Rules define a user, one after the other, in the syntax of Redis's ACLs
//! (<https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/>). They come from
//! lines `user NAME RULE ...` of the configuration, from the lines of an ACL file, and from ACL
//! SETUSER. A description is the reverse: the rules that define the user again.
//!
//! ```text
//!   UserRules    may it log in, passwords, selectors
//!     Selector   key patterns, channel patterns, and
//!       Grants   the commands: one bit each
//!   Catalogue    the names and categories of all commands
//! ```
//!
//! A request needs one selector that grants all of it: the command, its keys and its channels. The
//! commands themselves are unknown here; the caller passes their catalogue.

mod catalogue;
mod describe;
mod file;
mod grants;
mod rule_error;
mod rules;
mod selector;
mod sha256;

pub use catalogue::{Catalogue, CatalogueEntry};
pub use file::users_of_file;
pub use rule_error::RuleError;
pub use rules::{Terms, UserRules, has_spaces, merge_selectors};
pub use selector::{Access, Selector};

/// A line `user NAME RULE ...` of the configuration. The rules of a selector are one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserLine {
    /// The name.
    pub name: String,
    /// The rules, in their order.
    pub rules: Vec<Vec<u8>>,
}
