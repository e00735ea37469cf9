//! What the tests stand on: every server, in a directory of its own, and a client.

mod client;
mod server;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use client::Client;
pub(crate) use server::{Server, each_model_within, each_server};

/// What takes longer than this hangs, and fails its test.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks again and again until it is so; `false` if that takes too long.
pub(crate) fn comes_true(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}
