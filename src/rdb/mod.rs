//! Values as Redis serialises them: the RDB format, for strings and hashes.
//!
//! Owns the bytes that DUMP gives and RESTORE takes, those of one value within an RDB
//! file, which are the same, and such files ([`mod@file`]). Refuses to know commands and the
//! store, and works on bytes in memory.
//!
//! ```text
//! what DUMP gives
//!   type (1) | object | RDB version (2, little-endian) | CRC-64 of all before (8)
//!
//! object, by its type
//!    0 string             string
//!    4 hash               count, then that many times: string name, string value
//!   13 hash in a ziplist  string, in which there is a ziplist (up to Redis 6)
//!   16 hash in a listpack string, in which there is a listpack (since Redis 7)
//!   24 hash, fields that  first time (8), count, then that many times:
//!      expire             length time, string name, string value (since Redis 7.4)
//!   25 the same, listpack first time (8), string, in which there is a listpack
//!
//! length, a count as well
//!   00llllll                    6 bits
//!   01llllll llllllll           14 bits
//!   10000000 and 4 bytes        32 bits, big-endian
//!   10000001 and 8 bytes        64 bits, big-endian
//!
//! string
//!   length, then that many bytes
//!   11000000, 11000001, 11000010 and 1, 2, 4 bytes: an integer, little-endian
//!   11000011, length packed, length unpacked, then what LZF made of it
//! ```
//!
//! A payload comes from a client or a disk and is believed in nothing: every length is
//! held against the bytes that are there before it is used, so that memory is taken
//! only for what was really sent, or for what LZF can have made so small.

mod codec;
pub mod crc64;
mod fields;
pub mod file;
mod legacy;
mod listpack;
mod lzf;
mod reader;
mod writer;

use std::fmt;
use std::num::NonZeroU64;

pub use codec::object::read_object;
pub use codec::{dump_hash, dump_string, is_packed, restore};
pub use crc64::crc64;
pub use reader::Reader;

/// What a serialised value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// Bytes.
    String(Vec<u8>),
    /// Fields: at least one, no name twice, in the order in which they were written.
    Hash(Vec<Field>),
}

/// A field of a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Vec<u8>,
    /// What it holds.
    pub value: Vec<u8>,
    /// When it is gone, milliseconds since 1970; never if `None`.
    pub expires_at_ms: Option<NonZeroU64>,
}

/// Why a serialised value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// It is from a newer Redis, or its checksum is not that of its bytes.
    VersionOrChecksum,
    /// The bytes are no value. An empty hash is none either.
    BadFormat,
    /// It is a value of a type that Redis has and this server does not, by TYPE's name.
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

/// Bytes that are not what their place in the format asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadFormat;

impl From<BadFormat> for RestoreError {
    fn from(_: BadFormat) -> Self {
        RestoreError::BadFormat
    }
}
