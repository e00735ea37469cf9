use std::collections::HashMap;

use threadbare::config::Fsync;

use crate::support::{Client, TestServer, wait_for};

/// Returns what stands behind the name of a line of INFO threads.
fn line(client: &mut Client, name: &str) -> String {
    let text = client.ask_line("INFO threads").text();
    let start = format!("{name}:");
    let found = text.lines().find_map(|line| line.strip_prefix(&start));
    found.unwrap_or_default().to_owned()
}

/// Returns the fields of a line of INFO threads: `name=value,name=value`.
fn fields(client: &mut Client, name: &str) -> HashMap<String, f64> {
    let line = line(client, name);
    line.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.parse().expect("a number")))
        .collect()
}

fn number(client: &mut Client, line: &str, field: &str) -> f64 {
    let fields = fields(client, line);
    *fields
        .get(field)
        .unwrap_or_else(|| panic!("{line}: no {field} in {fields:?}"))
}

fn wait_for_number(client: &mut Client, line: &str, field: &str, wanted: f64) {
    wait_for(&format!("{line} with {field}={wanted}"), || {
        (number(client, line, field) == wanted).then_some(())
    });
}

#[test]
fn info_threads_counts_the_threads_of_each_kind() {
    let server = TestServer::start();
    let mut client = server.connect();
    for kind in ["main", "accept", "welcome", "client", "aof", "sweeper"] {
        let line = format!("threads_{kind}");
        assert_eq!(number(&mut client, &line, "count"), 1.0, "{kind}");
    }
    assert_eq!(number(&mut client, "threads_client_out", "count"), 0.0);
    let other = server.connect();
    wait_for_number(&mut client, "threads_client", "count", 2.0);
    drop(other);
    wait_for_number(&mut client, "threads_client", "count", 1.0);
}

#[test]
fn info_threads_tells_what_clients_wait_for() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    other.expect_exchanges(&[("PING", "+PONG\r\n")]);
    wait_for_number(&mut client, "threads_client", "socket", 1.0);
    // The thread that answers runs.
    assert_eq!(number(&mut client, "threads_client", "running"), 1.0);
    let waited_us = number(&mut client, "threads_client", "socket_usec");
    wait_for("a wait that goes on", || {
        (number(&mut client, "threads_client", "socket_usec") > waited_us).then_some(())
    });
    other.send(b"BLPOP list 0\r\n");
    wait_for_number(&mut client, "threads_client", "data", 1.0);
    client.expect_exchanges(&[("RPUSH list a", ":1\r\n")]);
    other.expect("*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
    assert!(number(&mut client, "threads_client", "data_usec") > 0.0);
    other.expect_exchanges(&[("PING", "+PONG\r\n")]);
    // A client that is idle after a write does not wait for the log.
    other.expect_exchanges(&[("SET k v", "+OK\r\n")]);
    wait_for_number(&mut client, "threads_client", "socket", 1.0);
    assert_eq!(number(&mut client, "threads_client", "log"), 0.0);
    client.expect_exchanges(&[("CONFIG RESETSTAT", "+OK\r\n")]);
    assert_eq!(number(&mut client, "threads_client", "data_usec"), 0.0);
}

#[test]
fn info_threads_tells_for_how_long_commands_held_the_lock() {
    let server = TestServer::start();
    let mut client = server.connect();
    for _ in 0..100 {
        client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("PING", "+PONG\r\n")]);
    }
    assert_eq!(number(&mut client, "lockstat_set", "calls"), 100.0);
    assert!(number(&mut client, "lockstat_set", "held_usec") > 0.0);
    // It needs no lock.
    assert_eq!(number(&mut client, "lockstat_ping", "held_usec"), 0.0);
    assert_ne!(line(&mut client, "lock_held_usec"), "0");
}

#[test]
fn info_threads_tells_who_waited_for_the_lock() {
    let server = TestServer::start_with(|config| {
        config.enable_debug_command = threadbare::config::Protected::Yes;
    });
    let mut client = server.connect();
    let mut other = server.connect();
    wait_for("a GET that meets a long write", || {
        client.send(b"DEBUG POPULATE 20000 key\r\nFLUSHALL\r\n");
        for _ in 0..50 {
            other.expect_exchanges(&[("GET k", "$-1\r\n")]);
        }
        client.expect("+OK\r\n+OK\r\n");
        (number(&mut other, "lockstat_get", "waited_usec") > 0.0).then_some(())
    });
    assert!(number(&mut client, "threads_client", "lock_usec") > 0.0);
    assert_ne!(line(&mut client, "lock_waited_usec"), "0");
}

#[test]
fn info_threads_tells_how_the_writes_and_syncs_of_the_log_went() {
    let server = TestServer::start_with(|config| config.appendfsync = Fsync::Always);
    let mut client = server.connect();
    for _ in 0..10 {
        client.expect_exchanges(&[("SET k v", "+OK\r\n")]);
    }
    let batches = fields(&mut client, "log_batches");
    assert_eq!(batches["records"], 10.0);
    // Each reply has waited for a write and a sync of its own.
    assert_eq!(batches["count"], 10.0);
    assert_eq!(number(&mut client, "log_syncs", "count"), 10.0);
    let bytes = server.directory.aof_bytes().len();
    assert_eq!(batches["bytes"], bytes as f64);
    assert!(number(&mut client, "log_syncs", "max_usec") > 0.0);
    assert!(number(&mut client, "threads_aof", "disk_usec") > 0.0);
    assert!(number(&mut client, "threads_client", "log_usec") > 0.0);
    client.expect_exchanges(&[("CONFIG RESETSTAT", "+OK\r\n")]);
    assert_eq!(number(&mut client, "log_batches", "count"), 0.0);
}
