//! Errors in a configuration, with the line or option at fault.

use std::fmt;
use std::path::PathBuf;

use crate::config::REDIS_VERSION;

/// A directive that cannot be applied, or a file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    origin: Origin,
    reason: String,
}

/// The origin of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of a file: path, number counted from 1, and text.
    Line(PathBuf, usize, String),
    /// A whole file.
    File(PathBuf),
    /// An option of the command line, with its values.
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
    /// An error of a line has the form of Redis, with the file's name added.
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

/// An error in a directive. The caller adds the origin.
pub(super) enum Failure {
    Here(String),
    /// An error in an included file, which already has an origin.
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
