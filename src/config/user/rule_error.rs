//! The reasons why a rule is invalid.

/// Why a rule cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// No command and no category has this name.
    Unknown,
    /// The rule has no known form.
    Syntax,
    /// A key pattern follows the pattern of all keys.
    AfterAllKeys,
    /// A channel pattern follows the pattern of all channels.
    AfterAllChannels,
    /// The password to remove is not one of the user's.
    NoSuchPassword,
    /// A hash that is not 64 hexadecimal digits.
    BadHash,
    /// A first argument of a subcommand.
    OfSubcommand,
}

impl RuleError {
    /// Returns Redis's text.
    pub fn text(self) -> &'static str {
        match self {
            RuleError::Unknown => "Unknown command or category name in ACL",
            RuleError::Syntax => "Syntax error",
            RuleError::AfterAllKeys => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and \
                 does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
            }
            RuleError::AfterAllChannels => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid \
                 and does not have any effect. Try 'resetchannels' to start with an empty list of \
                 channels"
            }
            RuleError::NoSuchPassword => {
                "The password you are trying to remove from the user does not exist"
            }
            RuleError::BadHash => {
                "The password hash must be exactly 64 characters and contain only lowercase \
                 hexadecimal characters"
            }
            RuleError::OfSubcommand => "Allowing first-arg of a subcommand is not supported",
        }
    }
}
