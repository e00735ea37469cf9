//! CONFIG SET of `dir` and of other settings that `enable-protected-configs` protects.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use threadbare::config::Protected;

use crate::support::{Client, Process, TempDir, TestServer, free_port};

const STAYS: &str = "the append only file stays where it is; set 'appendonly' to 'no' before";

fn failed(name: &str, reason: &str) -> String {
    format!("-ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}\r\n")
}

/// A server that lets all clients set protected settings.
fn start(directory: &Arc<TempDir>, is_kept: bool) -> TestServer {
    TestServer::start_in(Arc::clone(directory), |config| {
        config.enable_protected_configs = Protected::Yes;
        config.appendonly = is_kept;
    })
}

/// A directory with another one in it.
fn two_directories() -> (Arc<TempDir>, PathBuf) {
    let outer = Arc::new(TempDir::new());
    let inner = outer.join("inner");
    fs::create_dir(&inner).unwrap();
    // The directory as CONFIG GET returns it.
    let inner = inner.canonicalize().unwrap();
    (outer, inner)
}

#[track_caller]
fn expect_directory(client: &mut Client, expected: &str) {
    assert_eq!(client.ask_line("CONFIG GET dir").texts(), ["dir", expected]);
}

#[test]
fn protected_settings_cannot_be_set_unless_that_is_enabled() {
    let server = TestServer::start();
    let mut client = server.connect();
    let unknown = "-ERR Unknown option or number of arguments for CONFIG SET - 'nothing'\r\n";
    for (line, reply) in [
        ("dir /", &*failed("dir", "can't set protected config")),
        ("DiR /", &failed("DiR", "can't set protected config")),
        (
            "dbfilename x.rdb",
            &failed("dbfilename", "can't set protected config"),
        ),
        (
            "dir / nothing 1",
            &failed("dir", "can't set protected config"),
        ),
        ("nothing 1 dir /", unknown),
        (
            "databases 1 dir /",
            &failed("databases", "can't set immutable config"),
        ),
        (
            "enable-protected-configs yes",
            &failed("enable-protected-configs", "can't set immutable config"),
        ),
    ] {
        client.expect_exchanges(&[(&format!("CONFIG SET {line}"), reply)]);
    }
    let directory = server.directory.canonicalize().unwrap();
    expect_directory(&mut client, directory.to_str().unwrap());
}

#[test]
fn protected_settings_may_be_for_clients_on_this_machine() {
    let server = TestServer::start_with(|config| {
        config.enable_protected_configs = Protected::Local;
        config.appendonly = false;
        config.unixsocket = "redis.sock".into();
        config.port = free_port();
    });
    for mut client in [
        server.connect(),
        Client::connect_unix(&server.directory.join("redis.sock")),
    ] {
        client.expect_exchanges(&[
            (
                "CONFIG GET enable-protected-configs",
                "*2\r\n$24\r\nenable-protected-configs\r\n$5\r\nlocal\r\n",
            ),
            ("CONFIG SET dir /", "+OK\r\n"),
        ]);
        expect_directory(&mut client, "/");
    }
}

#[test]
fn a_path_that_is_no_directory_is_refused() {
    let (directory, inner) = two_directories();
    directory.write("file", "");
    let server = start(&directory, false);
    let mut client = server.connect();
    let outer = directory.canonicalize().unwrap();
    for (value, reason) in [
        ("nothing", "No such file or directory"),
        ("''", "No such file or directory"),
        ("file", "Not a directory"),
        ("file/x", "Not a directory"),
    ] {
        let line = format!("CONFIG SET timeout 5 dir {value}");
        client.expect_exchanges(&[
            (&line, &failed("dir", reason)),
            ("CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n"),
        ]);
        expect_directory(&mut client, outer.to_str().unwrap());
    }
    // A relative path begins at the current `dir`.
    for (value, expected) in [(".", &outer), ("inner", &inner), ("..", &outer)] {
        client.expect_exchanges(&[(&format!("CONFIG SET dir {value}"), "+OK\r\n")]);
        expect_directory(&mut client, expected.to_str().unwrap());
    }
}

