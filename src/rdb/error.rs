//! Why serialised bytes cannot be read.

use std::fmt;

/// Why a serialised value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// A newer Redis wrote it, or the checksum does not match the bytes.
    VersionOrChecksum,
    /// The bytes are no value, or a collection without elements.
    BadFormat,
    /// A value of a type that this server lacks, by the name that TYPE gives it in Redis.
    Unsupported(&'static str),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestoreError::VersionOrChecksum => {
                f.write_str("DUMP payload version or checksum are wrong")
            }
            RestoreError::BadFormat => f.write_str("Bad data format"),
            RestoreError::Unsupported(name) => write!(f, "values of type {name} are not supported"),
        }
    }
}

impl std::error::Error for RestoreError {}

/// Bytes that the format does not allow in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFormat;

impl From<BadFormat> for RestoreError {
    fn from(_: BadFormat) -> Self {
        RestoreError::BadFormat
    }
}
