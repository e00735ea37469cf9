//! The protocol on the wire: requests from bytes, and replies to bytes.
//!
//! Owns the grammar of RESP (<https://redis.io/docs/latest/develop/reference/protocol-spec/>) and
//! of inline commands. Knows neither commands nor keys, nor whether the bytes come from a socket or
//! from the append-only file.

pub mod args;
mod line;
pub mod output;
pub mod protocol;
pub mod reply;
pub mod request;
