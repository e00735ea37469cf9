//! Several clients or servers switch the log, or use one file, at the same time.

use std::fs::File;
use std::net::TcpListener;

use super::{OFF, keys_after_restart, switch_on, with_keys};
use crate::support::{Process, TempDir, TestServer, wait_for};

#[test]
fn a_log_switched_off_during_its_first_file_is_off_for_both_clients() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
    let reply = waiting.reply();
    if let Some(error) = reply.error() {
        assert_eq!(
            error,
            "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn \
             on AOF: it has been switched off meanwhile"
        );
    }
    for left in ["appendonly.aof.rewrite", "appendonly.aof.meanwhile"] {
        assert!(!directory.join(left).exists(), "{left}");
    }
    client.expect_exchanges(&[
        ("SAVE", OFF),
        (
            "CONFIG GET appendonly",
            "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
        ),
    ]);
    assert_eq!(client.info("aof_rewrite_in_progress"), "0");
}

#[test]
fn two_clients_may_switch_the_log_on_at_once() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
    waiting.expect("+OK\r\n");
    assert_eq!(client.info("aof_rewrites"), "1");
    client.ask_line("SET late 1");
    server.kill();
    assert_eq!(keys_after_restart(&directory), 200_001);
}

#[test]
fn a_failed_change_does_not_switch_the_log_off_for_another_client() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().port().to_string();
    let reply = client.ask(&["CONFIG", "SET", "appendonly", "yes", "port", &taken]);
    assert!(reply.error().is_some(), "{reply:?}");
    waiting.expect("+OK\r\n");
    client.expect_exchanges(&[("SAVE", "+OK\r\n")]);
}

/// In any order of switches, settings, log and file agree in the end.
#[test]
fn clients_that_switch_against_each_other_leave_one_state() {
    let server = TestServer::start();
    let mut client = server.connect();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let mut client = server.connect();
            scope.spawn(move || {
                for round in 0..25 {
                    let value = ["yes", "no"][(number + round) % 2];
                    client.ask(&["CONFIG", "SET", "appendonly", value]);
                    client.ask_line("INCR k");
                }
            });
        }
    });
    let is_on = client.info("aof_enabled") == "1";
    let setting = client.ask_line("CONFIG GET appendonly").texts();
    assert_eq!(setting[1], if is_on { "yes" } else { "no" });
    assert_eq!(client.ask_line("SAVE").error().is_none(), is_on);
    client.expect_exchanges(&[
        ("CONFIG SET appendonly yes", "+OK\r\n"),
        ("SAVE", "+OK\r\n"),
    ]);
    let server = server.restart();
    assert_eq!(server.connect().ask_line("GET k").text(), "100");
}

#[test]
fn the_log_is_switched_on_although_the_client_is_gone() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    drop(switch_on(&server));
    wait_for("the log to be on", || {
        (client.info("aof_enabled") == "1").then_some(())
    });
    client.expect_exchanges(&[("SET late 1", "+OK\r\n")]);
    server.kill();
    assert_eq!(keys_after_restart(&directory), 200_001);
}

#[test]
fn all_clients_see_a_switch_at_once() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.ask_line("SET k v");
    for _ in 0..20 {
        client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
        assert_eq!(other.info("aof_enabled"), "0");
        other.expect_exchanges(&[
            ("SAVE", OFF),
            ("BGSAVE", OFF),
            ("BGREWRITEAOF", OFF),
            (
                "CONFIG GET appendonly",
                "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
            ),
        ]);
        client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
        assert_eq!(other.info("aof_enabled"), "1");
        other.expect_exchanges(&[
            ("SAVE", "+OK\r\n"),
            (
                "CONFIG GET appendonly",
                "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n",
            ),
            ("WAITAOF 1 0 0", "*2\r\n:1\r\n:0\r\n"),
        ]);
    }
}

#[test]
fn a_file_of_another_server_is_not_taken() {
    let directory = TempDir::new();
    let owner = Process::start(&directory, &[]);
    let mut owners = owner.connect();
    owners.ask_line("SET k 1");
    let other = Process::start(&directory, &["--appendonly", "no"]);
    let mut client = other.connect();
    client.expect_exchanges(&[
        (
            "CONFIG SET appendonly yes",
            "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn \
             on AOF: another server is using it\r\n",
        ),
        ("SET k 2", "+OK\r\n"),
        (
            "CONFIG GET appendonly",
            "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
        ),
    ]);
    owners.ask_line("BGREWRITEAOF");
    owners.ask_line("SET k 3");
    wait_for("the rewrite", || {
        (owners.info("aof_rewrites") == "1").then_some(())
    });
    owners.ask_line("INCR k");
    owner.kill();
    client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
    other.kill();
    let server = Process::start(&directory, &[]);
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\n2\r\n")]);
}

#[test]
fn after_switching_off_another_server_can_use_the_file_at_once() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k 1", "+OK\r\n"),
        ("CONFIG SET appendonly no", "+OK\r\n"),
    ]);
    File::open(directory.aof()).unwrap().try_lock().unwrap();
}
