//! A whole RDB file. Redis saves such files, and its append-only file can begin with one.
//!
//! ```text
//!   REDIS0011                  header with the version
//!   250 name value             facts about the server, as strings
//!   254 number                 the database of the next keys
//!   251 keys expiring          the number of keys, and of those with a time
//!   252 ms | 253 seconds       when the next key expires
//!   248 idle | 249 frequency   how the next key has been used
//!   type key object            a key
//!   ...
//!   255 checksum               CRC-64 of all bytes before it, or 0 for none
//! ```

use std::fmt;
use std::num::NonZeroU64;

use super::codec;
use super::crc64::crc64;
use super::error::{BadFormat, RestoreError};
use super::reader::Reader;
use crate::config::Thresholds;
use crate::store::blob::Blob;
use crate::store::types::{Entry, Moment};

/// An RDB file begins with this.
pub const MAGIC: &[u8] = b"REDIS";

/// Newer versions are refused.
const NEWEST: u32 = codec::REDIS_7_4 as u32;

const SLOT_INFO: u8 = 244;
const FUNCTION: u8 = 245;
const FUNCTION_PRE_GA: u8 = 246;
const MODULE_AUX: u8 = 247;
const IDLE: u8 = 248;
const FREQUENCY: u8 = 249;
const AUX: u8 = 250;
const RESIZE_DB: u8 = 251;
const EXPIRE_MS: u8 = 252;
const EXPIRE_S: u8 = 253;
const SELECT_DB: u8 = 254;
const EOF: u8 = 255;

/// A key of the file.
#[derive(Clone, Debug)]
pub struct Key {
    /// The number of the key's database.
    pub database: u64,
    /// The key's name.
    pub name: Blob,
    /// The value and its time.
    pub entry: Entry,
}

/// Why a file cannot be read further, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The offset of the bytes that cannot be read.
    pub offset: u64,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    NoHeader,
    Version(u32),
    BadFormat,
    Checksum,
    Type { key: Vec<u8>, name: &'static str },
    Other(&'static str),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::NoHeader => f.write_str("no header of an RDB file"),
            Reason::Version(version) => write!(f, "RDB version {version} is not supported"),
            Reason::BadFormat => f.write_str("bad data format"),
            Reason::Checksum => f.write_str("the checksum is not that of the file"),
            Reason::Type { key, name } => write!(
                f,
                "the key '{}' is a {}: not supported",
                key.escape_ascii(),
                name
            ),
            Reason::Other(what) => write!(f, "{what} are not supported"),
        }
    }
}

impl std::error::Error for FileError {}

/// Reads the keys of a file one after the other.
#[derive(Clone, Debug)]
pub struct RdbFile<'a> {
    thresholds: Thresholds,
    bytes: &'a [u8],
    reader: Reader<'a>,
    version: u32,
    database: u64,
}

