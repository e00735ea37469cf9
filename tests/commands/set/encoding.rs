use threadbare::config::Protected;

use super::fill;
use crate::support::{Client, Reply, TestServer};

fn assert_encoding(client: &mut Client, key: &str, expected: &str) {
    let encoding = client.ask(&["OBJECT", "ENCODING", key]).text();
    assert_eq!(encoding, expected, "{key}");
}

#[test]
fn integers_are_an_intset_until_another_member_comes() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (member, encoding) in [
        ("0", "intset"),
        ("-9223372036854775808", "intset"),
        ("9223372036854775807", "intset"),
        ("9223372036854775808", "hashtable"),
        ("007", "hashtable"),
        ("-0", "hashtable"),
        ("", "hashtable"),
        ("a", "hashtable"),
    ] {
        client.ask(&["SADD", "s", "1", "70000", member]);
        assert_encoding(&mut client, "s", encoding);
        // Never back.
        client.ask(&["SREM", "s", member]);
        assert_encoding(&mut client, "s", encoding);
        client.expect_exchanges(&[("SMEMBERS s", "*2\r\n$1\r\n1\r\n$5\r\n70000\r\n")]);
        client.ask(&["DEL", "s"]);
    }
}

#[test]
fn the_setting_limits_an_intset() {
    let server = TestServer::start();
    let mut client = server.connect();
    fill(&mut client, "s", "", 512);
    assert_encoding(&mut client, "s", "intset");
    client.ask(&["SADD", "s", "511"]);
    assert_encoding(&mut client, "s", "intset");
    client.ask(&["SADD", "s", "512"]);
    assert_encoding(&mut client, "s", "hashtable");
    client.expect_exchanges(&[
        (
            "CONFIG GET set-max-intset-entries",
            "*2\r\n$22\r\nset-max-intset-entries\r\n$3\r\n512\r\n",
        ),
        ("CONFIG SET set-max-intset-entries 2", "+OK\r\n"),
        ("SADD t 1 2", ":2\r\n"),
    ]);
    assert_encoding(&mut client, "t", "intset");
    client.expect_exchanges(&[("SADD t 3", ":1\r\n")]);
    assert_encoding(&mut client, "t", "hashtable");
    client.expect_exchanges(&[
        ("CONFIG SET set-max-intset-entries 0", "+OK\r\n"),
        ("SADD u 1", ":1\r\n"),
        ("SMEMBERS u", "*1\r\n$1\r\n1\r\n"),
    ]);
    assert_encoding(&mut client, "u", "hashtable");
}

/// A result is a new set, so it can be an intset although its sources are none.
#[test]
fn a_result_is_an_intset_if_it_can_be_one() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SADD a 2 x 1", ":3\r\n"),
        ("SADD b 1 2 y", ":3\r\n"),
        ("SADD x x", ":1\r\n"),
        ("SINTERSTORE i a b", ":2\r\n"),
        ("SMEMBERS i", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
        ("SDIFFSTORE d a x", ":2\r\n"),
        ("SDIFF a x", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n"),
        ("SUNIONSTORE u a b", ":4\r\n"),
        ("SREM a x", ":1\r\n"),
        ("SUNIONSTORE v a i", ":2\r\n"),
        ("COPY a copy", ":1\r\n"),
    ]);
    for (key, encoding) in [
        ("i", "intset"),
        ("d", "intset"),
        ("u", "hashtable"),
        ("a", "hashtable"),
        ("v", "intset"),
        ("copy", "hashtable"),
    ] {
        assert_encoding(&mut client, key, encoding);
    }
    let Reply::Bulk(payload) = client.ask(&["DUMP", "a"]) else {
        panic!("no payload");
    };
    client.ask(&[&b"RESTORE"[..], b"restored", b"0", &payload]);
    assert_encoding(&mut client, "restored", "intset");
}

/// Members of any length, whatever the form of the set, come back from the log and from DUMP.
#[test]
fn sets_of_all_forms_are_kept() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.ask(&["SADD", "integers", "1", "-70000", "9223372036854775807"]);
    client.ask(&["SADD", "texts", "", "a", "1", &"t".repeat(64)]);
    client.ask(&["SADD", "long", "a", &"l".repeat(65), &"L".repeat(100_000)]);
    fill(&mut client, "many", "m", 129);
    fill(&mut client, "big", "member:", 5_000);
    let digest = client.ask_line("DEBUG DIGEST").text();
    client.ask_line("DEBUG RELOAD");
    assert_eq!(client.ask_line("DEBUG DIGEST").text(), digest);
    for key in ["integers", "texts", "long", "many", "big"] {
        let Reply::Bulk(payload) = client.ask(&["DUMP", key]) else {
            panic!("no payload");
        };
        client.ask(&[&b"RESTORE"[..], b"to", b"0", &payload, b"REPLACE"]);
        let digests = client.ask(&["DEBUG", "DIGEST-VALUE", key, "to"]).texts();
        assert_eq!(digests[0], digests[1], "{key}");
        client.ask(&["COPY", key, "copy", "REPLACE"]);
        client.ask(&["SADD", "copy", "one more"]);
        assert_eq!(client.ask(&["SISMEMBER", key, "one more"]).integer(), 0);
    }
}
