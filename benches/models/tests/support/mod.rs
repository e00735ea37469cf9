//! What the tests stand on: every server, in a directory of its own, and a client.

mod client;
mod server;

use std::time::Duration;

pub(crate) use client::Client;
pub(crate) use server::{Server, each_model_with_little_room, each_server};

/// What takes longer than this hangs, and fails its test.
const PATIENCE: Duration = Duration::from_secs(20);
