//! Data that a command, RESTORE or an import accepts is the same after a restart, after a rewrite
//! and after an import of the file.

use std::path::Path;
use std::sync::Arc;

use threadbare::config::Protected;
use threadbare::rdb::crc64;

use crate::support::{Client, Reply, TempDir, TestServer, program, run, wait_for};

/// The latest expiry times of a key and of a field.
const LAST_KEY_MS: u64 = i64::MAX as u64;
const LAST_FIELD_MS: u64 = (1 << 46) - 1;

/// Extreme values: lengths around the limits of an encoding, numbers at their limits, and bytes
/// with a meaning in the file.
fn values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = [
        "",
        "\0",
        "\r\n",
        "*1\r\n$4\r\nEXEC\r\n",
        "-0",
        "0",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "inf",
        "nan",
        "1.7e308",
        "4.94e-324",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    for length in [1, 22, 23, 24, 63, 64, 65, 16_383, 16_384, 16_385, 70_000] {
        values.push(vec![b'x'; length]);
        values.push((0..length).map(|number| (number * 7 % 256) as u8).collect());
    }
    values
}

fn start_in(directory: Arc<TempDir>) -> TestServer {
    TestServer::start_in(directory, |config| {
        config.enable_debug_command = Protected::Yes;
    })
}

/// Sends a request whose reply must not be an error.
fn ask(client: &mut Client, args: &[&[u8]]) -> Reply {
    let reply = client.ask(args);
    assert_eq!(reply.error(), None, "{}", args[0].escape_ascii());
    reply
}

/// Sends the words of `lines`, whose replies must not be errors.
fn ask_lines(client: &mut Client, lines: &[String]) {
    for line in lines {
        let reply = client.ask_line(line);
        assert_eq!(reply.error(), None, "{line}");
    }
}

/// Asserts that the data is the same after a restart, a rewrite, and an import of the file.
fn expect_kept(server: TestServer) {
    let digest = |server: &TestServer| server.connect().ask_line("DEBUG DIGEST").text();
    let expected = digest(&server);
    let server = server.restart();
    assert_eq!(digest(&server), expected, "after a restart");
    let mut client = server.connect();
    let rewrites = client.info("aof_rewrites");
    client.ask_line("BGREWRITEAOF");
    wait_for("the rewrite", || {
        (client.info("aof_rewrites") != rewrites).then_some(())
    });
    let server = server.restart();
    assert_eq!(digest(&server), expected, "after a rewrite and a restart");
    let source = Arc::clone(&server.directory);
    server.stop();
    let server = start_in(import(&source.aof()));
    assert_eq!(digest(&server), expected, "after an import");
}

/// Imports a file into a new directory.
fn import(source: &Path) -> Arc<TempDir> {
    let directory = TempDir::new();
    let outcome = run(program()
        .arg("--import-aof")
        .arg(source)
        .args(["--loglevel", "warning", "--dir"])
        .arg(directory.as_os_str()));
    assert_eq!((outcome.code, &*outcome.err), (Some(0), ""), "{outcome:?}");
    Arc::new(directory)
}

#[test]
fn values_and_names_that_commands_accept_are_kept() {
    let server = start_in(Arc::new(TempDir::new()));
    let mut client = server.connect();
    for value in &values() {
        ask(&mut client, &[b"SET", value, value]);
        ask(&mut client, &[b"APPEND", b"appended", value]);
        ask(&mut client, &[b"HSET", b"hash", value, value]);
        let [in_one, restored] = [b"hash of ", b"restored"].map(|it| [it, &value[..]].concat());
        ask(&mut client, &[b"HSET", &in_one, value, value]);
        for key in [value, &in_one] {
            let Reply::Bulk(payload) = ask(&mut client, &[b"DUMP", key]) else {
                panic!("no payload");
            };
            ask(
                &mut client,
                &[b"RESTORE", &restored, b"0", &payload, b"REPLACE"],
            );
        }
    }
    ask_lines(
        &mut client,
        &[
            "SETRANGE stretched 70000 x".to_owned(),
            "SETBIT bits 560000 1".to_owned(),
            format!("SET most {}", i64::MAX - 1),
            "INCR most".to_owned(),
            format!("HSET counts least {}", i64::MIN + 1),
            "HINCRBY counts least -1".to_owned(),
            "SET float 1e308".to_owned(),
            "INCRBYFLOAT float 7e307".to_owned(),
            "SET zero -1".to_owned(),
            "INCRBYFLOAT zero 1".to_owned(),
            format!("INCREX lasting PXAT {LAST_KEY_MS}"),
            "INCREX greatest BYFLOAT 0xffffffffffffffffp16320".to_owned(),
            format!("INCREX least BYINT {} SATURATE", i64::MIN),
            "HINCRBYFLOAT counts small 4e-17".to_owned(),
            "BITFIELD field SET u63 #3 9223372036854775807 INCRBY i64 #9 1".to_owned(),
        ],
    );
    expect_kept(server);
}

