//! Support for the tests: every server, each in its own directory, and a client.

mod client;
mod server;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use client::Client;
pub(crate) use server::{Server, each_model_within, each_server};

/// A test that waits longer than this fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Polls until `condition` holds; returns `false` after `PATIENCE`.
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