#[test]
fn the_append_only_file_stays_where_it_is() {
    let (directory, inner) = two_directories();
    let server = start(&directory, true);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("CONFIG SET timeout 5 dir inner", &failed("dir", STAYS)),
        ("CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n"),
        ("CONFIG SET dir .", "+OK\r\n"),
        ("SET l w", "+OK\r\n"),
    ]);
    assert!(!inner.join("appendonly.aof").exists());
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("MGET k l", "*2\r\n$1\r\nv\r\n$1\r\nw\r\n")]);
}

#[test]
fn the_file_moves_when_it_is_switched_off_and_on() {
    let (directory, inner) = two_directories();
    let server = start(&directory, true);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("CONFIG SET appendonly no dir inner", "+OK\r\n"),
        ("SET l w", "+OK\r\n"),
    ]);
    let before = directory.aof_bytes();
    client.expect_exchanges(&[
        ("CONFIG SET appendonly yes", "+OK\r\n"),
        ("SET m x", "+OK\r\n"),
    ]);
    assert!(directory.aof_bytes() == before);
    assert!(inner.join("appendonly.aof").exists());
    drop(client);
    server.stop();
    let server = TestServer::start_in(Arc::clone(&directory), |config| config.dir = inner);
    server
        .connect()
        .expect_exchanges(&[("MGET k l m", "*3\r\n$1\r\nv\r\n$1\r\nw\r\n$1\r\nx\r\n")]);
}

#[test]
fn writes_acknowledged_after_both_are_set_at_once_survive_a_kill() {
    let (directory, inner) = two_directories();
    let inner = inner.to_str().unwrap();
    let args = ["--appendonly", "no", "--enable-protected-configs", "yes"];
    let server = Process::start(&directory, &args);
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        (&format!("CONFIG SET dir {inner} appendonly yes"), "+OK\r\n"),
        ("SET l w", "+OK\r\n"),
    ]);
    server.kill();
    assert!(!directory.aof().exists());
    let server = TestServer::start_in(Arc::clone(&directory), |config| config.dir = inner.into());
    server
        .connect()
        .expect_exchanges(&[("MGET k l", "*2\r\n$1\r\nv\r\n$1\r\nw\r\n")]);
}

/// Whichever is applied first, the file is in the new directory.
#[test]
fn the_directory_and_the_log_change_at_once() {
    const SWITCHES: usize = 30;
    let (directory, inner) = two_directories();
    let server = start(&directory, false);
    let has_ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut mover = server.connect();
        let outer = directory.canonicalize().unwrap();
        let has_ended = &has_ended;
        scope.spawn(move || {
            for path in [inner, outer].iter().cycle() {
                let reply = mover.ask(&["CONFIG", "SET", "dir", path.to_str().unwrap()]);
                let stays = failed("dir", STAYS);
                assert!(
                    reply
                        .error()
                        .is_none_or(|text| stays == format!("-{text}\r\n"))
                );
                if has_ended.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let mut client = server.connect();
        for number in 0..SWITCHES {
            let reply = client.ask_line("CONFIG SET appendonly yes");
            if reply.error().is_none() {
                let value = format!("value:{number}");
                assert_eq!(client.ask(&["SET", "k", &value]).text(), "OK");
                let path = PathBuf::from(&client.ask_line("CONFIG GET dir").texts()[1]);
                let kept = fs::read_to_string(path.join("appendonly.aof")).unwrap();
                assert!(kept.contains(&value), "{path:?} lacks {value}");
            }
            client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
        }
        has_ended.store(true, Ordering::Relaxed);
    });
}

#[test]
fn files_of_the_start_are_removed_from_the_first_directory() {
    let (directory, inner) = two_directories();
    let args = [
        "--appendonly",
        "no",
        "--enable-protected-configs",
        "yes",
        "--pidfile",
        "server.pid",
    ];
    let mut server = Process::start(&directory, &args);
    let mut client = server.connect();
    client.expect_exchanges(&[("CONFIG SET dir inner", "+OK\r\n")]);
    fs::write(inner.join("server.pid"), "another's").unwrap();
    assert!(directory.join("server.pid").exists());
    server.signal("TERM");
    assert_eq!(server.exit(), Some(0));
    assert!(!directory.join("server.pid").exists());
    assert!(inner.join("server.pid").exists());
}
