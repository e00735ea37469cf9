//! Requests are answered in order, however they are split.

use crate::support::{Client, TestServer, encode, wait_for};

/// Requests and replies that leave the server unchanged.
const CONVERSATION: &[(&[u8], &[u8])] = &[
    (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
    (
        b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\na\r\nb\0*\r\n",
        b"+OK\r\n",
    ),
    (b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$6\r\na\r\nb\0*\r\n"),
    (b"\r\n*0\r\nset k 'a b'\n", b"+OK\r\n"),
    (b"get k\r\n", b"$3\r\na b\r\n"),
    (b"*-1\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", b"$0\r\n\r\n"),
    (
        b"*4\r\n$4\r\nHSET\r\n$1\r\nh\r\n$1\r\nf\r\n$12\r\nabcdefghijkl\r\n",
        b":1\r\n",
    ),
    (b"*3\r\n$3\r\nDEL\r\n$1\r\nh\r\n$1\r\nk\r\n", b":2\r\n"),
    (
        b"nonsense\r\n",
        b"-ERR unknown command 'nonsense', with args beginning with: \r\n",
    ),
];

fn conversation() -> (Vec<u8>, Vec<u8>) {
    let requests: Vec<&[u8]> = CONVERSATION.iter().map(|pair| pair.0).collect();
    let replies: Vec<&[u8]> = CONVERSATION.iter().map(|pair| pair.1).collect();
    (requests.concat(), replies.concat())
}

/// Waits until the server has read all bytes of its clients.
fn wait_until_read(client: &Client, bystander: &mut Client) {
    wait_for("the server to read", || {
        let read = bystander.info_number("total_net_input_bytes");
        (read == client.sent_bytes() + bystander.sent_bytes()).then_some(())
    });
}

#[test]
fn a_conversation_may_be_cut_anywhere() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut bystander = server.connect();
    let (requests, replies) = conversation();
    for cut in 0..=requests.len() {
        client.send(&requests[..cut]);
        wait_until_read(&client, &mut bystander);
        client.send(&requests[cut..]);
        client.expect(&replies);
    }
}

#[test]
fn a_conversation_may_come_byte_by_byte() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut bystander = server.connect();
    let (requests, replies) = conversation();
    for byte in requests {
        client.send([byte]);
        wait_until_read(&client, &mut bystander);
    }
    client.expect(&replies);
}

/// Requests that write and read `key` in turn, and their replies. The replies show whether each
/// read came between the right two writes.
fn alternating(key: &str, rounds: usize) -> (Vec<u8>, String) {
    let mut requests = Vec::new();
    let mut replies = String::new();
    for round in 0..rounds {
        let value = round.to_string();
        requests.extend(encode(&["SET", key, &value]));
        requests.extend(encode(&["GET", key]));
        replies += &format!("+OK\r\n${}\r\n{value}\r\n", value.len());
    }
    (requests, replies)
}

#[test]
fn ten_thousand_requests_in_one_write_are_answered_in_order() {
    for appendonly in [true, false] {
        let server = TestServer::start_with(|config| config.appendonly = appendonly);
        let mut client = server.connect();
        let (requests, replies) = alternating("k", 5_000);
        let sending = client.send_aside(requests);
        client.expect(replies);
        sending.join().unwrap();
        client.expect_exchanges(&[("GET k", "$4\r\n4999\r\n")]);
    }
}

#[test]
fn pipelines_of_several_clients_stay_apart() {
    let server = TestServer::start();
    let mut running = Vec::new();
    for key in ["a", "b", "c", "d"] {
        let mut client = server.connect();
        let (requests, replies) = alternating(key, 1_000);
        let sending = client.send_aside(requests);
        running.push((client, sending, replies));
    }
    for (mut client, sending, replies) in running {
        client.expect(replies);
        sending.join().unwrap();
    }
}

