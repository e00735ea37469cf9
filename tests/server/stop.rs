use threadbare::config::Protected;

use crate::support::{Process, TempDir, TestServer, encode, wait_for};

/// Starts a server, stops it with `stop`, and asserts that all acknowledged writes are there.
fn expect_good_order(stop: impl FnOnce(&Process)) {
    let directory = TempDir::new();
    let mut server = Process::start(&directory, &[]);
    let mut client = server.connect();
    for number in 0..100 {
        let number = number.to_string();
        client.send(encode(&["SET", &number, &number]));
        client.expect("+OK\r\n");
    }
    stop(&server);
    assert_eq!(server.exit(), Some(0));
    server.wait_for_line("bye bye");
    client.expect_end();

    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    for number in 0..100 {
        let number = number.to_string();
        assert_eq!(client.ask(&["GET", &number]).text(), number);
    }
}

#[test]
fn shutdown_ends_the_program_in_good_order() {
    expect_good_order(|server| server.connect().send("SHUTDOWN\r\n"));
}

#[test]
fn sigterm_ends_the_program_in_good_order() {
    expect_good_order(|server| {
        server.signal("TERM");
        server.wait_for_line("Received SIGTERM scheduling shutdown...");
    });
}

#[test]
fn sigint_ends_the_program_in_good_order() {
    expect_good_order(|server| {
        server.signal("INT");
        server.wait_for_line("Received SIGINT scheduling shutdown...");
    });
}

#[test]
fn a_second_sigint_does_not_wait_for_clients() {
    let directory = TempDir::new();
    let mut server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.send(encode(&["SET", "big", &"x".repeat(1024 * 1024)]));
    client.expect("+OK\r\n");
    // More than the buffers hold, and not read: the stop waits for this client.
    client.send("GET big\r\n".repeat(100));
    client.expect("$1048576\r\n");
    server.signal("INT");
    server.wait_for_line("Received SIGINT scheduling shutdown...");
    server.signal("INT");
    assert_eq!(server.exit(), Some(1));
    server.wait_for_line("You insist... exiting now.");
}

#[test]
fn sighup_is_ignored() {
    expect_good_order(|server| {
        server.signal("HUP");
        server.signal("TERM");
    });
}

/// These tests fail if the stop never ends. `make faults` measures its time.
#[test]
fn a_client_that_does_not_read_is_dropped_after_half_of_the_timeout() {
    let directory = TempDir::new();
    let mut server = Process::start(&directory, &["--shutdown-timeout", "60"]);
    let mut client = server.connect();
    client.send(encode(&["SET", "big", &"x".repeat(1024 * 1024)]));
    client.expect("+OK\r\n");
    client.send("CONFIG SET shutdown-timeout 1\r\n");
    client.expect("+OK\r\n");
    client.send("GET big\r\n".repeat(100));
    client.expect("$1048576\r\n");
    server.signal("TERM");
    assert_eq!(server.exit(), Some(0));
}

#[test]
fn shutdown_now_waits_for_no_client() {
    let directory = TempDir::new();
    let mut server = Process::start(&directory, &["--shutdown-timeout", "3600"]);
    let mut client = server.connect();
    client.send(encode(&["SET", "big", &"x".repeat(1024 * 1024)]));
    client.expect("+OK\r\n");
    client.send("GET big\r\n".repeat(100));
    client.expect("$1048576\r\n");
    server.connect().send("SHUTDOWN NOW\r\n");
    assert_eq!(server.exit(), Some(0));
}

#[test]
fn a_client_in_a_long_command_is_not_waited_for() {
    let directory = TempDir::new();
    let arguments = ["--shutdown-timeout", "1", "--enable-debug-command", "yes"];
    let mut server = Process::start(&directory, &arguments);
    let mut client = server.connect();
    client.send("SET before 1\r\n");
    client.expect("+OK\r\n");
    client.send("DEBUG SLEEP 3600\r\n");
    let mut bystander = server.connect();
    wait_for("the client to sleep", || {
        let list = bystander.ask_line("CLIENT LIST").text();
        list.contains("cmd=debug").then_some(())
    });
    bystander.send("SHUTDOWN\r\n");
    assert_eq!(server.exit(), Some(0));
    server.wait_for_line("1 clients are still executing commands. Exit anyway.");
    client.expect_end();
    let server = Process::start(&directory, &[]);
    server
        .connect()
        .expect_exchanges(&[("EXISTS before", ":1\r\n")]);
}

/// The program around the server goes on.
#[test]
fn run_returns_though_a_client_is_in_a_long_command() {
    let server = TestServer::start_with(|config| {
        config.shutdown_timeout_s = 1;
        config.enable_debug_command = Protected::Yes;
    });
    let mut client = server.connect();
    client.send("DEBUG SLEEP 30\r\nSET after 1\r\n");
    let mut bystander = server.connect();
    wait_for("the client to sleep", || {
        let list = bystander.ask_line("CLIENT LIST").text();
        list.contains("cmd=debug").then_some(())
    });
    let server = server.restart();
    client.expect_end();
    server
        .connect()
        .expect_exchanges(&[("EXISTS after", ":0\r\n")]);
}

#[test]
fn a_sweep_that_is_under_way_is_not_waited_for() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n"),
        ("DEBUG POPULATE 100000", "+OK\r\n"),
    ]);
    client.send(
        (0..100_000)
            .map(|key| format!("PEXPIRE key:{key} 1\r\n"))
            .collect::<String>(),
    );
    client.expect(":1\r\n".repeat(100_000));
    client.expect_exchanges(&[("DEBUG SET-ACTIVE-EXPIRE 1", "+OK\r\n")]);
    let server = server.restart();
    let mut client = server.connect();
    wait_for("the keys to be gone", || {
        (client.ask(&["DBSIZE"]).integer() == 0).then_some(())
    });
}