impl<'a> RdbFile<'a> {
    /// Reads the header of the file that `bytes` begin with; something else may follow the file.
    /// `thresholds` tell which values are packed.
    ///
    /// # Errors
    /// If there is no header, or its version is not known.
    pub fn new(bytes: &'a [u8], thresholds: Thresholds) -> Result<RdbFile<'a>, FileError> {
        let failed = |reason| FileError { offset: 0, reason };
        let rest = bytes.strip_prefix(MAGIC).ok_or(failed(Reason::NoHeader))?;
        let (digits, rest) = rest.split_at_checked(4).ok_or(failed(Reason::NoHeader))?;
        let version = str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or(failed(Reason::NoHeader))?;
        if !(1..=NEWEST).contains(&version) {
            return Err(failed(Reason::Version(version)));
        }
        Ok(RdbFile {
            thresholds,
            bytes,
            reader: Reader::new(rest),
            version,
            database: 0,
        })
    }

    /// The offset of the next key. After the last key, the end of the file.
    pub fn offset(&self) -> usize {
        self.bytes.len() - self.reader.rest().len()
    }

    /// The next key; `None` at the end.
    ///
    /// # Errors
    /// If the next bytes cannot be read.
    pub fn read(&mut self) -> Result<Option<Key>, FileError> {
        let begin = self.offset();
        self.read_key().map_err(|reason| FileError {
            offset: begin as u64,
            reason,
        })
    }

    fn read_key(&mut self) -> Result<Option<Key>, Reason> {
        let mut expires_at = None;
        loop {
            let kind = self.reader.byte()?;
            match kind {
                AUX => {
                    self.reader.string()?;
                    self.reader.string()?;
                }
                SELECT_DB => self.database = self.reader.length()?,
                RESIZE_DB => self.pass_lengths(2)?,
                SLOT_INFO => self.pass_lengths(3)?,
                IDLE => self.pass_lengths(1)?,
                FREQUENCY => {
                    self.reader.byte()?;
                }
                EXPIRE_MS => expires_at = moment(i64::from_le_bytes(self.reader.array()?)),
                EXPIRE_S => {
                    let seconds = i32::from_le_bytes(self.reader.array()?);
                    expires_at = moment(i64::from(seconds) * 1000);
                }
                FUNCTION | FUNCTION_PRE_GA => return Err(Reason::Other("functions")),
                MODULE_AUX => return Err(Reason::Other("modules")),
                EOF => return self.end().map(|()| None),
                kind => return self.key(kind, expires_at).map(Some),
            }
        }
    }

    fn key(&mut self, kind: u8, expires_at: Option<Moment>) -> Result<Key, Reason> {
        let name = self.reader.string()?;
        match codec::read(kind, &mut self.reader, self.thresholds) {
            Ok(value) => Ok(Key {
                database: self.database,
                name: Blob::from(&*name),
                entry: Entry::new(value, expires_at),
            }),
            Err(RestoreError::Unsupported(kind)) => Err(Reason::Type {
                key: name.into_owned(),
                name: kind,
            }),
            Err(_) => Err(Reason::BadFormat),
        }
    }

    fn pass_lengths(&mut self, count: usize) -> Result<(), BadFormat> {
        (0..count).try_for_each(|_| self.reader.length().map(|_| ()))
    }

    /// Checks the checksum, which files have since version 5.
    fn end(&mut self) -> Result<(), Reason> {
        if self.version < 5 {
            return Ok(());
        }
        let before = &self.bytes[..self.offset()];
        let checksum = u64::from_le_bytes(self.reader.array()?);
        if checksum == 0 || checksum == crc64(0, before) {
            Ok(())
        } else {
            Err(Reason::Checksum)
        }
    }
}

impl From<BadFormat> for Reason {
    fn from(_: BadFormat) -> Self {
        Reason::BadFormat
    }
}

/// A time of the file. One before 1970 becomes the first millisecond of 1970.
fn moment(ms: i64) -> Option<Moment> {
    NonZeroU64::new(ms.max(1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saved by Redis 7.0.15, its aux fields shortened.
    fn file(body: &[u8]) -> Vec<u8> {
        let mut bytes = b"REDIS0010\xfa\x09redis-ver\x067.0.15\xfa\x0aredis-bits\xc0@".to_vec();
        bytes.extend_from_slice(body);
        bytes.push(EOF);
        let checksum = crc64(0, &bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn read_all(bytes: &[u8]) -> Result<(Vec<Key>, usize), FileError> {
        let mut file = RdbFile::new(bytes, Thresholds::default())?;
        let mut keys = Vec::new();
        while let Some(key) = file.read()? {
            keys.push(key);
        }
        Ok((keys, file.offset()))
    }

    const BODY: &[u8] = b"\xfe\x00\xfb\x02\x01\xf8\x05\x00\x01a\xc0\x01\
        \xfc\x01\x02\x00\x00\x00\x00\x00\x00\xf9\x07\x00\x01b\x02xy\
        \xfe\x03\xfb\x01\x01\xfd\x02\x00\x00\x00\x04\x01h\x01\x01f\x01v";

    #[test]
    fn keys_are_read_with_their_databases_and_times() {
        let mut bytes = file(BODY);
        let length = bytes.len();
        bytes.extend_from_slice(b"*1\r\n");
        let (keys, end) = read_all(&bytes).unwrap();
        assert_eq!(end, length);
        let summary: Vec<_> = keys
            .iter()
            .map(|key| {
                let at = key.entry.expires_at().map_or(0, Moment::get);
                (key.database, &key.name[..], at)
            })
            .collect();
        assert_eq!(
            summary,
            [(0, &b"a"[..], 0), (0, b"b", 0x201), (3, b"h", 2000)]
        );
        let values = keys.iter().map(|key| key.entry.value());
        assert!(
            values
                .map(|it| it.type_name())
                .eq(["string", "string", "hash"])
        );
        for key in &keys {
            key.entry.value().visit(&mut |element| {
                assert!([&b"1"[..], b"xy", b"v"].contains(&&*element.value));
            });
        }
    }

    #[test]
    fn a_file_cut_or_changed_anywhere_is_refused_or_read() {
        let bytes = file(BODY);
        for end in 0..bytes.len() {
            assert!(read_all(&bytes[..end]).is_err(), "cut at {end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // The version can change to another one that is known, and version 4 and its
            // predecessors have no checksum.
            let is_version = bit / 8 == 8;
            assert!(read_all(&bytes).is_err() || is_version, "bit {bit}");
        }
    }

    #[test]
    fn a_key_of_another_type_is_named() {
        let error = read_all(&file(b"\xfe\x00\x0f\x03log\x01\x01x")).unwrap_err();
        let expected = "the key 'log' is a stream: not supported";
        assert_eq!(error.to_string(), expected);
        let error = read_all(&file(b"\xf5\x05hello")).unwrap_err();
        assert_eq!(error.to_string(), "functions are not supported");
    }
}
