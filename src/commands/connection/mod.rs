//! The connection and its client.

pub(crate) mod client;
mod handshake;

use super::table::Command;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[client::COMMANDS, handshake::COMMANDS];
