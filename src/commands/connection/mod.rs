//! The connection and its client.

mod basic;
pub(crate) mod client;
mod handshake;
mod kill;
mod modes;
mod pause;
mod tracking;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[basic::COMMANDS, client::COMMANDS, handshake::COMMANDS];
