//! Freed memory goes back to the system.

use crate::support::{Client, Process, TempDir, wait_for};

const VALUES: u64 = 100_000;

/// Sets many values from many connections, so that many threads allocate memory.
fn fill(server: &Process) {
    const CONNECTIONS: u64 = 10;
    let value = "x".repeat(100);
    for connection in 0..CONNECTIONS {
        let mut client = server.connect();
        let count = VALUES / CONNECTIONS;
        let numbers = connection * count..(connection + 1) * count;
        let requests = numbers.map(|number| format!("SET key:{number} {value}\r\n"));
        let sending = client.send_aside(requests.collect::<String>().into_bytes());
        client.expect("+OK\r\n".repeat(count as usize));
        sending.join().unwrap();
    }
}

/// Fills the server, frees nearly all memory with `free`, and waits until the memory has gone back
/// to the system.
fn expect_return(args: &[&str], free: impl FnOnce(&mut Client)) {
    let directory = TempDir::new();
    let server = Process::start(&directory, args);
    let mut client = server.connect();
    fill(&server);
    let filled = server.resident_bytes();
    assert!(client.info_number("used_memory") > VALUES * 120);
    free(&mut client);
    wait_for("the memory to be free", || {
        (client.info_number("used_memory") < VALUES * 20).then_some(())
    });
    wait_for("the memory to be given back", || {
        (server.resident_bytes() < filled / 2).then_some(())
    });
    assert!(client.info_number("used_memory_peak") > VALUES * 120);
}

#[test]
fn a_flush_returns_memory_to_the_system() {
    expect_return(&[], |client| {
        client.ask_line("FLUSHALL");
    });
    expect_return(&["--appendonly", "no"], |client| {
        client.ask_line("FLUSHDB ASYNC");
    });
}

#[test]
fn deletes_of_single_keys_return_memory_to_the_system() {
    expect_return(&[], |client| {
        let requests = (0..VALUES).map(|number| format!("UNLINK key:{number}\r\n"));
        let sending = client.send_aside(requests.collect::<String>().into_bytes());
        client.expect(":1\r\n".repeat(VALUES as usize));
        sending.join().unwrap();
    });
}
