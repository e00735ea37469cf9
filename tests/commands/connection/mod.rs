//! A connection and its client.

mod client;
mod handshake;
mod kill;
