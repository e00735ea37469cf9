use super::Line;
use crate::support::{TestServer, encode};

#[test]
fn requests_behind_a_waiting_one_run_afterwards() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = server.connect();
    client.send("SET k 1\r\nBLPOP l 0\r\nINCR k\r\nBLPOP l m 0\r\nINCR k\r\n");
    line.await_count(1);
    client.expect("+OK\r\n");
    line.expect(&[("GET k", "$1\r\n1\r\n"), ("RPUSH l a", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n:2\r\n");
    line.await_count(1);
    line.expect(&[("RPUSH m b", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nm\r\n$1\r\nb\r\n:3\r\n");
}

#[test]
fn requests_that_arrive_meanwhile_run_afterwards() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    client.send("PING\r\nECHO ");
    client.send("x\r\n");
    line.expect(&[("PING", "+PONG\r\n"), ("RPUSH l a", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n+PONG\r\n$1\r\nx\r\n");
    line.rejoin(&mut client, "BLPOP l 0");
    // Half of a request.
    client.send("*1\r\n$4\r\nPI");
    line.expect(&[("RPUSH l b", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\nb\r\n");
    client.send("NG\r\n");
    client.expect("+PONG\r\n");
}

#[test]
fn a_timeout_lets_the_next_request_run() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("PING\r\nBLPOP l 0.02\r\nECHO x\r\nBLPOP l 0.02\r\n");
    client.expect("+PONG\r\n*-1\r\n$1\r\nx\r\n*-1\r\n");
}

/// The elements that a pipeline pushes are there for itself only after the line was served.
#[test]
fn each_request_of_a_pipeline_serves_the_line() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    line.other
        .send("RPUSH l a\r\nLPOP l\r\nRPUSH l b\r\nBLPOP l 0\r\nBLPOP l 0.01\r\n");
    line.other
        .expect(":1\r\n$-1\r\n:1\r\n*2\r\n$1\r\nl\r\n$1\r\nb\r\n*-1\r\n");
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

#[test]
fn what_a_waiting_client_sends_is_limited() {
    let server = TestServer::start_with(|config| config.client_query_buffer_limit = 1 << 20);
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    let echo = format!("ECHO {}\r\n", "x".repeat(10_000));
    while client.try_send(&echo).is_ok() {}
    line.await_count(0);
    line.expect(&[("RPUSH l a", ":1\r\n"), ("LLEN l", ":1\r\n")]);
}

/// Large replies that the client has not read yet stay before the answer.
#[test]
fn pending_replies_come_before_the_answer() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let value = "v".repeat(8_000_000);
    line.other.send(encode(&["SET", "k", &value]));
    line.other.expect("+OK\r\n");
    let mut client = server.connect();
    client.send("GET k\r\nBLPOP l 0\r\nPING\r\n");
    line.await_count(1);
    line.expect(&[("RPUSH l a", ":1\r\n")]);
    client.expect(format!(
        "$8000000\r\n{value}\r\n*2\r\n$1\r\nl\r\n$1\r\na\r\n+PONG\r\n"
    ));
}
