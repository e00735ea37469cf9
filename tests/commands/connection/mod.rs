//! A connection and its client.

mod client;
mod handshake;
mod kill;
mod pause;
mod replies;
mod tracking;
