use crate::support::{TestServer, encode};

const NO_SUCH_KEY: &str = "-ERR no such key\r\n";

#[test]
fn del_and_unlink_count_what_they_delete() {
    let server = TestServer::start();
    for name in ["DEL", "UNLINK"] {
        server.connect().expect_exchanges(&[
            (&format!("{name} a"), ":0\r\n"),
            ("SET a 1", "+OK\r\n"),
            ("HSET b f v", ":1\r\n"),
            ("SET c 1", "+OK\r\n"),
            (&format!("{name} a b missing a"), ":2\r\n"),
            ("GET a", "$-1\r\n"),
            ("HGETALL b", "*0\r\n"),
            ("DBSIZE", ":1\r\n"),
            (&format!("{name} c"), ":1\r\n"),
        ]);
    }
    server
        .restart()
        .connect()
        .expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

#[test]
fn exists_and_touch_count_a_key_as_often_as_it_is_named() {
    let server = TestServer::start();
    for name in ["EXISTS", "TOUCH"] {
        server.connect().expect_exchanges(&[
            ("FLUSHALL", "+OK\r\n"),
            (&format!("{name} a"), ":0\r\n"),
            ("SET a 1", "+OK\r\n"),
            ("HSET b f v", ":1\r\n"),
            (&format!("{name} a"), ":1\r\n"),
            (&format!("{name} a b missing a"), ":3\r\n"),
        ]);
    }
}

#[test]
fn type_names_the_type_of_a_key() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("TYPE a", "+none\r\n"),
        ("SET a 1", "+OK\r\n"),
        ("TYPE a", "+string\r\n"),
        ("HSET b f v", ":1\r\n"),
        ("TYPE b", "+hash\r\n"),
    ]);
}

#[test]
fn rename_moves_value_and_time_and_replaces_an_existing_key() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RENAME a b", NO_SUCH_KEY),
        ("RENAME a a", NO_SUCH_KEY),
        ("SET a v", "+OK\r\n"),
        ("PEXPIREAT a 4102444800000", ":1\r\n"),
        ("HSET b f v", ":1\r\n"),
        ("RENAME a b", "+OK\r\n"),
        ("SET c v", "+OK\r\n"),
        ("SET d v", "+OK\r\n"),
        ("PEXPIREAT d 4102444800000", ":1\r\n"),
        ("RENAME c d", "+OK\r\n"),
    ]);
    server.restart().connect().expect_exchanges(&[
        ("EXISTS a c", ":0\r\n"),
        ("GET b", "$1\r\nv\r\n"),
        ("PEXPIRETIME b", ":4102444800000\r\n"),
        ("PEXPIRETIME d", ":-1\r\n"),
    ]);
}

#[test]
fn renamenx_replaces_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RENAMENX a b", NO_SUCH_KEY),
        ("SET a 1", "+OK\r\n"),
        ("SET b 2", "+OK\r\n"),
        ("RENAMENX a b", ":0\r\n"),
        ("RENAMENX a a", ":0\r\n"),
        ("RENAMENX a c", ":1\r\n"),
    ]);
    server.restart().connect().expect_exchanges(&[
        ("EXISTS a", ":0\r\n"),
        ("GET b", "$1\r\n2\r\n"),
        ("GET c", "$1\r\n1\r\n"),
    ]);
}

#[test]
fn a_key_renamed_to_itself_is_not_recorded_and_not_watched_to_change() {
    let server = TestServer::start();
    let mut watching = server.connect();
    watching.expect_exchanges(&[("SET a v", "+OK\r\n"), ("WATCH a", "+OK\r\n")]);
    server
        .connect()
        .expect_exchanges(&[("RENAME a a", "+OK\r\n"), ("GET a", "$1\r\nv\r\n")]);
    assert!(
        server
            .directory
            .aof_bytes()
            .ends_with(&encode(&["SET", "a", "v"]))
    );
    watching.expect_exchanges(&[("MULTI", "+OK\r\n"), ("EXEC", "*0\r\n")]);
}

#[test]
fn a_rename_is_a_change_of_both_names() {
    let server = TestServer::start();
    for watched in ["a", "b"] {
        let mut watching = server.connect();
        watching.expect_exchanges(&[
            ("SET a v", "+OK\r\n"),
            (&format!("WATCH {watched}"), "+OK\r\n"),
            ("RENAME a b", "+OK\r\n"),
            ("MULTI", "+OK\r\n"),
            ("EXEC", "*-1\r\n"),
        ]);
    }
}
