//! A sweep removes expired keys and no others, whatever happens meanwhile.

use std::net::SocketAddr;
use std::thread;

use crate::support::{Client, Process, Reply, TempDir, encode, wait_for};

/// The number of expired keys in each of two databases. A sweep of them takes several steps.
const KEYS: usize = 30_000;
/// How many of them are set again during the sweep.
const SET_ANEW: usize = 2_000;

/// Sends `requests` in one pipeline and returns the number of replies that are 1.
fn pipeline(client: &mut Client, requests: impl Iterator<Item = Vec<u8>>) -> i64 {
    let requests: Vec<_> = requests.collect();
    let sending = client.send_aside(requests.concat());
    let replies: Vec<_> = requests.iter().map(|_| client.reply()).collect();
    sending.join().unwrap();
    let ones = replies.iter().filter(|reply| **reply == Reply::Integer(1));
    ones.count() as i64
}

/// Clients of databases 0 and 1.
fn connect_to_both(server: &Process) -> [Client; 2] {
    ["0", "1"].map(|database| {
        let mut client = server.connect();
        client.ask(&["SELECT", database]);
        client
    })
}

/// Swaps both databases repeatedly until the server is gone.
fn swap_on(address: SocketAddr) {
    let mut client = Client::connect(address);
    while client.try_send("SWAPDB 0 1\r\n").is_ok() && client.try_reply().is_ok() {}
}

/// Counts the keys of both databases in one transaction.
fn key_count(client: &mut Client) -> i64 {
    for line in ["MULTI", "SELECT 0", "DBSIZE", "SELECT 1", "DBSIZE"] {
        client.ask_line(line);
    }
    let replies = client.ask_line("EXEC");
    [1, 3].map(|at| replies.array()[at].integer()).iter().sum()
}

/// Fills both databases with expired keys that have not been removed.
fn fill_with_expired_keys(clients: &mut [Client; 2]) {
    clients[0].expect_exchanges(&[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n")]);
    for client in clients.each_mut() {
        let set = |number| encode(&["SET", &format!("key:{number}"), "old", "PX", "1"]);
        pipeline(client, (0..KEYS).map(set));
        let last = format!("key:{}", KEYS - 1);
        wait_for("the last key to expire", || {
            (client.ask(&["PTTL", &last]).integer() == -2).then_some(())
        });
    }
}

#[test]
fn a_sweep_removes_only_expired_keys_while_databases_are_swapped() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &["--enable-debug-command", "yes"]);
    let mut clients = connect_to_both(&server);
    fill_with_expired_keys(&mut clients);
    let address = server.address();
    let swapper = thread::spawn(move || swap_on(address));
    clients[0].expect_exchanges(&[("DEBUG SET-ACTIVE-EXPIRE 1", "+OK\r\n")]);
    let set = |number| encode(&["SETNX", &format!("key:{number}"), "new"]);
    let set_anew: i64 = clients
        .each_mut()
        .into_iter()
        .map(|client| pipeline(client, (0..SET_ANEW).map(set)))
        .sum();
    let mut counter = server.connect();
    wait_for("the expired keys to be removed", || {
        (key_count(&mut counter) == set_anew).then_some(())
    });
    server.kill();
    swapper.join().unwrap();

    // The kill may have lost the records of the last removals. Those keys expire again.
    let server = Process::start(&directory, &[]);
    let mut counter = server.connect();
    wait_for("the keys that were set anew, and no others", || {
        (key_count(&mut counter) == set_anew).then_some(())
    });
}
