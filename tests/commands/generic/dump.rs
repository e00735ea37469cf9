use crate::commands::SYNTAX;
use crate::support::{Client, Reply, TestServer, encode};

const FIVE: &str = r"\x00\xc0\x05\x0a\x00";
const OK: &str = "+OK\r\n";

/// Returns the reply of DUMP.
fn dump(client: &mut Client, key: &str) -> Vec<u8> {
    match client.ask(&["DUMP", key]) {
        Reply::Bulk(payload) => payload,
        other => panic!("a payload was expected, not {other:?}"),
    }
}

fn restore(client: &mut Client, key: &str, ttl: &str, payload: &[u8], options: &[&str]) -> Reply {
    let mut words: Vec<&[u8]> = vec![b"RESTORE", key.as_bytes(), ttl.as_bytes(), payload];
    words.extend(options.iter().map(|option| option.as_bytes()));
    client.ask(&words)
}

fn ok() -> Reply {
    Reply::Simple("OK".to_owned())
}

fn error(text: &str) -> Reply {
    Reply::Error(text.to_owned())
}

#[test]
fn a_string_is_dumped_as_redis_dumps_it() {
    let server = TestServer::start();
    server
        .connect()
        .expect_exchanges(&[("DUMP k", "$-1\r\n"), ("SET k hello", OK)]);
    assert_eq!(
        dump(&mut server.connect(), "k"),
        b"\x00\x05hello\x0a\x00cr\xdfve4 \x0a"
    );
}

#[test]
fn a_dump_is_restored_with_or_without_a_time() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET s hello", OK), ("HSET h f v g w", ":2\r\n")]);
    let (string, hash) = (dump(&mut client, "s"), dump(&mut client, "h"));
    assert_eq!(restore(&mut client, "s2", "0", &string, &[]), ok());
    assert_eq!(
        restore(&mut client, "h2", "0", &hash, &["idletime", "9"]),
        ok()
    );
    let at = "4102444800000";
    assert_eq!(restore(&mut client, "s3", at, &string, &["ABSTTL"]), ok());
    assert_eq!(restore(&mut client, "h3", "99999999", &hash, &[]), ok());
    let later = client.ask_line("PEXPIRETIME h3").integer().to_string();
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("GET s2", "$5\r\nhello\r\n"),
        ("TTL s2", ":-1\r\n"),
        ("HGET h2 g", "$1\r\nw\r\n"),
        ("PEXPIRETIME s3", ":4102444800000\r\n"),
        ("HGET h3 f", "$1\r\nv\r\n"),
        ("PEXPIRETIME h3", &format!(":{later}\r\n")),
    ]);
}

#[test]
fn big_values_are_restored_as_well() {
    let server = TestServer::start();
    let mut client = server.connect();
    let value: String = (0..200_000).map(|number| number.to_string()).collect();
    client.ask(&["SET", "s", &value]);
    let mut request = vec!["HSET".to_owned(), "h".to_owned()];
    request.extend((0..20_000).map(|number| number.to_string()));
    client.send(encode(&request));
    client.expect(":10000\r\n");
    let (string, hash) = (dump(&mut client, "s"), dump(&mut client, "h"));
    assert_eq!(restore(&mut client, "s2", "99999999", &string, &[]), ok());
    assert_eq!(restore(&mut client, "h2", "99999999", &hash, &[]), ok());
    let server = server.restart();
    let mut client = server.connect();
    assert_eq!(client.ask(&["GET", "s2"]).text(), value);
    assert_eq!(client.ask(&["HGETALL", "h2"]).array().len(), 20_000);
    assert_eq!(client.ask(&["HGET", "h2", "19998"]).text(), "19999");
}

#[test]
fn a_time_is_recorded_as_a_moment() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k 5", OK)]);
    let payload = dump(&mut client, "k");
    restore(
        &mut client,
        "k",
        "99999",
        &payload,
        &["REPLACE", "FREQ", "3"],
    );
    let at = client.ask_line("PEXPIRETIME k").integer().to_string();
    let record: [&[u8]; 6] = [
        b"RESTORE",
        b"k",
        at.as_bytes(),
        &payload,
        b"REPLACE",
        b"ABSTTL",
    ];
    assert!(server.directory.aof_bytes().ends_with(&encode(&record)));
}

