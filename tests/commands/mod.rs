//! Every command's replies, byte for byte as Redis 7.0.15 gives them.

mod admin;
mod bitfield;
mod bitmaps;
mod clients;
mod command;
mod config;
mod config_rewrite;
mod counters;
mod databases;
mod debug;
mod dump;
mod error;
mod expire;
mod field_access;
mod field_expiry;
mod functions;
mod handshake;
mod hash_counters;
mod hash_listing;
mod hash_random;
mod hashes;
mod info;
mod keys;
mod lcs;
mod memory;
mod mset;
mod object;
mod ranges;
mod scan;
mod set_options;
mod strings;
mod transactions;

/// What any command says to a key that holds another type.
const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
const SYNTAX: &str = "-ERR syntax error\r\n";
const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range\r\n";
