use threadbare::config::Protected;

use crate::support::{TestServer, wait_for};

#[test]
fn queued_commands_are_executed_by_exec() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("SET a 1", "+QUEUED\r\n"),
        ("HSET a f v", "+QUEUED\r\n"),
        ("GET a", "+QUEUED\r\n"),
    ]);
    server.connect().expect_exchanges(&[("GET a", "$-1\r\n")]);
    client.expect_exchanges(&[
        (
            "EXEC",
            "*3\r\n+OK\r\n-WRONGTYPE Operation against a key holding the wrong kind of \
             value\r\n$1\r\n1\r\n",
        ),
        ("EXEC", "-ERR EXEC without MULTI\r\n"),
        ("MULTI", "+OK\r\n"),
        ("EXEC", "*0\r\n"),
    ]);
}

#[test]
fn a_command_that_cannot_be_queued_makes_exec_fail() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        (
            "SET a",
            "-ERR wrong number of arguments for 'set' command\r\n",
        ),
        ("SET a 1", "+QUEUED\r\n"),
        (
            "EXEC",
            "-EXECABORT Transaction discarded because of previous errors.\r\n",
        ),
        ("GET a", "$-1\r\n"),
        ("MULTI", "+OK\r\n"),
        ("SAVE", "-ERR Command not allowed inside a transaction\r\n"),
        ("MULTI", "-ERR MULTI calls can not be nested\r\n"),
        ("WATCH a", "-ERR WATCH inside MULTI is not allowed\r\n"),
        (
            "EXEC now",
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' \
             command\r\n",
        ),
        ("EXEC", "-ERR EXEC without MULTI\r\n"),
        ("DISCARD", "-ERR DISCARD without MULTI\r\n"),
    ]);
}

#[test]
fn discard_and_reset_drop_queued_commands() {
    let server = TestServer::start();
    for line in ["DISCARD", "RESET"] {
        let mut client = server.connect();
        client.ask_line("MULTI");
        client.ask_line("SET a 1");
        client.ask_line(line);
        client.expect_exchanges(&[
            ("EXEC", "-ERR EXEC without MULTI\r\n"),
            ("GET a", "$-1\r\n"),
        ]);
    }
}

#[test]
fn a_change_of_a_watched_key_makes_exec_do_nothing() {
    let server = TestServer::start();
    let mut other = server.connect();
    for (before, change) in [
        ("DEL k", "SET k 1"),
        ("SET k 1", "SET k 1"),
        ("SET k 1", "APPEND k x"),
        ("SET k 1", "DEL k"),
        ("SET k 1", "EXPIRE k 100"),
        ("SET k 1", "RENAME k l"),
        ("SET k 1", "FLUSHDB"),
        ("SET k 1", "FLUSHALL"),
        ("SET k 1", "SWAPDB 0 1"),
        ("SET k 1 EX 100", "PERSIST k"),
    ] {
        other.ask_line(before);
        let mut client = server.connect();
        client.expect_exchanges(&[("WATCH k other", "+OK\r\n")]);
        other.ask_line(change);
        client.expect_exchanges(&[
            ("MULTI", "+OK\r\n"),
            ("PING", "+QUEUED\r\n"),
            ("EXEC", "*-1\r\n"),
            // EXEC has ended the WATCH.
            ("MULTI", "+OK\r\n"),
            ("EXEC", "*0\r\n"),
        ]);
    }
}

#[test]
fn a_command_without_a_change_does_not_touch_a_watched_key() {
    let server = TestServer::start();
    let mut other = server.connect();
    other.ask_line("SET k 1");
    for line in [
        "GET k",
        "SETNX k 2",
        "HSET k f v",
        "DEL other",
        "PERSIST k",
        "EXPIRE k 100 XX",
        "RENAMENX k k",
        "SELECT 1",
        "SET k 2",
        "FLUSHDB",
    ] {
        let mut client = server.connect();
        client.ask_line("WATCH k");
        other.ask_line(line);
        client.expect_exchanges(&[("MULTI", "+OK\r\n"), ("EXEC", "*0\r\n")]);
    }
    let mut client = server.connect();
    client.ask_line("WATCH k");
    client.ask_line("UNWATCH");
    other.ask_line("SELECT 0");
    other.ask_line("SET k 3");
    client.expect_exchanges(&[("MULTI", "+OK\r\n"), ("EXEC", "*0\r\n")]);
}

#[test]
fn the_log_has_a_transaction_whole() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("MULTI\r\nSET a 1\r\nGET a\r\nSELECT 3\r\nSET b 2\r\nEXEC\r\n");
    client.expect(
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n+OK\r\n$1\r\n1\r\n+OK\r\n+OK\r\n",
    );
    // One command needs no MULTI and EXEC in the file, and no command leaves nothing.
    client.send("MULTI\r\nSET c 3\r\nEXEC\r\nMULTI\r\nGET c\r\nEXEC\r\n");
    client.expect("+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\n3\r\n");
    let expected = [
        "SELECT 0", "MULTI", "SET a 1", "SELECT 3", "SET b 2", "EXEC", "SET c 3",
    ];
    assert_eq!(server.directory.aof_commands(), expected);
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("GET a", "$1\r\n1\r\n"),
        ("SELECT 3", "+OK\r\n"),
        ("GET b", "$1\r\n2\r\n"),
        ("GET c", "$1\r\n3\r\n"),
    ]);
}

/// A subcommand may need another lock than its command.
#[test]
fn a_transaction_has_one_lock_from_first_to_last() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let (mut client, mut bystander) = (server.connect(), server.connect());
    client.expect_exchanges(&[("SET a 1", "+OK\r\n")]);
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("DEBUG SLEEP 0.1", "+QUEUED\r\n"),
        ("FUNCTION FLUSH", "+QUEUED\r\n"),
        ("GET a", "+QUEUED\r\n"),
    ]);
    client.send("EXEC\r\n");
    wait_for("the sleep to begin", || {
        let list = bystander.ask_line("CLIENT LIST").text();
        list.contains("cmd=debug").then_some(())
    });
    bystander.expect_exchanges(&[("SET a 2", "+OK\r\n")]);
    client.expect("*3\r\n+OK\r\n+OK\r\n$1\r\n1\r\n");
}