#[test]
fn times_that_commands_accept_are_kept() {
    let server = start_in(Arc::new(TempDir::new()));
    let mut client = server.connect();
    let mut lines = Vec::new();
    let last_seconds = LAST_KEY_MS / 1000;
    for (number, time) in [
        format!("PEXPIREAT k {LAST_KEY_MS}"),
        format!("EXPIREAT k {last_seconds}"),
        "PEXPIRE k 9223370000000000000".to_owned(),
        "EXPIRE k 9223370000000000".to_owned(),
        format!("SET k v PXAT {LAST_KEY_MS}"),
        format!("SET k v EXAT {last_seconds}"),
        format!("GETEX k PXAT {LAST_KEY_MS}"),
        format!("GETEX k EXAT {last_seconds}"),
        "SETEX k 9223370000000000 v".to_owned(),
        "PSETEX k 9223370000000000000 v".to_owned(),
        format!("MSETEX 1 k v PXAT {LAST_KEY_MS}"),
        "MSETEX 1 k v EX 9223370000000000".to_owned(),
        format!("SET k v IFEQ v EXAT {last_seconds}"),
    ]
    .iter()
    .enumerate()
    {
        lines.push(format!("SET k{number} v"));
        lines.push(time.replace(" k ", &format!(" k{number} ")));
    }
    let last_seconds = LAST_FIELD_MS / 1000;
    for (number, time) in [
        format!("HPEXPIREAT h {LAST_FIELD_MS} FIELDS 2 a b"),
        format!("HEXPIREAT h {last_seconds} FIELDS 1 a"),
        "HPEXPIRE h 60000000000000 FIELDS 1 a".to_owned(),
        format!("HSETEX h PXAT {LAST_FIELD_MS} FIELDS 2 a 5 c 6"),
        format!("HGETEX h PXAT {LAST_FIELD_MS} FIELDS 1 b"),
        format!("HGETEX h EXAT {last_seconds} FIELDS 2 a b"),
    ]
    .iter()
    .enumerate()
    {
        lines.push(format!("HSET h{number} a 1 b 2"));
        lines.push(time.replace(" h ", &format!(" h{number} ")));
        lines.push(format!("PEXPIREAT h{number} {LAST_KEY_MS}"));
        // The times stay.
        lines.push(format!("HINCRBYFLOAT h{number} a 1.5"));
    }
    ask_lines(&mut client, &lines);
    for key in ["k0", "h0"] {
        let Reply::Bulk(payload) = ask(&mut client, &[b"DUMP", key.as_bytes()]) else {
            panic!("no payload");
        };
        let restored = |name: &str| format!("{key} restored {name}").into_bytes();
        let last = LAST_KEY_MS.to_string();
        let absolute: [&[u8]; 5] = [
            b"RESTORE",
            &restored("then"),
            last.as_bytes(),
            &payload,
            b"ABSTTL",
        ];
        ask(&mut client, &absolute);
        let relative: [&[u8]; 4] = [
            b"RESTORE",
            &restored("late"),
            b"9223370000000000000",
            &payload,
        ];
        ask(&mut client, &relative);
    }
    expect_kept(server);
}

/// A hash whose field `f` expires at `at_ms`, as Redis 7.4 serialises it, without the version and
/// checksum of DUMP.
fn expiring_hash(at_ms: u64) -> Vec<u8> {
    [
        b"\x18".as_slice(),
        &at_ms.to_le_bytes(),
        b"\x01\x01\x01f\x01v",
    ]
    .concat()
}

fn with_version_and_checksum(mut payload: Vec<u8>) -> Vec<u8> {
    payload.extend_from_slice(&12_u16.to_le_bytes());
    let crc = crc64(0, &payload);
    payload.extend_from_slice(&crc.to_le_bytes());
    payload
}

#[test]
fn a_field_is_restored_with_the_times_that_commands_accept_and_no_other() {
    let server = start_in(Arc::new(TempDir::new()));
    let mut client = server.connect();
    let mut restore = |at_ms: u64| {
        let payload = with_version_and_checksum(expiring_hash(at_ms));
        client.ask(&[b"RESTORE", at_ms.to_string().as_bytes(), b"0", &payload])
    };
    for at_ms in [LAST_FIELD_MS - 1, LAST_FIELD_MS] {
        assert_eq!(restore(at_ms), Reply::Simple("OK".to_owned()));
    }
    for at_ms in [LAST_FIELD_MS + 1, (1 << 47) - 1, (1 << 48) - 1, u64::MAX] {
        let refusal = Reply::Error("ERR Bad data format".to_owned());
        assert_eq!(restore(at_ms), refusal, "{at_ms}");
    }
    client.expect_exchanges(&[
        ("DBSIZE", ":2\r\n"),
        (
            &format!(
                "HPEXPIREAT {LAST_FIELD_MS} {} FIELDS 1 f",
                LAST_FIELD_MS + 1
            ),
            "-ERR invalid expire time in 'hpexpireat' command\r\n",
        ),
    ]);
    expect_kept(server);
}

#[test]
fn data_of_an_rdb_file_is_kept() {
    let mut file = b"REDIS0012\xfe\x00".to_vec();
    let mut add = |at_ms: Option<i64>, kind: u8, key: &str, value: &[u8]| {
        if let Some(at_ms) = at_ms {
            file.push(0xfc);
            file.extend_from_slice(&at_ms.to_le_bytes());
        }
        file.push(kind);
        file.push(key.len() as u8);
        file.extend_from_slice(key.as_bytes());
        file.extend_from_slice(value);
    };
    add(None, 0, "", b"\x00");
    add(Some(i64::MAX), 0, "last", b"\x01\x00");
    add(Some(i64::MAX), 4, "hash", b"\x01\x00\x00");
    add(
        Some(i64::MAX),
        24,
        "fields",
        &expiring_hash(LAST_FIELD_MS)[1..],
    );
    file.push(0xff);
    let crc = crc64(0, &file);
    file.extend_from_slice(&crc.to_le_bytes());
    let directory = TempDir::new();
    let server = start_in(import(&directory.write("dump.rdb", file)));
    server.connect().expect_exchanges(&[
        ("DBSIZE", ":4\r\n"),
        ("PEXPIRETIME last", &format!(":{LAST_KEY_MS}\r\n")),
        ("HGET hash ''", "$0\r\n\r\n"),
        (
            "HPEXPIRETIME fields FIELDS 1 f",
            &format!("*1\r\n:{LAST_FIELD_MS}\r\n"),
        ),
    ]);
    expect_kept(server);
}