#[test]
fn an_existing_key_is_replaced_only_with_replace() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k 5", OK), ("HSET h f v", ":1\r\n")]);
    let payload = dump(&mut client, "k");
    let busy = error("BUSYKEY Target key name already exists.");
    assert_eq!(restore(&mut client, "h", "0", &payload, &[]), busy);
    // The key is checked before the time and the payload.
    assert_eq!(restore(&mut client, "h", "x", b"", &[]), busy);
    assert_eq!(restore(&mut client, "h", "0", &payload, &["replace"]), ok());
    client.expect_exchanges(&[("GET h", "$1\r\n5\r\n")]);
}

#[test]
fn a_moment_that_is_past_leaves_no_key() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k 5", OK)]);
    let payload = dump(&mut client, "k");
    let length = server.directory.aof_bytes().len();
    assert_eq!(
        restore(&mut client, "new", "1", &payload, &["ABSTTL"]),
        ok()
    );
    client.expect_exchanges(&[("EXISTS new", ":0\r\n")]);
    assert_eq!(server.directory.aof_bytes().len(), length);
    let options = ["ABSTTL", "REPLACE"];
    assert_eq!(restore(&mut client, "k", "1", &payload, &options), ok());
    client.expect_exchanges(&[("EXISTS k", ":0\r\n")]);
    let log = server.directory.aof_bytes();
    assert!(log.ends_with(&encode(&["DEL", "k"])));
}

/// Redis 7.0 answers OK and deletes the key; later versions refuse this.
#[test]
fn a_time_that_overflows_is_refused_before_the_key_is_touched() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k 5", OK)]);
    let payload = dump(&mut client, "k");
    let last = i64::MAX.to_string();
    let refusal = error("ERR invalid expire time in 'restore' command");
    assert_eq!(
        restore(&mut client, "k", &last, &payload, &["REPLACE"]),
        refusal
    );
    client.expect_exchanges(&[("TTL k", ":-1\r\n")]);
    let options = ["REPLACE", "ABSTTL"];
    assert_eq!(restore(&mut client, "k", &last, &payload, &options), ok());
    client.expect_exchanges(&[("PEXPIRETIME k", &format!(":{last}\r\n"))]);
}

#[test]
fn options_are_checked_first_then_the_time_then_the_payload() {
    let server = TestServer::start();
    let not_an_integer = "-ERR value is not an integer or out of range\r\n";
    let idletime = "-ERR Invalid IDLETIME value, must be >= 0\r\n";
    let freq = "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n";
    server.connect().expect_exchanges(&[
        ("RESTORE k x x foo", SYNTAX),
        ("RESTORE k x x IDLETIME", SYNTAX),
        ("RESTORE k x x IDLETIME x", not_an_integer),
        ("RESTORE k x x IDLETIME -1", idletime),
        ("RESTORE k x x FREQ -1", freq),
        ("RESTORE k x x FREQ 256", freq),
        ("RESTORE k x x FREQ 1 IDLETIME 1", SYNTAX),
        ("RESTORE k x x IDLETIME 1 FREQ 1", SYNTAX),
        ("RESTORE k x x FREQ 255 REPLACE ABSTTL", not_an_integer),
        ("RESTORE k -1 x", "-ERR Invalid TTL value, must be >= 0\r\n"),
        (
            "RESTORE k 0 x",
            "-ERR DUMP payload version or checksum are wrong\r\n",
        ),
        (
            &format!(r#"RESTORE k 0 "{FIVE}aaaaaaaa""#),
            "-ERR DUMP payload version or checksum are wrong\r\n",
        ),
        ("EXISTS k", ":0\r\n"),
    ]);
}

#[test]
fn dump_and_restore_work_in_a_transaction() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k 5", OK)]);
    let payload = dump(&mut client, "k");
    client.expect_exchanges(&[("MULTI", OK), ("DEL k", "+QUEUED\r\n")]);
    restore(&mut client, "k2", "0", &payload, &[]);
    client.expect_exchanges(&[("DUMP k2", "+QUEUED\r\n")]);
    assert_eq!(
        client.ask_line("EXEC"),
        Reply::Array(vec![Reply::Integer(1), ok(), Reply::Bulk(payload)])
    );
    server
        .restart()
        .connect()
        .expect_exchanges(&[("EXISTS k", ":0\r\n"), ("GET k2", "$1\r\n5\r\n")]);
}
