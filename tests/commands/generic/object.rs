use crate::support::{Reply, TestServer, rewrite};

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
    client.ask(&["HSET", "i", "f", &"a".repeat(65)]);
    assert_encoding(&server, "i", "listpack");
    for number in 0..511 {
        client.ask(&["HSET", "i", &number.to_string(), "v"]);
    }
    assert_encoding(&server, "i", "listpack");
    client.ask(&["HSET", "i", "one more", "v"]);
    assert_encoding(&server, "i", "hashtable");
    client.expect_exchanges(&[
        ("CONFIG SET hash-max-listpack-entries 0", "+OK\r\n"),
        ("HSET j f v", ":1\r\n"),
        ("HGET j f", "$1\r\nv\r\n"),
    ]);
    assert_encoding(&server, "j", "hashtable");
}

#[test]
fn a_hash_that_was_big_stays_a_table_until_it_is_written_anew() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask(&["HSET", "long", "f", &"a".repeat(65)]);
    client.ask_line("HSET few 1 v 2 v 3 v");
    client.expect_exchanges(&[
        ("HSET long f v", ":0\r\n"),
        ("COPY long copy", ":1\r\n"),
        ("CONFIG SET hash-max-listpack-entries 2", "+OK\r\n"),
    ]);
    // The encoding is chosen when a field is set.
    assert_encoding(&server, "few", "listpack");
    client.expect_exchanges(&[
        ("HSETNX few 1 v", ":0\r\n"),
        ("HDEL few 3", ":1\r\n"),
        ("CONFIG SET hash-max-ziplist-entries 512", "+OK\r\n"),
    ]);
    assert_encoding(&server, "few", "listpack");
    client.expect_exchanges(&[
        ("CONFIG SET hash-max-ziplist-entries 1", "+OK\r\n"),
        ("HINCRBY few 4 1", ":1\r\n"),
        ("CONFIG SET hash-max-ziplist-entries 512", "+OK\r\n"),
        ("HDEL few 1 2", ":2\r\n"),
    ]);
    for key in ["long", "copy", "few"] {
        assert_encoding(&server, key, "hashtable");
    }
    // The new file no longer says how values came about.
    rewrite(&server);
    let server = server.restart();
    for key in ["long", "copy", "few"] {
        assert_encoding(&server, key, "listpack");
    }
}

#[test]
fn a_string_is_raw_once_it_was_changed_in_place() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        (
            "MSET append 1 range 1 bit 1 field 1 idle 1 incr 1",
            "+OK\r\n",
        ),
        ("APPEND append 2", ":2\r\n"),
        ("SETRANGE range 1 2", ":2\r\n"),
        ("SETRANGE new 0 12", ":2\r\n"),
        ("SETBIT bit 15 0", ":0\r\n"),
        ("SETBIT idle 7 1", ":1\r\n"),
        ("BITFIELD field SET u8 0 49", "*1\r\n:49\r\n"),
        ("BITOP OR op idle field", ":1\r\n"),
        ("APPEND incr 2", ":2\r\n"),
        ("INCR incr", ":13\r\n"),
        ("COPY append copy", ":1\r\n"),
        ("RENAME copy renamed", "+OK\r\n"),
    ]);
    let raw = [
        "append", "range", "new", "bit", "idle", "field", "op", "renamed",
    ];
    for key in raw {
        assert_encoding(&server, key, "raw");
        assert_eq!(client.ask(&["OBJECT", "REFCOUNT", key]), Reply::Integer(1));
    }
    assert_encoding(&server, "incr", "int");
    // The new file no longer says how values came about.
    rewrite(&server);
    let server = server.restart();
    for key in raw {
        let is_integer = key != "bit";
        assert_encoding(&server, key, if is_integer { "int" } else { "embstr" });
    }
}

#[test]
fn a_command_without_a_change_touches_no_watched_key() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.expect_exchanges(&[
        ("SET k 1", "+OK\r\n"),
        ("WATCH k", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("OBJECT ENCODING k", "+QUEUED\r\n"),
    ]);
    other.expect_exchanges(&[
        ("SETBIT k 7 1", ":1\r\n"),
        ("BITFIELD k SET u8 0 49", "*1\r\n:49\r\n"),
    ]);
    client.expect_exchanges(&[("EXEC", "*1\r\n$3\r\nraw\r\n")]);
}

#[test]
fn the_text_of_a_sum_of_floats_is_no_integer() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("INCRBYFLOAT k 3", "$1\r\n3\r\n"),
        ("OBJECT ENCODING k", "$6\r\nembstr\r\n"),
        ("OBJECT REFCOUNT k", ":1\r\n"),
        ("COPY k copy", ":1\r\n"),
        ("OBJECT ENCODING copy", "$6\r\nembstr\r\n"),
        ("INCR k", ":4\r\n"),
        ("OBJECT ENCODING k", "$3\r\nint\r\n"),
        ("OBJECT REFCOUNT k", ":2147483647\r\n"),
    ]);
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
    // As in Redis, copies are not shared.
    client.expect_exchanges(&[
        ("SET k 1", "+OK\r\n"),
        ("COPY k copy", ":1\r\n"),
        ("OBJECT REFCOUNT copy", ":1\r\n"),
        ("OBJECT ENCODING copy", "$3\r\nint\r\n"),
        ("RENAME k renamed", "+OK\r\n"),
        ("OBJECT REFCOUNT renamed", ":2147483647\r\n"),
    ]);
}

#[test]
fn idle_times_and_frequencies_depend_on_the_policy() {
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
fn a_missing_key_has_no_encoding() {
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
