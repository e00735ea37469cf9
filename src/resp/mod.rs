//! The wire, and nothing but the wire: bytes to argument lists, replies to bytes.
//!
//! Owns the grammar of RESP (<https://redis.io/docs/latest/develop/reference/protocol-spec/>)
//! and of inline commands. Refuses to know what a command means, what a key is, and
//! whether the bytes come from a socket or from the append-only file.

pub mod args;
mod line;
pub mod output;
pub mod protocol;
pub mod reply;
pub mod request;
