use crate::commands::SYNTAX;
use crate::support::{Client, TestServer, encode, wait_for};

const NO_REPLICAS: &str = "there are no replicas, and writes are accepted without them";

/// Asserts that the settings have these values.
#[track_caller]
fn expect_settings(client: &mut Client, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let found = client.ask(&["CONFIG", "GET", name]).texts();
        assert_eq!(found, [*name, *value]);
    }
}

fn failed(name: &str, reason: &str) -> String {
    format!("-ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}\r\n")
}

#[test]
fn config_get_finds_names_by_patterns() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (patterns, expected) in [
        (&["maxclients"][..], &["maxclients"][..]),
        // A name that is no pattern is returned in the letters of the request.
        (&["MaxClients"], &["MaxClients"]),
        (&["MaxC*"], &["maxclients"]),
        (&["appendf*"], &["appendfilename", "appendfsync"]),
        (&["d?r"], &["dir"]),
        (&["[dD]ir"], &["dir"]),
        (&["dir", "timeout"], &["dir", "timeout"]),
        (&["dir", "d*r"], &["dir"]),
        // Returned once, in the letters of the first mention.
        (&["MaxClients", "maxclients", "maxc*"], &["MaxClients"]),
        (&["maxc*", "MaxClients"], &["maxclients"]),
        (&["nothing"], &[]),
        (&[""], &[]),
    ] {
        let found = client.ask(&[&["CONFIG", "GET"], patterns].concat()).texts();
        let mut names: Vec<&str> = found.chunks(2).map(|pair| &*pair[0]).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{patterns:?}");
    }
    assert!(client.ask_line("CONFIG GET *").texts().len() > 200);
}

#[test]
fn config_get_returns_the_current_values() {
    let server = TestServer::start_with(|config| {
        config.databases = 7;
        config.requirepass = "secret".to_owned();
    });
    let mut client = server.connect();
    client.expect_exchanges(&[("AUTH secret", "+OK\r\n")]);
    let directory = server.directory.to_str().unwrap().to_owned();
    expect_settings(
        &mut client,
        &[
            ("databases", "7"),
            ("requirepass", "secret"),
            ("appendonly", "yes"),
            ("appendfilename", "appendonly.aof"),
            ("appendfsync", "everysec"),
            ("bind", "127.0.0.1"),
            ("dir", &directory),
            ("timeout", "0"),
            ("maxmemory", "0"),
            ("save", ""),
            ("tcp-keepalive", "300"),
        ],
    );
}

#[test]
fn config_get_returns_what_config_set_has_set() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CONFIG SET timeout 77", "+OK\r\n"),
        ("config set MaxClients 50 protected-mode NO", "+OK\r\n"),
        ("CONFIG SET loglevel NOTHING", "+OK\r\n"),
        ("CONFIG SET repl-backlog-size 100mb", "+OK\r\n"),
        ("CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n"),
        ("CONFIG SET notify-keyspace-events Etg$nK", "+OK\r\n"),
    ]);
    expect_settings(
        &mut client,
        &[
            ("timeout", "77"),
            ("maxclients", "50"),
            ("protected-mode", "no"),
            ("loglevel", "nothing"),
            ("repl-backlog-size", "104857600"),
            ("notify-keyspace-events", "g$tnKE"),
            ("maxmemory-policy", "allkeys-lru"),
        ],
    );
}

#[test]
fn config_set_names_the_setting_that_it_cannot_set() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (name, value, reason) in [
        ("databases", "4", "can't set immutable config"),
        ("logfile", "x", "can't set immutable config"),
        (
            "timeout",
            "x",
            "argument couldn't be parsed into an integer",
        ),
        (
            "timeout",
            "-1",
            "argument must be between 0 and 2147483647 inclusive",
        ),
        (
            "maxclients",
            "0",
            "argument must be between 1 and 4294967295 inclusive",
        ),
        ("protected-mode", "maybe", "argument must be 'yes' or 'no'"),
        (
            "loglevel",
            "loud",
            "argument(s) must be one of the following: debug, verbose, notice, warning",
        ),
        ("maxmemory", "12x", "argument must be a memory value"),
        (
            "maxmemory-clients",
            "5.5%",
            "argument must be a memory or percent value",
        ),
        (
            "maxmemory-clients",
            "101%",
            "percentage argument must be less or equal to 100",
        ),
        // The values of directives without effect are checked too.
        ("hz", "fast", "argument couldn't be parsed into an integer"),
        (
            "tls-port",
            "65536",
            "argument must be between 0 and 65535 inclusive",
        ),
        ("activedefrag", "1", "argument must be 'yes' or 'no'"),
        (
            "repl-diskless-load",
            "always",
            "argument(s) must be one of the following: disabled, on-empty-db, swapdb",
        ),
        ("daemonize", "no", "can't set immutable config"),
    ] {
        let line = format!("CONFIG SET {name} {value}");
        client.expect_exchanges(&[(&line, &failed(name, reason))]);
    }
    client.expect_exchanges(&[(
        "CONFIG SET nothing 1",
        "-ERR Unknown option or number of arguments for CONFIG SET - 'nothing'\r\n",
    )]);
}