#[test]
fn replies_to_writes_and_to_reads_keep_their_order() {
    let server = TestServer::start();
    let mut client = server.connect();
    for round in 0..500 {
        let value = round.to_string();
        client.send(encode(&["SET", "k", &value]));
        client.send(encode(&["GET", "k"]));
        client.send("PING\r\nnonsense\r\n");
        client.send(encode(&["DEL", "k", "missing"]));
        client.expect(format!(
            "+OK\r\n${}\r\n{value}\r\n+PONG\r\n-ERR unknown command 'nonsense', with args \
             beginning with: \r\n:1\r\n",
            value.len()
        ));
    }
}

#[test]
fn an_error_does_not_stop_a_pipeline() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("SET k v\r\nHGET k f\r\nGET\r\nSELECT x\r\nGET k\r\n");
    client.expect(
        "+OK\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n-ERR wrong \
         number of arguments for 'get' command\r\n-ERR value is not an integer or out of \
         range\r\n$1\r\nv\r\n",
    );
}

/// With some tens of thousands of keys or more, the server prefetches the keys of a pipeline.
#[test]
fn a_pipeline_gets_the_same_replies_with_many_keys_as_with_few() {
    let server = TestServer::start();
    let mut client = server.connect();
    let long = "x".repeat(300);
    let exchanges = [
        ("SET s 1", "+OK\r\n"),
        ("HSET h f 1 long y", ":2\r\n"),
        ("PING", "+PONG\r\n"),
        (
            "GET",
            "-ERR wrong number of arguments for 'get' command\r\n",
        ),
        ("HGET h f", "$1\r\n1\r\n"),
        (
            "HGET h",
            "-ERR wrong number of arguments for 'hget' command\r\n",
        ),
        ("HINCRBY h f 2", ":3\r\n"),
        ("GET missing", "$-1\r\n"),
        ("SELECT 1", "+OK\r\n"),
        ("GET s", "$-1\r\n"),
        ("SELECT 0", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("INCR s", "+QUEUED\r\n"),
        ("DEL h", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n:2\r\n:1\r\n"),
        ("SET s 5 PXAT 1", "+OK\r\n"),
        ("GET s", "$-1\r\n"),
        (&format!("APPEND s {long}"), ":300\r\n"),
        ("STRLEN s", ":300\r\n"),
        (&format!("EXISTS {long} s"), ":1\r\n"),
        ("DEL s", ":1\r\n"),
    ];
    let (requests, replies): (Vec<_>, Vec<_>) = exchanges.into_iter().unzip();
    for fill in [1, 40_000] {
        let keys = (0..fill).flat_map(|key| encode(&["SET", &format!("key:{key}"), &long]));
        let sending = client.send_aside(keys.collect::<Vec<u8>>());
        client.expect("+OK\r\n".repeat(fill));
        sending.join().unwrap();
        client.send(requests.join("\r\n") + "\r\n");
        client.expect(replies.concat());
    }
}

#[test]
fn requests_after_quit_are_not_executed() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("SET k before\r\nQUIT\r\nSET k after\r\nGET k\r\n");
    client.expect("+OK\r\n+OK\r\n");
    client.expect_end();
    server
        .connect()
        .expect_exchanges(&[("GET k", "$6\r\nbefore\r\n")]);
}

#[test]
fn a_client_that_ends_its_input_still_gets_its_replies() {
    let server = TestServer::start();
    let mut client = server.connect();
    let (requests, replies) = alternating("k", 1_000);
    client.send(requests);
    client.end_input();
    client.expect(replies);
    client.expect_end();
}

#[test]
fn a_client_that_leaves_within_a_request_leaves_nothing_else() {
    let server = TestServer::start();
    let mut bystander = server.connect();
    for cut in [
        "*",
        "*3\r\n",
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9\r\nabc",
        "SET k v",
    ] {
        server.connect().send(cut);
        wait_for("the client to be gone", || {
            (bystander.info_number("connected_clients") == 1).then_some(())
        });
    }
    bystander.expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}
