use std::sync::Arc;

use threadbare::config::Protected;

use crate::support::{Reply, TempDir, TestServer, encode, wait_for};

const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range\r\n";

/// Returns whether this is the last command in the log.
fn has_recorded(server: &TestServer, words: &[&str]) -> bool {
    server.directory.aof_bytes().ends_with(&encode(words))
}

#[test]
fn a_key_is_gone_when_its_time_has_come() {
    let server = TestServer::start();
    let mut client = server.connect();
    for command in ["EXPIRE k 1", "PEXPIRE k 20"] {
        client.expect_exchanges(&[("SET k v", "+OK\r\n"), (command, ":1\r\n")]);
        wait_for("the end of a key", || {
            (client.ask_line("EXISTS k").integer() == 0).then_some(())
        });
        client.expect_exchanges(&[("GET k", "$-1\r\n"), ("TTL k", ":-2\r\n")]);
    }
    server
        .restart()
        .connect()
        .expect_exchanges(&[("EXISTS k", ":0\r\n")]);
}

#[test]
fn times_are_returned_as_they_were_set() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("TTL k", ":-2\r\n"),
        ("PTTL k", ":-2\r\n"),
        ("EXPIRETIME k", ":-2\r\n"),
        ("PEXPIRETIME k", ":-2\r\n"),
        ("SET k v", "+OK\r\n"),
        ("TTL k", ":-1\r\n"),
        ("PTTL k", ":-1\r\n"),
        ("EXPIRETIME k", ":-1\r\n"),
        ("PEXPIRETIME k", ":-1\r\n"),
        ("EXPIRE k 1000", ":1\r\n"),
        ("TTL k", ":1000\r\n"),
        ("EXPIREAT k 4102444800", ":1\r\n"),
        ("EXPIRETIME k", ":4102444800\r\n"),
        ("PEXPIRETIME k", ":4102444800000\r\n"),
        ("PEXPIREAT k 4102444800500", ":1\r\n"),
        ("EXPIRETIME k", ":4102444801\r\n"),
        ("PEXPIRETIME k", ":4102444800500\r\n"),
        ("PEXPIREAT k 9223372036854775807", ":1\r\n"),
        ("EXPIRETIME k", ":9223372036854776\r\n"),
    ]);
    server
        .restart()
        .connect()
        .expect_exchanges(&[("PEXPIRETIME k", ":9223372036854775807\r\n")]);
}

#[test]
fn a_time_is_recorded_as_a_moment() {
    let server = TestServer::start();
    let mut client = server.connect();
    for command in ["EXPIRE k 100000", "PEXPIRE k 100000000"] {
        client.expect_exchanges(&[("SET k v", "+OK\r\n"), (command, ":1\r\n")]);
        let at = client.ask_line("PEXPIRETIME k").integer().to_string();
        assert!(has_recorded(&server, &["PEXPIREAT", "k", &at]), "{command}");
    }
    client.expect_exchanges(&[("EXPIREAT k 4102444800 XX", ":1\r\n")]);
    assert!(has_recorded(&server, &["PEXPIREAT", "k", "4102444800000"]));
}

#[test]
fn a_time_that_is_past_deletes_the_key() {
    let server = TestServer::start();
    let mut client = server.connect();
    for command in [
        "EXPIRE k 0",
        "EXPIRE k -1",
        "EXPIRE k -9223372036854775",
        "PEXPIRE k -9223372036854775808",
        "EXPIREAT k 1",
        "PEXPIREAT k 1000 NX",
    ] {
        client.expect_exchanges(&[
            ("SET k v", "+OK\r\n"),
            (command, ":1\r\n"),
            ("EXISTS k", ":0\r\n"),
        ]);
        assert!(has_recorded(&server, &["DEL", "k"]), "{command}");
    }
}

