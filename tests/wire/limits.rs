//! Requests that are longer than the limits allow.

use std::sync::Arc;

use crate::support::{Client, Process, TempDir, TestServer, encode};

const LIMIT: usize = 1024 * 1024;

fn start() -> TestServer {
    TestServer::start_with(|config| config.client_query_buffer_limit = LIMIT as u64)
}

/// Sends more bytes than the limit allows, and expects the end of the connection.
fn expect_to_be_cut(client: &mut Client, bytes: &[u8]) {
    // The server may disconnect before the end.
    let _ = client.try_send(bytes);
    client.expect_end();
}

fn set(bytes: usize) -> Vec<u8> {
    encode(&["SET", "key", &"x".repeat(bytes)])
}

#[test]
fn one_request_may_take_as_much_as_the_query_buffer_limit() {
    let server = start();
    let mut client = server.connect();
    client.send(set(LIMIT - 1000));
    client.expect("+OK\r\n");
    expect_to_be_cut(&mut client, &set(LIMIT));
}

#[test]
fn many_small_arguments_count_with_the_memory_that_they_take() {
    let server = start();
    let mut client = server.connect();
    let words = |count: usize| encode(&vec!["k"; count]);
    client.send(words(10_000));
    client.reply().error().expect("an unknown command");
    // Each has 7 bytes, but with its entry in the list more than the limit.
    expect_to_be_cut(&mut client, &words(LIMIT / 20));
}

#[test]
fn a_pipeline_does_not_count_as_one_long_request() {
    let server = start();
    let mut client = server.connect();
    let sending = client.send_aside(set(LIMIT / 2).repeat(20));
    client.expect("+OK\r\n".repeat(20));
    sending.join().unwrap();
}

#[test]
fn queued_commands_of_a_transaction_count() {
    let server = start();
    let mut client = server.connect();
    client.expect_exchanges(&[("MULTI", "+OK\r\n")]);
    client.send(set(LIMIT / 2));
    client.expect("+QUEUED\r\n");
    expect_to_be_cut(&mut client, &set(LIMIT / 2));

    let mut client = server.connect();
    client.expect_exchanges(&[("MULTI", "+OK\r\n")]);
    let _ = client.try_send("PING\r\n".repeat(LIMIT / 10));
    let mut queued = 0;
    while client.try_reply().is_ok() {
        queued += 1;
    }
    assert!((1..LIMIT / 10).contains(&queued), "{queued} queued");
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

#[test]
fn watched_keys_count() {
    let server = start();
    let mut client = server.connect();
    let mut watched = 0;
    loop {
        let names: Vec<String> = (0..1000).map(|name| format!("{watched}:{name}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let sent = client.try_send(encode(&[&["WATCH"], &names[..]].concat()));
        if sent.is_err() || client.try_reply().is_err() {
            break;
        }
        watched += 1000;
        assert!(watched < LIMIT / 10, "{watched} watched");
    }
}

#[test]
fn a_new_limit_takes_effect_at_once() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.send(set(2 * LIMIT));
    client.expect("+OK\r\n");
    let mut admin = server.connect();
    admin.expect_exchanges(&[
        ("CONFIG SET client-query-buffer-limit 1mb", "+OK\r\n"),
        (
            "CONFIG SET client-query-buffer-limit 1",
            "-ERR CONFIG SET failed (possibly related to \
          argument 'client-query-buffer-limit') - argument must be between 1048576 and \
          9223372036854775807 inclusive\r\n",
        ),
    ]);
    expect_to_be_cut(&mut client, &set(2 * LIMIT));
    let line = server.wait_for_line("Closing client that reached max query buffer length: id=");
    assert!(line.contains("*3\\r\\n$3\\r\\nSET\\r\\n"), "{line}");
}

#[test]
fn the_longest_bulk_string_is_a_setting() {
    let server = Arc::new(TempDir::new());
    let server = TestServer::start_in(server, |_| {});
    let mut client = server.connect();
    client.send(set(2 * LIMIT));
    client.expect("+OK\r\n");
    client.expect_exchanges(&[
        ("CONFIG SET proto-max-bulk-len 1mb", "+OK\r\n"),
        ("SETRANGE other 1048575 x", ":1048576\r\n"),
        (
            "SETRANGE other 1048576 x",
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n",
        ),
        (
            "APPEND other x",
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n",
        ),
        ("SETBIT other 8388607 1", ":0\r\n"),
        (
            "SETBIT other 8388608 1",
            "-ERR bit offset is not an integer or out of range\r\n",
        ),
        (
            "BITFIELD other GET u8 8388608",
            "-ERR bit offset is not an integer or out of range\r\n",
        ),
    ]);
    client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048577\r\n");
    client.expect("-ERR Protocol error: invalid bulk length\r\n");
    client.expect_end();
    // A value that was allowed when it was written is loaded, whatever is allowed now.
    let server = server.restart();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("STRLEN key", ":2097152\r\n"),
        ("STRLEN other", ":1048576\r\n"),
    ]);
}

#[test]
fn a_file_is_loaded_whatever_strings_are_allowed_now() {
    let directory = Arc::new(TempDir::new());
    let server = TestServer::start_in(Arc::clone(&directory), |_| {});
    server.connect().expect_exchanges(&[
        ("SETRANGE long 3000000 x", ":3000001\r\n"),
        ("SETBIT long 24000010 1", ":0\r\n"),
        ("APPEND long yz", ":3000004\r\n"),
    ]);
    server.stop();
    let server = TestServer::start_in(directory, |config| config.proto_max_bulk_bytes = 1 << 20);
    server
        .connect()
        .expect_exchanges(&[("STRLEN long", ":3000004\r\n")]);
}

#[test]
fn names_are_bounded() {
    let server = TestServer::start();
    let mut client = server.connect();
    let long = "n".repeat(65_536);
    for command in [
        &["CLIENT", "SETNAME"][..],
        &["CLIENT", "SETINFO", "LIB-NAME"],
        &["CLIENT", "SETINFO", "LIB-VER"],
    ] {
        client.send(encode(&[command, &[&long]].concat()));
        client.expect("+OK\r\n");
        client.send(encode(&[command, &[&format!("{long}n")]].concat()));
        client.expect("-ERR Client names cannot be longer than 65536 bytes.\r\n");
    }
}
