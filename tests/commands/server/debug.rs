use threadbare::config::Protected;

use crate::support::{Client, TestServer, wait_for};

fn start() -> TestServer {
    TestServer::start_with(|config| config.enable_debug_command = Protected::Yes)
}

fn digest(client: &mut Client) -> String {
    client.ask_line("DEBUG DIGEST").text()
}

#[test]
fn enable_debug_command_decides_who_may_use_debug() {
    let refusal = "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \
                   \"local\", you can run it from a local connection, otherwise you need to set \
                   this option in the configuration file, and then restart the server.\r\n";
    for (who, reply) in [
        (Protected::No, refusal),
        (Protected::Local, "+OK\r\n"),
        (Protected::Yes, "+OK\r\n"),
    ] {
        let server = TestServer::start_with(|config| config.enable_debug_command = who);
        server.connect().expect_exchanges(&[
            ("DEBUG SLEEP 0", reply),
            (
                "CONFIG SET enable-debug-command yes",
                "-ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - \
                 can't set immutable config\r\n",
            ),
        ]);
    }
}

/// The tests of Redis set a threshold of its lists.
#[test]
fn the_threshold_of_packed_elements_is_checked() {
    let refusal = "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n";
    let server = start();
    server.connect().expect_exchanges(&[
        ("DEBUG quicklist-packed-threshold 100b", "+OK\r\n"),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD 0", "+OK\r\n"),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD 4gb", refusal),
        ("DEBUG QUICKLIST-PACKED-THRESHOLD many", refusal),
    ]);
}

#[test]
fn unknown_subcommands_of_debug_are_refused() {
    let server = start();
    server.connect().expect_exchanges(&[
        (
            "DEBUG foo",
            "-ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG HELP.\r\n",
        ),
        (
            "DEBUG SLEEP",
            "-ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG \
             HELP.\r\n",
        ),
        (
            "DEBUG PROTOCOL foo",
            "-ERR Wrong protocol type name. Please use one of the following: \
             string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false\r\n",
        ),
        ("DEBUG OBJECT k", "-ERR no such key\r\n"),
        ("DEBUG HTSTATS 16", "-ERR Out of range database\r\n"),
        (
            "DEBUG POPULATE -1",
            "-ERR value is out of range, must be positive\r\n",
        ),
        ("DEBUG ERROR 'OOPS x'", "-OOPS x\r\n"),
    ]);
}

#[test]
fn protocol_has_every_type_of_both_versions() {
    let server = start();
    let mut client = server.connect();
    for (kind, resp2, resp3) in [
        ("string", "$11\r\nHello World\r\n", "$11\r\nHello World\r\n"),
        ("integer", ":12345\r\n", ":12345\r\n"),
        ("double", "$5\r\n3.141\r\n", ",3.141\r\n"),
        (
            "bignum",
            "$37\r\n1234567999999999999999999999999999999\r\n",
            "(1234567999999999999999999999999999999\r\n",
        ),
        ("null", "$-1\r\n", "_\r\n"),
        (
            "array",
            "*3\r\n:0\r\n:1\r\n:2\r\n",
            "*3\r\n:0\r\n:1\r\n:2\r\n",
        ),
        (
            "set",
            "*3\r\n:0\r\n:1\r\n:2\r\n",
            "~3\r\n:0\r\n:1\r\n:2\r\n",
        ),
        (
            "map",
            "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n",
            "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n",
        ),
        (
            "attrib",
            "$39\r\nSome real reply following the attribute\r\n",
            "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n\
             $39\r\nSome real reply following the attribute\r\n",
        ),
        (
            "push",
            "-ERR RESP2 is not supported by this command\r\n",
            ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n\
             $40\r\nSome real reply following the push reply\r\n",
        ),
        (
            "verbatim",
            "$25\r\nThis is a verbatim\nstring\r\n",
            "=29\r\ntxt:This is a verbatim\nstring\r\n",
        ),
        ("true", ":1\r\n", "#t\r\n"),
        ("false", ":0\r\n", "#f\r\n"),
    ] {
        for (version, expected) in [("2", resp2), ("3", resp3)] {
            client.ask(&["HELLO", version]);
            client.send(format!("DEBUG PROTOCOL {kind}\r\n"));
            client.expect(expected);
        }
    }
}

