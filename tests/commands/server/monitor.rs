use crate::support::{Client, TestServer};

/// Makes a client a monitor.
fn monitor(server: &TestServer) -> Client {
    let mut monitor = server.connect();
    monitor.expect_exchanges(&[("MONITOR", "+OK\r\n")]);
    monitor
}

/// Reads a line of MONITOR, checks the time and the address, and returns the rest.
fn line(monitor: &mut Client, from: &Client) -> String {
    let line = monitor.reply().text();
    let (time, rest) = line.split_once(' ').expect("a time");
    let (seconds, micros) = time.split_once('.').expect("a time");
    assert!(
        seconds.parse::<u64>().is_ok() && micros.len() == 6,
        "{line}"
    );
    let address = format!(" {}]", from.local_addr());
    rest.replacen(&address, "]", 1)
}

#[test]
fn a_monitor_sees_all_requests_of_other_clients() {
    let server = TestServer::start();
    let mut monitor = monitor(&server);
    let mut client = server.connect();
    client.ask_line("set k \"a b\\n\\x00\\\"\\\\\"");
    client.ask_line("GET k");
    client.ask_line("SELECT 3");
    client.ask_line("CONFIG GET port");
    client.ask_line("INCR");
    client.ask_line("NOSUCH");
    client.ask_line("LPUSH l x");
    client.ask_line("INCR l");
    let shown: Vec<String> = (0..5).map(|_| line(&mut monitor, &client)).collect();
    assert_eq!(
        shown,
        [
            r#"[0] "set" "k" "a b\n\x00\"\\""#,
            r#"[0] "GET" "k""#,
            r#"[3] "SELECT" "3""#,
            r#"[3] "LPUSH" "l" "x""#,
            r#"[3] "INCR" "l""#,
        ]
    );
}

#[test]
fn a_monitor_sees_a_transaction_in_the_order_of_its_execution() {
    let server = TestServer::start();
    let mut monitor = monitor(&server);
    let mut client = server.connect();
    for request in ["MULTI", "SET a 1", "EXEC", "MULTI", "NOSUCH", "EXEC"] {
        client.ask_line(request);
    }
    let shown: Vec<String> = (0..5).map(|_| line(&mut monitor, &client)).collect();
    assert_eq!(
        shown,
        [
            r#"[0] "MULTI""#,
            r#"[0] "SET" "a" "1""#,
            r#"[0] "EXEC""#,
            r#"[0] "MULTI""#,
            r#"[0] "EXEC""#,
        ]
    );
}

#[test]
fn a_monitor_sees_no_passwords() {
    let server = TestServer::start();
    let mut monitor = monitor(&server);
    let mut client = server.connect();
    client.ask_line("AUTH secret");
    client.ask_line("AUTH default secret");
    client.ask_line("HELLO 2 AUTH default secret");
    let shown: Vec<String> = (0..3).map(|_| line(&mut monitor, &client)).collect();
    assert_eq!(
        shown,
        [
            r#"[0] "AUTH" "(redacted)""#,
            r#"[0] "AUTH" "(redacted)" "(redacted)""#,
            r#"[0] "HELLO" "2" "AUTH" "(redacted)" "(redacted)""#,
        ]
    );
}

#[test]
fn a_monitor_uses_no_keys_and_ends_with_reset() {
    const REFUSED: &str = "-ERR Replica can't interact with the keyspace\r\n";
    let server = TestServer::start();
    let mut monitor = monitor(&server);
    monitor.expect_exchanges(&[("GET k", REFUSED), ("SET k v", REFUSED)]);
    let mut other = server.connect();
    assert!(other.ask_line("CLIENT LIST").text().contains(" flags=O "));
    monitor.send("PING\r\nRESET\r\nPING\r\n");
    monitor.expect("+PONG\r\n");
    assert_eq!(
        line(&mut monitor, &server.connect())
            .rsplit_once("] ")
            .unwrap()
            .1,
        "\"PING\""
    );
    monitor.expect("+RESET\r\n+PONG\r\n");
    other.ask_line("GET k");
    monitor.expect_exchanges(&[("GET k", "$-1\r\n")]);
    assert!(!other.ask_line("CLIENT LIST").text().contains(" flags=O "));
    other.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("MONITOR", "+QUEUED\r\n"),
        (
            "EXEC",
            "*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n",
        ),
    ]);
}

#[test]
fn a_monitor_that_does_not_read_is_cut() {
    let server = TestServer::start();
    let mut monitor = monitor(&server);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CLIENT SETNAME busy", "+OK\r\n"),
        (
            "CONFIG SET client-output-buffer-limit 'pubsub 1mb 0 0'",
            "+OK\r\n",
        ),
    ]);
    let value = "x".repeat(100_000);
    crate::support::wait_for("the monitor to be cut", || {
        client.ask(&["SET", "k", &value]);
        (client.info_number("connected_clients") == 1).then_some(())
    });
    drop(monitor.try_reply());
}
