//! Pipelines that are sent before any reply is read, and the limits of pending replies.

use threadbare::config::Fsync;
use threadbare::config::OutputLimit;

use crate::support::{Client, Process, TempDir, TestServer, encode, wait_for};

const VALUE_BYTES: usize = 1000;

/// Requests whose replies exceed the buffers of a socket.
const QUESTIONS: usize = 100_000;

fn value() -> String {
    "v".repeat(VALUE_BYTES)
}

fn set_value(client: &mut Client) {
    client.send(encode(&["SET", "key", &value()]));
    client.expect("+OK\r\n");
}

/// Reads the answers to `QUESTIONS` times `GET key`.
fn expect_values(client: &mut Client) {
    let answer = format!("${VALUE_BYTES}\r\n{}\r\n", value());
    for _ in 0..QUESTIONS / 100 {
        client.expect(answer.repeat(100));
    }
}

fn is_alone(bystander: &mut Client) {
    wait_for("the client to be gone", || {
        (bystander.info_number("connected_clients") == 1).then_some(())
    });
}

#[test]
fn reads_may_all_be_sent_before_the_first_answer_is_read() {
    let server = TestServer::start();
    let mut client = server.connect();
    set_value(&mut client);
    client.send("GET key\r\n".repeat(QUESTIONS));
    expect_values(&mut client);
}

#[test]
fn writes_may_all_be_sent_before_the_first_answer_is_read() {
    for fsync in [Fsync::EverySecond, Fsync::Always] {
        let server = TestServer::start_with(|config| config.appendfsync = fsync);
        let mut client = server.connect();
        set_value(&mut client);
        // Replies to writes and replies to reads keep their order.
        client.send("APPEND count 1\r\nGET key\r\n".repeat(QUESTIONS / 10));
        let answer = format!("\r\n${VALUE_BYTES}\r\n{}\r\n", value());
        for count in 1..=QUESTIONS / 10 {
            client.expect(format!(":{count}{answer}"));
        }
    }
}

#[test]
fn a_client_with_much_pending_is_slowed_down_when_the_budget_is_spent() {
    let server = TestServer::start_with(|config| config.client_output_buffer_total = 1 << 20);
    let mut client = server.connect();
    set_value(&mut client);
    let sending = client.send_aside("GET key\r\n".repeat(QUESTIONS).into_bytes());
    // Other clients are served meanwhile, as long as they read.
    let mut bystander = server.connect();
    bystander.send("GET key\r\n".repeat(QUESTIONS / 100));
    bystander.expect(format!("${VALUE_BYTES}\r\n{}\r\n", value()).repeat(QUESTIONS / 100));
    expect_values(&mut client);
    sending.join().unwrap();
}

#[test]
fn a_reply_above_the_hard_limit_ends_the_connection_before_any_of_it_is_sent() {
    let directory = TempDir::new();
    let limit = ["--client-output-buffer-limit", "normal 1mb 0 0"];
    let server = Process::start(&directory, &limit);
    let mut bystander = server.connect();
    bystander.send(encode(&["SET", "big", &"b".repeat(1 << 21)]));
    bystander.expect("+OK\r\n");
    let mut client = server.connect();
    client.expect_exchanges(&[("CLIENT SETNAME greedy", "+OK\r\n")]);
    client.send("GET big\r\nPING\r\n");
    client.expect_end();
    let line = server.wait_for_line("for overcoming of output buffer limits.");
    assert!(line.contains(" name=greedy "), "{line}");
    bystander.expect_exchanges(&[
        (
            "CONFIG SET client-output-buffer-limit 'normal 0 0 0'",
            "+OK\r\n",
        ),
        ("PING", "+PONG\r\n"),
    ]);
    bystander.send("GET big\r\n");
    bystander.expect(format!("${}\r\n", 1 << 21));
}

#[test]
fn a_transaction_above_the_hard_limit_is_executed_anyway() {
    let server = TestServer::start_with(|config| {
        config.client_output_buffer_limit.normal.hard_bytes = 1 << 20;
    });
    let mut bystander = server.connect();
    bystander.send(encode(&["SET", "big", &"b".repeat(1 << 21)]));
    bystander.expect("+OK\r\n");
    let mut client = server.connect();
    client.send("MULTI\r\nSET a 1\r\nGET big\r\nSET b 2\r\n");
    client.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    client.send("EXEC\r\n");
    client.expect_end();
    bystander.expect_exchanges(&[("EXISTS a b", ":2\r\n")]);
}

#[test]
fn a_client_that_stays_above_the_soft_limit_is_disconnected_after_its_seconds() {
    let server = TestServer::start_with(|config| {
        config.client_output_buffer_limit.normal = OutputLimit {
            hard_bytes: 0,
            soft_bytes: 1,
            soft_s: 1,
        };
    });
    let mut bystander = server.connect();
    set_value(&mut bystander);
    let mut client = server.connect();
    client.send("GET key\r\n".repeat(QUESTIONS));
    is_alone(&mut bystander);
}

#[test]
fn limits_are_obeyed_for_clients_that_are_connected_already() {
    let server = TestServer::start();
    let mut bystander = server.connect();
    set_value(&mut bystander);
    let mut client = server.connect();
    client.send("GET key\r\n".repeat(QUESTIONS));
    bystander.expect_exchanges(&[(
        "CONFIG SET client-output-buffer-limit 'normal 1 0 0'",
        "+OK\r\n",
    )]);
    is_alone(&mut bystander);
}

#[test]
fn a_client_without_a_password_may_leave_nothing_unread() {
    let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    let mut bystander = server.connect();
    bystander.expect_exchanges(&[("AUTH secret", "+OK\r\n")]);
    let mut client = server.connect();
    // It is disconnected long before the end.
    while client.try_send("PING\r\n".repeat(10_000)).is_ok() {}
    is_alone(&mut bystander);
}
