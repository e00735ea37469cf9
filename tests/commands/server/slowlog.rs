use crate::support::{Client, TestServer};

/// Returns the arguments of the calls in the slow log, the newest first.
fn slow(client: &mut Client) -> Vec<String> {
    let reply = client.ask_line("SLOWLOG GET -1");
    let calls = reply.array().iter();
    calls
        .map(|call| call.array()[3].texts().join(" "))
        .collect()
}

fn everything_is_slow() -> (TestServer, Client) {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CONFIG SET slowlog-log-slower-than 0", "+OK\r\n"),
        ("SLOWLOG RESET", "+OK\r\n"),
    ]);
    (server, client)
}

#[test]
fn slowlog_has_the_last_calls_that_were_slow() {
    let (_server, mut client) = everything_is_slow();
    client.expect_exchanges(&[
        ("CLIENT SETNAME me", "+OK\r\n"),
        ("SET k v", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("CONFIG SET slowlog-max-len 3", "+OK\r\n"),
        ("CONFIG SET slowlog-log-slower-than -1", "+OK\r\n"),
        ("SLOWLOG LEN", ":3\r\n"),
        ("SLOWLOG GET 0", "*0\r\n"),
    ]);
    let expected = ["CONFIG SET slowlog-max-len 3", "GET k", "SET k v"];
    assert_eq!(slow(&mut client), expected);
    let reply = client.ask_line("SLOWLOG GET 1");
    let call = reply.array()[0].array();
    assert_eq!(call.len(), 6);
    assert_eq!(call[0].integer(), 5);
    assert_eq!(call[4].text(), client.local_addr().to_string());
    assert_eq!(call[5].text(), "me");
    client.expect_exchanges(&[
        ("SLOWLOG RESET", "+OK\r\n"),
        ("SLOWLOG LEN", ":0\r\n"),
        ("SLOWLOG GET", "*0\r\n"),
    ]);
}

#[test]
fn slowlog_hides_passwords() {
    let (_server, mut client) = everything_is_slow();
    client.ask_line("AUTH secret");
    client.ask_line("HELLO 2 AUTH default secret SETNAME me");
    client.expect_exchanges(&[
        ("CONFIG SET masterauth secret timeout 5", "+OK\r\n"),
        ("CONFIG SET slowlog-log-slower-than -1", "+OK\r\n"),
    ]);
    let expected = [
        "CONFIG SET masterauth (redacted) timeout 5",
        "HELLO 2 AUTH (redacted) (redacted) SETNAME me",
        "AUTH (redacted)",
        "SLOWLOG RESET",
    ];
    assert_eq!(slow(&mut client), expected);
}

#[test]
fn slowlog_shortens_long_calls() {
    let (_server, mut client) = everything_is_slow();
    let members: Vec<String> = (1..=31).map(|number| number.to_string()).collect();
    client.ask_line(&format!("SADD set {}", members.join(" ")));
    client.ask_line(&format!("SET k {}", "A".repeat(130)));
    let expected = [
        format!("SET k {}... (2 more bytes)", "A".repeat(128)),
        format!(
            "SADD set {} ... (2 more arguments)",
            members[..29].join(" ")
        ),
        "SLOWLOG RESET".to_owned(),
    ];
    assert_eq!(slow(&mut client), expected);
}

#[test]
fn slowlog_has_the_commands_of_a_transaction_and_not_exec() {
    let (_server, mut client) = everything_is_slow();
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("SET k v", "+QUEUED\r\n"),
        ("GET k", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n+OK\r\n$1\r\nv\r\n"),
    ]);
    let expected = ["GET k", "SET k v", "MULTI", "SLOWLOG RESET"];
    assert_eq!(slow(&mut client), expected);
}

#[test]
fn slowlog_refuses_wrong_requests() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "SLOWLOG GET -2",
            "-ERR count should be greater than or equal to -1\r\n",
        ),
        (
            "SLOWLOG GET x",
            "-ERR count should be greater than or equal to -1\r\n",
        ),
        (
            "SLOWLOG GET 1 2",
            "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.\r\n",
        ),
    ]);
}
