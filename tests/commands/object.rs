use crate::support::{Reply, TestServer};

fn assert_encoding(server: &TestServer, key: &str, expected: &str) {
    let encoding = server.connect().ask(&["OBJECT", "ENCODING", key]).text();
    assert_eq!(encoding, expected, "{key}");
}

#[test]
fn strings_are_integers_short_or_long() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (value, encoding) in [
        ("0", "int"),
        ("-9223372036854775808", "int"),
        ("9223372036854775807", "int"),
        ("9223372036854775808", "embstr"),
        ("007", "embstr"),
        ("", "embstr"),
        (&"a".repeat(44), "embstr"),
        (&"a".repeat(45), "raw"),
        (&"1".repeat(1000), "raw"),
    ] {
        client.ask(&["SET", value, value]);
        assert_encoding(&server, value, encoding);
    }
}

#[test]
fn hashes_are_small_or_not_by_the_settings() {
    let server = TestServer::start();
    let mut client = server.connect();
    let long = "a".repeat(64);
    client.ask(&["HSET", "h", "f", &long]);
    assert_encoding(&server, "h", "listpack");
    client.ask(&["HSET", "h", "f", &(long.clone() + "a")]);
    assert_encoding(&server, "h", "hashtable");
    client.ask(&["HSET", "h", "f", "1"]);
    client.ask(&["HSET", "h", &(long + "a"), "v"]);
    assert_encoding(&server, "h", "hashtable");
    client.expect_exchanges(&[("CONFIG SET hash-max-listpack-value 65", "+OK\r\n")]);
    assert_encoding(&server, "h", "listpack");
    for number in 0..510 {
        client.ask(&["HSET", "h", &number.to_string(), "v"]);
    }
    assert_encoding(&server, "h", "listpack");
    client.ask(&["HSET", "h", "one more", "v"]);
    assert_encoding(&server, "h", "hashtable");
    client.expect_exchanges(&[("CONFIG SET hash-max-ziplist-entries 1000", "+OK\r\n")]);
    assert_encoding(&server, "h", "listpack");
}

#[test]
fn small_integers_are_shared_by_all() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (value, count) in [("0", i32::MAX), ("9999", i32::MAX), ("10000", 1), ("-1", 1)] {
        client.ask(&["SET", "k", value]);
        let found = client.ask_line("OBJECT REFCOUNT k");
        assert_eq!(found, Reply::Integer(count.into()), "{value}");
    }
}

#[test]
fn idle_times_and_frequencies_are_told_under_their_policies() {
    let server = TestServer::start();
    let no_lfu = "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. \
                  Please note that when switching between policies at runtime LRU and LFU data \
                  will take some time to adjust.\r\n";
    let lfu = "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that \
               when switching between policies at runtime LRU and LFU data will take some time \
               to adjust.\r\n";
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("OBJECT IDLETIME k", ":0\r\n"),
        ("OBJECT FREQ k", no_lfu),
        ("CONFIG SET maxmemory-policy allkeys-lfu", "+OK\r\n"),
        ("OBJECT IDLETIME k", lfu),
        ("OBJECT FREQ k", ":0\r\n"),
    ]);
}

#[test]
fn a_key_that_is_not_there_has_nothing() {
    let server = TestServer::start();
    let mut client = server.connect();
    for subcommand in ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"] {
        client.expect_exchanges(&[(&format!("OBJECT {subcommand} k"), "$-1\r\n")]);
    }
    client.expect_exchanges(&[
        (
            "OBJECT ENCODING",
            "-ERR wrong number of arguments for 'object|encoding' command\r\n",
        ),
        (
            "OBJECT foo k",
            "-ERR unknown subcommand 'foo'. Try OBJECT HELP.\r\n",
        ),
    ]);
    let help = client.ask_line("object help").texts();
    assert_eq!(help.len(), 15);
    assert_eq!(help[1], "ENCODING <key>");
}