/// When the log was written, the time was not past, and later commands in it rely on the key.
#[test]
fn a_past_time_in_the_log_deletes_nothing_yet() {
    let directory = Arc::new(TempDir::new());
    let commands: [&[&str]; 6] = [
        &["SELECT", "0"],
        &["SET", "k", "v"],
        &["PEXPIREAT", "k", "1000"],
        &["RENAME", "k", "kept"],
        &["PERSIST", "kept"],
        &["SET", "gone", "v"],
    ];
    let mut log: Vec<u8> = commands.iter().flat_map(|words| encode(words)).collect();
    log.extend(encode(&["PEXPIREAT", "gone", "1000"]));
    directory.write("appendonly.aof", log);
    let server = TestServer::start_in(directory, |_| {});
    server.connect().expect_exchanges(&[
        ("GET kept", "$1\r\nv\r\n"),
        ("TTL kept", ":-1\r\n"),
        ("EXISTS gone", ":0\r\n"),
    ]);
}

#[test]
fn conditions_decide_whether_a_time_is_set() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("EXPIREAT k 4102444800 XX", ":0\r\n"),
        ("EXPIREAT k 4102444800 GT", ":0\r\n"),
        ("EXPIREAT k 4102444800 XX LT", ":0\r\n"),
        ("TTL k", ":-1\r\n"),
        ("EXPIREAT k 4102444800 nx", ":1\r\n"),
        ("EXPIREAT k 4102444900 NX", ":0\r\n"),
        ("EXPIREAT k 4102444800 GT", ":0\r\n"),
        ("EXPIREAT k 4102444800 LT", ":0\r\n"),
        ("EXPIREAT k 4102444801 LT", ":0\r\n"),
        ("EXPIREAT k 4102444799 GT", ":0\r\n"),
        ("EXPIRETIME k", ":4102444800\r\n"),
        ("EXPIREAT k 4102444801 GT", ":1\r\n"),
        ("EXPIREAT k 4102444700 LT XX", ":1\r\n"),
        ("EXPIRETIME k", ":4102444700\r\n"),
        ("PERSIST k", ":1\r\n"),
        ("EXPIREAT k 4102444800 LT", ":1\r\n"),
        ("EXPIRE k -1 GT", ":0\r\n"),
        ("EXPIRE k -1 LT", ":1\r\n"),
        ("EXISTS k", ":0\r\n"),
        ("EXPIRE k 10", ":0\r\n"),
    ]);
}

#[test]
fn invalid_times_are_refused_whether_there_is_a_key_or_not() {
    let server = TestServer::start();
    let not_compatible = "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n";
    server.connect().expect_exchanges(&[
        ("EXPIRE k x", NOT_AN_INTEGER),
        ("EXPIRE k ''", NOT_AN_INTEGER),
        ("EXPIRE k 1.5", NOT_AN_INTEGER),
        (
            "EXPIRE k 9223372036854776",
            "-ERR invalid expire time in 'expire' command\r\n",
        ),
        (
            "EXPIREAT k -9223372036854776",
            "-ERR invalid expire time in 'expireat' command\r\n",
        ),
        (
            "PEXPIRE k 9223372036854775807",
            "-ERR invalid expire time in 'pexpire' command\r\n",
        ),
        ("EXPIRE k 1 NX XX", not_compatible),
        ("EXPIRE k x NX GT", not_compatible),
        ("EXPIRE k 1 GT LT NX", not_compatible),
        (
            "EXPIRE k x GT LT",
            "-ERR GT and LT options at the same time are not compatible\r\n",
        ),
        ("EXPIRE k x NX XX foo", "-ERR Unsupported option foo\r\n"),
        (
            r#"EXPIRE k 1 "a\r\nb\r\n""#,
            "-ERR Unsupported option a  b\r\n",
        ),
    ]);
}

#[test]
fn persist_takes_the_time_away() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PERSIST k", ":0\r\n"),
        ("SET k v", "+OK\r\n"),
        ("PERSIST k", ":0\r\n"),
        ("EXPIRE k 1000", ":1\r\n"),
        ("PERSIST k", ":1\r\n"),
        ("TTL k", ":-1\r\n"),
    ]);
    assert!(has_recorded(&server, &["PERSIST", "k"]));
    server
        .restart()
        .connect()
        .expect_exchanges(&[("TTL k", ":-1\r\n")]);
}

