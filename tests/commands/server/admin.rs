use crate::commands::SYNTAX;
use crate::support::TestServer;

#[test]
fn shutdown_closes_the_connection_without_a_reply() {
    for line in [
        "SHUTDOWN",
        "shutdown nosave",
        "SHUTDOWN SAVE NOW FORCE",
        "SHUTDOWN FORCE NOW NOSAVE",
    ] {
        let server = TestServer::start();
        let mut client = server.connect();
        client.send(format!("{line}\r\n"));
        client.expect_end();
        server.outcome().expect("a stop in good order");
    }
}

#[test]
fn an_invalid_shutdown_stops_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SHUTDOWN foo", SYNTAX),
        ("SHUTDOWN SAVE NOSAVE", SYNTAX),
        ("SHUTDOWN ABORT NOW", SYNTAX),
        ("SHUTDOWN ABORT", "-ERR No shutdown in progress.\r\n"),
        ("PING", "+PONG\r\n"),
    ]);
}

#[test]
fn shutdown_keeps_all_writes_and_closes_every_connection() {
    let server = TestServer::start();
    let mut bystander = server.connect();
    let mut client = server.connect();
    bystander.expect_exchanges(&[("SET a 1", "+OK\r\n")]);
    client.send("SET b 2\r\nSHUTDOWN NOSAVE\r\nSET c 3\r\n");
    client.expect("+OK\r\n");
    client.expect_end();
    bystander.expect_end();
    let directory = server.directory.clone();
    server.outcome().expect("a stop in good order");

    let server = TestServer::start_in(directory, |_| {});
    server.connect().expect_exchanges(&[
        ("GET a", "$1\r\n1\r\n"),
        ("GET b", "$1\r\n2\r\n"),
        ("DBSIZE", ":2\r\n"),
    ]);
}
