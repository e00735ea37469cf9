use crate::support::{Process, TempDir, encode};

/// Starts a server, has it stopped, and asserts that all it acknowledged is there.
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
    // More than any buffer holds, and not read: this client takes long to say goodbye to.
    client.send("GET big\r\n".repeat(100));
    client.expect("$1048576\r\n");
    server.signal("INT");
    server.wait_for_line("Received SIGINT scheduling shutdown...");
    server.signal("INT");
    assert_eq!(server.exit(), Some(1));
    server.wait_for_line("You insist... exiting now.");
}