#[test]
fn a_command_that_changes_no_time_touches_no_watched_key() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("WATCH k", "+OK\r\n"),
        ("EXPIRE k 10 XX", ":0\r\n"),
        ("PERSIST k", ":0\r\n"),
        ("MULTI", "+OK\r\n"),
        ("EXEC", "*0\r\n"),
        ("WATCH k", "+OK\r\n"),
        ("EXPIRE k 10", ":1\r\n"),
        ("MULTI", "+OK\r\n"),
        ("EXEC", "*-1\r\n"),
    ]);
}

/// Returns the reply of TIME in milliseconds.
fn unix_ms(time: &Reply) -> i64 {
    let parts = time.texts();
    let [seconds, micros] = [0, 1].map(|index| parts[index].parse::<i64>().unwrap());
    seconds * 1000 + micros / 1000
}

/// A time to live begins when its command is executed, however long the commands before it in the
/// pipeline or transaction have taken.
#[test]
fn a_time_to_live_begins_when_its_command_runs() {
    const NAP: &str = "DEBUG SLEEP 0.1";
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    let mut expect_late = |lines: &[&str], at: fn(&[Reply]) -> i64| {
        let before_ms = unix_ms(&client.ask_line("TIME"));
        client.send(lines.join("\r\n") + "\r\n");
        let replies: Vec<_> = lines.iter().map(|_| client.reply()).collect();
        assert!(at(&replies) >= before_ms + 60_000 + 100, "{replies:?}");
    };
    let set = "SET k v PX 60000";
    expect_late(&[NAP, set, "PEXPIRETIME k"], |it| it[2].integer());
    expect_late(&[NAP, "PEXPIRE k 60000", "PEXPIRETIME k"], |it| {
        it[2].integer()
    });
    expect_late(&["MULTI", NAP, set, "PEXPIRETIME k", "EXEC"], |it| {
        it[4].array()[2].integer()
    });
}

/// The same holds after a wait for the lock.
#[test]
fn a_time_to_live_is_not_over_before_it_has_begun() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let (mut holder, mut client) = (server.connect(), server.connect());
    holder.send("MULTI\r\nSET a 1\r\nDEBUG SLEEP 0.3\r\nTIME\r\nEXEC\r\n");
    for expected in ["+OK\r\n", "+QUEUED\r\n", "+QUEUED\r\n", "+QUEUED\r\n"] {
        holder.expect(expected);
    }
    client.send("SET lock me PX 60000\r\nPEXPIRETIME lock\r\n");
    let exec = holder.reply();
    let released_ms = unix_ms(&exec.array()[2]);
    client.expect("+OK\r\n");
    assert!(client.reply().integer() >= released_ms + 60_000);
}

/// A key that has expired by then is absent for the next command, however long the lock has been
/// held.
#[test]
fn a_past_time_deletes_at_once_after_a_long_command() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.expect_exchanges(&[("MSET k 5 g 5", "+OK\r\n"), ("HSET h f 1 g 1", ":2\r\n")]);
    let lines = [
        "MULTI",
        "EXISTS k",
        "DEBUG SLEEP 0.01",
        "PEXPIRE k 0",
        "INCR k",
        "GETEX g PXAT 1",
        "EXISTS g",
        "HPEXPIRE h 0 FIELDS 1 f",
        "HSETEX h PXAT 1 FIELDS 1 g 2",
        "EXISTS h",
        "EXEC",
    ];
    client.send(lines.join("\r\n") + "\r\n");
    for _ in 1..lines.len() {
        client.reply();
    }
    client.expect("*9\r\n:1\r\n+OK\r\n:1\r\n:1\r\n$1\r\n5\r\n:0\r\n*1\r\n:2\r\n:1\r\n:0\r\n");
}