/// A value that asks for a missing feature is an error; a value that describes this server is none.
#[test]
fn config_set_refuses_unsupported_values() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (name, same, other, reason) in [
        (
            "maxmemory",
            "0",
            "100mb",
            "memory is not bounded and no key is evicted",
        ),
        (
            "save",
            "",
            "3600 1",
            "there are no snapshots; data is kept in the append-only file",
        ),
        ("min-replicas-to-write", "0", "1", NO_REPLICAS),
        ("min-slaves-to-write", "0", "1", NO_REPLICAS),
        ("tls-port", "0", "6380", "connections are never encrypted"),
    ] {
        let asked = ["CONFIG", "SET", "timeout", "5", name, other];
        client.send(encode(&asked));
        client.expect(failed(name, &format!("not supported: {reason}")));
        let asked = ["CONFIG", "SET", name, same];
        assert_eq!(client.ask(&asked).text(), "OK", "{name}");
        expect_settings(&mut client, &[(name, same), ("timeout", "0")]);
    }
}

#[test]
fn sizes_have_the_bounds_of_redis() {
    const MOST: &str = "9223372036854775807";
    const BEYOND: &str = "9223372036854775808";
    let server = TestServer::start();
    let mut client = server.connect();
    for (name, least, below, has_most) in [
        ("cluster-link-sendbuf-limit", "0", "-1", false),
        ("client-query-buffer-limit", "1mb", "1000kb", true),
        ("auto-aof-rewrite-min-size", "0", "-1", true),
        ("repl-backlog-size", "1", "0", true),
    ] {
        let mut is_taken = |value: &str| {
            let reply = client.ask(&["CONFIG", "SET", name, value]);
            reply.error().is_none()
        };
        assert!(is_taken(least), "{name} {least}");
        assert!(!is_taken(below), "{name} {below}");
        assert!(!is_taken("+1048576"), "{name}");
        assert!(is_taken(MOST), "{name}");
        assert_eq!(is_taken(BEYOND), !has_most, "{name}");
        let kept = if has_most { MOST } else { BEYOND };
        expect_settings(&mut client, &[(name, kept)]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn maxclients_is_bounded_by_the_descriptors_that_the_system_allows() {
    const REASON: &str = "The operating system is not able to handle the specified number of \
                          clients, try with ";
    let server = TestServer::start();
    let mut client = server.connect();
    let before = client.ask_line("CONFIG GET maxclients").texts();
    let most = u32::MAX.to_string();
    let reply = client.ask(&["CONFIG", "SET", "timeout", "5", "maxclients", &most]);
    let text = reply.error().expect("an error").to_owned();
    let fitting: u32 = text.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(
        format!("-{text}\r\n"),
        failed("maxclients", &format!("{REASON}{fitting}"))
    );
    expect_settings(&mut client, &[("timeout", "0"), ("maxclients", &before[1])]);
    client.expect_exchanges(&[
        (&format!("CONFIG SET maxclients {fitting}"), "+OK\r\n"),
        (
            &format!("CONFIG SET maxclients {}", fitting + 1),
            &failed("maxclients", &format!("{REASON}{fitting}")),
        ),
    ]);
}

#[test]
fn config_set_sets_all_pairs_or_none() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (line, reply) in [
        (
            "CONFIG SET timeout 5 maxclients x",
            failed("maxclients", "argument couldn't be parsed into an integer"),
        ),
        (
            "CONFIG SET timeout 5 databases 1",
            failed("databases", "can't set immutable config"),
        ),
        (
            "CONFIG SET timeout 5 nothing 1",
            "-ERR Unknown option or number of arguments for CONFIG SET - 'nothing'\r\n".to_owned(),
        ),
        ("CONFIG SET timeout 5 hz", SYNTAX.to_owned()),
        (
            "CONFIG SET timeout 5 hz 7 timeout 6",
            failed("timeout", "duplicate parameter"),
        ),
    ] {
        client.expect_exchanges(&[(line, &reply)]);
        expect_settings(&mut client, &[("timeout", "0"), ("hz", "10")]);
    }
}

#[test]
fn an_idle_client_is_disconnected_after_timeout() {
    let server = TestServer::start();
    let mut silent = server.connect();
    let mut client = server.connect();
    silent.expect_exchanges(&[("PING", "+PONG\r\n")]);
    client.expect_exchanges(&[("CONFIG SET timeout 1", "+OK\r\n")]);
    // A client that sends requests stays.
    wait_for("the silent client to be gone", || {
        (client.info_number("connected_clients") == 1).then_some(())
    });
    silent.expect_end();
    client.expect_exchanges(&[("CONFIG SET timeout 0", "+OK\r\n")]);
}

#[test]
fn the_limits_of_output_are_set_class_by_class() {
    const FAILED: &str = "-ERR CONFIG SET failed (possibly related to argument \
                          'client-output-buffer-limit') - ";
    const WORDS: &str = "Wrong number of arguments in buffer limit configuration.";
    const CLASS: &str = "Invalid client class specified in buffer limit configuration.";
    const NUMBER: &str =
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    let server = TestServer::start();
    let mut client = server.connect();
    for (value, expected) in [
        (
            "",
            Ok("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"),
        ),
        (
            "normal 1mb 1kb 5",
            Ok("normal 1048576 1024 5 slave 268435456 67108864 60 pubsub \
                                 33554432 8388608 60"),
        ),
        (
            "NORMAL 1 2 3 replica 4 5 6",
            Ok("normal 1 2 3 slave 4 5 6 pubsub 33554432 8388608 60"),
        ),
        (
            "pubsub 0 0 0 pubsub 7 8 9",
            Ok("normal 1 2 3 slave 4 5 6 pubsub 7 8 9"),
        ),
        ("normal 1 2", Err(WORDS)),
        ("normal  1 2 3", Err(WORDS)),
        ("normal 9 9 9 master 1 2 3", Err(CLASS)),
        ("normal 1 2 -3", Err(NUMBER)),
        ("normal 1% 2 3", Err(NUMBER)),
        ("normal 1 2 3x", Err(NUMBER)),
        ("normal 9 9 9 slave 1 1 x", Err(NUMBER)),
        ("normal 1 2 +3", Ok("normal 1 2 3 slave 4 5 6 pubsub 7 8 9")),
    ] {
        let reply = client.ask(&["CONFIG", "SET", "client-output-buffer-limit", value]);
        match expected {
            Err(reason) => assert_eq!(reply.error(), Some(&format!("{FAILED}{reason}")[1..])),
            Ok(expected) => {
                assert_eq!(reply.text(), "OK", "{value}");
                let found = client.ask(&["CONFIG", "GET", "client-output-buffer-limit"]);
                assert_eq!(found.texts()[1], expected, "{value}");
            }
        }
    }
}

#[test]
fn values_that_are_not_text_get_the_error_of_their_setting() {
    let server = TestServer::start();
    let mut client = server.connect();
    let port = failed("port", "argument couldn't be parsed into an integer");
    let appendonly = failed("appendonly", "argument must be 'yes' or 'no'");
    let requirepass = failed("requirepass", "argument must be UTF-8");
    let name = b"-ERR Unknown option or number of arguments for CONFIG SET - '\xff'\r\n";
    let none = b"-ERR Unknown option or number of arguments for CONFIG SET - 'none'\r\n";
    for (pairs, expected) in [
        (&[b"PORT", b"\xff\0" as &[u8]][..], port.as_bytes()),
        (&[b"appendonly", b"\xff"], appendonly.as_bytes()),
        (&[b"requirepass", b"\xff"], requirepass.as_bytes()),
        // The first wrong pair counts.
        (&[b"none", b"1", b"\xff", b"2"], none),
        (&[b"\xff", b"1", b"none", b"2"], name),
        (&[b"timeout", b"\xff", b"none", b"2"], none),
    ] {
        let request = [&[b"CONFIG" as &[u8], b"SET"], pairs].concat();
        client.send(encode(&request));
        client.expect(expected);
    }
}
