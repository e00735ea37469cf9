//! Support for all tests: servers, clients, directories, and waiting for conditions.

mod client;
mod directory;
mod json;
mod page;
mod process;
mod random;
mod server;

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use client::{Client, Reply, encode};
pub(crate) use directory::TempDir;
pub(crate) use json::Json;
pub(crate) use page::{Page, with_page};
pub(crate) use process::{Outcome, Process, program, run};
pub(crate) use random::{Random, from_environment, seed};
pub(crate) use server::{TestServer, config_in};

/// A wait that takes longer than this fails its test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Calls `look` until it returns something, and returns that.
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(100);
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Rewrites the append-only file of a server that has not rewritten it before.
pub(crate) fn rewrite(server: &TestServer) {
    let mut client = server.connect();
    client.ask_line("BGREWRITEAOF");
    wait_for("the rewrite", || {
        (client.info_number("aof_rewrites") > 0).then_some(())
    });
}

/// Returns a free TCP port that the system does not assign by itself.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test runs at the same time begin at different ports, a hundred apart.
    let start = (std::process::id() % 160 * 100) as u16;
    wait_for("a free port", || {
        let number = start + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        let port = 12_000 + number % 16_000;
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
    })
}

/// Prints that a test does nothing on this machine, and why.
pub(crate) fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// Returns an address of this machine outside of the loopback interface.
pub(crate) fn outer_address() -> Option<IpAddr> {
    // This sends nothing: it makes the system choose the address that it would send from.
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback()).then_some(address)
}
