//! Errors in a configuration, and where they are.

use std::fmt;
use std::path::PathBuf;

use crate::config::REDIS_VERSION;

/// A directive that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    origin: Origin,
    reason: String,
}

/// Where a directive stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of a file, counted from 1, and its text.
    Line(PathBuf, usize, String),
    /// A file as a whole.
    File(PathBuf),
    /// An option of the command line, and its values.
    Option(String),
}

impl ConfigError {
    pub(super) fn new(origin: Origin, reason: impl Into<String>) -> ConfigError {
        ConfigError {
            origin,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    /// A file's mistake in the form of Redis, which adds no file name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Line(file, number, line) => write!(
                f,
                "\n*** FATAL CONFIG FILE ERROR (Redis {REDIS_VERSION}) ***\nReading the \
                 configuration file {}, at line {number}\n>>> '{line}'\n{}",
                file.display(),
                self.reason
            ),
            Origin::File(file) => write!(
                f,
                "Fatal error, can't open config file '{}': {}\nTry 'threadbare --help'.",
                file.display(),
                self.reason
            ),
            Origin::Option(option) => write!(
                f,
                "threadbare: '{option}': {}\nTry 'threadbare --help'.",
                self.reason
            ),
        }
    }
}

impl std::error::Error for ConfigError {}

/// An error in a directive. The caller adds the file and line.
pub(super) enum Failure {
    Here(String),
    /// An error in an included file, complete with its origin.
    Elsewhere(ConfigError),
}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        Failure::Here(reason.to_owned())
    }
}

impl Failure {
    pub(super) fn at(self, origin: &Origin) -> ConfigError {
        match self {
            Failure::Elsewhere(error) => error,
            Failure::Here(reason) => ConfigError::new(origin.clone(), reason),
        }
    }
}
