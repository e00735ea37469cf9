//! Every command's replies, byte for byte equal to those of Redis 7.0.15.

mod bitmap;
mod connection;
mod error;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod list;
mod pubsub;
mod scripting;
mod server;
mod set;
mod string;
mod transaction;
mod zset;

/// The error of every command for a key of another type.
const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
const SYNTAX: &str = "-ERR syntax error\r\n";
const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range\r\n";
