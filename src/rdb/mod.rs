//! Values as Redis serialises them: the RDB format.
//!
//! Owns the payload of DUMP and RESTORE, and RDB files ([`mod@file`]), in which a value has the same
//! form. Knows the store's values, but no keyspace, and works on bytes in memory.
//!
//! ```text
//! the payload of DUMP
//!   type (1) | object | RDB version (2, little-endian) | CRC-64 of all before (8)
//!
//! object, by its type
//!    0 string             string
//!    1 list               count, then that many strings (up to Redis 3.0)
//!    4 hash               count, then that many times: string name, string value
//!   10 list in a ziplist  string, in which there is a ziplist (up to Redis 3.0)
//!   13 hash in a ziplist  string, in which there is a ziplist (up to Redis 6)
//!   14 list in ziplists   count, then that many times: string, in which there is a ziplist (since
//!                         Redis 3.2)
//!   16 hash in a listpack string, in which there is a listpack (since Redis 7)
//!   18 list in nodes      count, then that many times: length 1 and a string, which is an element,
//!                         or length 2 and a string, in which there is a listpack (since Redis 7)
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
//!   11000011, length packed, length unpacked, then the packed bytes (LZF)
//! ```
//!
//! A payload comes from a client or a disk and may be hostile. Every length is compared with the
//! bytes that follow before it is used. So memory is allocated only for bytes that were sent, or
//! that LZF can have packed into them.

mod codec;
mod crc64;
mod error;
pub mod file;
mod legacy;
mod listpack;
mod lzf;
mod reader;
mod writer;

pub(crate) use codec::{dump, restore};
pub use crc64::crc64;
pub use error::{BadFormat, RestoreError};
pub use reader::Reader;
