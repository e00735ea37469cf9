//! Requests that fit no row of the command table: unknown commands, unknown subcommands, wrong
//! counts.

use crate::support::{TestServer, encode};

#[test]
fn unknown_commands_are_shown_with_their_arguments() {
    let long = "x".repeat(200);
    let shown = "x".repeat(128);
    for (line, reply) in [
        (
            "foo",
            "-ERR unknown command 'foo', with args beginning with: \r\n",
        ),
        (
            "FOO bar 'b az'",
            "-ERR unknown command 'FOO', with args beginning with: 'bar' 'b az' \r\n",
        ),
        (
            "'a\\r\\nb' \"c\\r\\nd\"",
            "-ERR unknown command 'a\\r\\nb', with args beginning with: 'c  d' \r\n",
        ),
        (
            "config|get port",
            "-ERR unknown command 'config|get', with args beginning with: 'port' \r\n",
        ),
        (
            &long,
            &format!("-ERR unknown command '{shown}', with args beginning with: \r\n"),
        ),
        (
            &format!("foo {long} never"),
            &format!("-ERR unknown command 'foo', with args beginning with: '{shown}' \r\n"),
        ),
        (
            &format!("foo {} {long} never", "y".repeat(100)),
            &format!(
                "-ERR unknown command 'foo', with args beginning with: '{}' '{}' \r\n",
                "y".repeat(100),
                "x".repeat(25)
            ),
        ),
    ] {
        let server = TestServer::start();
        server.connect().expect_exchanges(&[(line, reply)]);
    }
}

#[test]
fn an_unknown_command_of_any_bytes_is_one_line() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(encode(&[&b"f\xff\r\n\0oo"[..], b"a\0b", b"\xfe"]));
    client.expect(
        b"-ERR unknown command 'f\xff  ', with args beginning with: 'a' '\xfe' \r\n".as_slice(),
    );
}

#[test]
fn unknown_subcommands_are_referred_to_help() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        (
            "CONFIG FOO",
            "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n",
        ),
        (
            "client foo bar",
            "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n",
        ),
        (
            "COMMAND Foo",
            "-ERR unknown subcommand 'Foo'. Try COMMAND HELP.\r\n",
        ),
        (
            "CONFIG ''",
            "-ERR unknown subcommand ''. Try CONFIG HELP.\r\n",
        ),
        (
            "CONFIG 'get '",
            "-ERR unknown subcommand 'get '. Try CONFIG HELP.\r\n",
        ),
    ]);
}

#[test]
fn too_few_and_too_many_arguments_are_refused() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (line, name) in [
        ("PING a b", "ping"),
        ("ECHO", "echo"),
        ("ECHO a b", "echo"),
        ("SET", "set"),
        ("Set k", "set"),
        ("GET", "get"),
        ("GET a b", "get"),
        ("HSET", "hset"),
        ("HSET h", "hset"),
        ("HSET h f", "hset"),
        ("HSET h f v g", "hset"),
        ("HGET h", "hget"),
        ("HGET h f g", "hget"),
        ("HGETALL", "hgetall"),
        ("HGETALL h i", "hgetall"),
        ("DEL", "del"),
        ("EXISTS", "exists"),
        ("TYPE", "type"),
        ("TYPE a b", "type"),
        ("DBSIZE 1", "dbsize"),
        ("SELECT", "select"),
        ("SELECT 1 2", "select"),
        ("AUTH", "auth"),
        ("CONFIG", "config"),
        ("CONFIG GET", "config|get"),
        ("CONFIG SET", "config|set"),
        ("CONFIG SET timeout", "config|set"),
        ("CONFIG HELP x", "config|help"),
        ("CLIENT", "client"),
        ("CLIENT ID x", "client|id"),
        ("CLIENT GETNAME x", "client|getname"),
        ("CLIENT SETNAME", "client|setname"),
        ("CLIENT SETNAME a b", "client|setname"),
        ("COMMAND COUNT x", "command|count"),
        ("COMMAND HELP x", "command|help"),
    ] {
        let reply = format!("-ERR wrong number of arguments for '{name}' command\r\n");
        client.expect_exchanges(&[(line, &reply)]);
    }
}