#[test]
fn populate_makes_keys_that_the_log_keeps() {
    let server = start();
    server.connect().expect_exchanges(&[
        ("SET key:1 old", "+OK\r\n"),
        ("DEBUG POPULATE 3", "+OK\r\n"),
        ("DEBUG POPULATE 1 p 9", "+OK\r\n"),
        ("DEBUG POPULATE 2 q 3", "+OK\r\n"),
        ("DEBUG POPULATE 3", "+OK\r\n"),
    ]);
    server.restart().connect().expect_exchanges(&[
        ("DBSIZE", ":6\r\n"),
        ("GET key:1", "$3\r\nold\r\n"),
        ("GET key:2", "$7\r\nvalue:2\r\n"),
        ("GET p:0", "$9\r\nvalue:0\0\0\r\n"),
        ("GET q:1", "$3\r\nval\r\n"),
    ]);
}

#[test]
fn digests_are_equal_if_the_data_are() {
    let server = start();
    let mut client = server.connect();
    let zeros = "0".repeat(40);
    assert_eq!(digest(&mut client), zeros);
    client.ask_line("SET a 1");
    client.ask_line("HSET h f 1 g 2");
    let first = digest(&mut client);
    client.ask_line("DEL a h");
    client.ask_line("HSET h g 2 f 1");
    assert_ne!(digest(&mut client), first);
    client.ask_line("SET a 1");
    assert_eq!(digest(&mut client), first);
    client.ask_line("HSET h f 2 g 1");
    assert_ne!(digest(&mut client), first);
    client.ask_line("SET b 1");
    let values = client.ask_line("DEBUG DIGEST-VALUE a b h missing").texts();
    assert_eq!(values[0], values[1]);
    assert_ne!(values[0], values[2]);
    assert_eq!(values[3], zeros);
}

#[test]
fn object_describes_the_encoding_of_a_value() {
    let server = start();
    let mut client = server.connect();
    client.ask_line("SET k 12345");
    let text = client.ask_line("DEBUG OBJECT k").text();
    assert!(text.starts_with("Value at:0x7f"), "{text}");
    assert!(
        text.ends_with(" refcount:1 encoding:int serializedlength:3 lru:0 lru_seconds_idle:0"),
        "{text}"
    );
    client.ask_line("SET other 12345");
    assert_eq!(client.ask_line("DEBUG OBJECT k").text(), text);
}

/// A command that makes several records is kept whole or not at all.
#[test]
fn populate_is_one_transaction_in_the_log() {
    let server = start();
    server.connect().expect_exchanges(&[
        ("DEBUG POPULATE 1 a", "+OK\r\n"),
        ("DEBUG POPULATE 2 b", "+OK\r\n"),
        ("DEBUG POPULATE 2 b", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("DEBUG POPULATE 2 c", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("DEBUG POPULATE 2 d", "+QUEUED\r\n"),
        ("SET e 1", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n+OK\r\n+OK\r\n"),
    ]);
    let expected = "SELECT 0|SET a:0 value:0\
                    |MULTI|SET b:0 value:0|SET b:1 value:1|EXEC\
                    |MULTI|SET c:0 value:0|SET c:1 value:1|EXEC\
                    |MULTI|SET d:0 value:0|SET d:1 value:1|SET e 1|EXEC";
    assert_eq!(server.directory.aof_commands().join("|"), expected);
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":8\r\n")]);
}

/// As in Redis, nobody else is served meanwhile, unless the command needs no data.
#[test]
fn sleep_holds_the_lock_alone() {
    let server = start();
    let (mut sleeper, mut reader) = (server.connect(), server.connect());
    sleeper.send("DEBUG SLEEP 0.2\r\nTIME\r\n");
    wait_for("the client to sleep", || {
        let list = reader.ask_line("CLIENT LIST").text();
        list.contains("cmd=debug").then_some(())
    });
    reader.send("GET k\r\nTIME\r\n");
    sleeper.expect("+OK\r\n");
    reader.expect("$-1\r\n");
    // The sleeper's turn still has the lock when it reads the clock.
    let [woken, served] = [sleeper, reader].map(|mut client| {
        let time = client.reply().texts();
        let parts = time.iter().map(|part| part.parse().expect("a number"));
        parts.collect::<Vec<u64>>()
    });
    assert!(served >= woken, "{served:?} {woken:?}");
}

#[test]
fn sleep_is_no_write_for_a_pause() {
    let server = start();
    server.connect().expect_exchanges(&[
        ("CLIENT PAUSE 100000 WRITE", "+OK\r\n"),
        ("DEBUG SLEEP 0", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("DEBUG SLEEP 0", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n+OK\r\n"),
        ("CLIENT UNPAUSE", "+OK\r\n"),
    ]);
}
