//! Rewrites of the append-only file.

use std::thread;

use threadbare::config::Protected;

use crate::support::{Client, TestServer, wait_for};

/// Asks for a rewrite and waits until it is done.
fn rewrite(client: &mut Client) {
    let done = rewrites(client);
    client.expect_exchanges(&[(
        "BGREWRITEAOF",
        "+Background append only file rewriting started\r\n",
    )]);
    wait_for("the rewrite", || (rewrites(client) > done).then_some(()));
}

fn rewrites(client: &mut Client) -> u64 {
    client.info("aof_rewrites").parse().unwrap()
}

#[test]
fn a_rewrite_keeps_the_data_and_drops_its_history() {
    let server = TestServer::start();
    let mut client = server.connect();
    for round in 0..100 {
        client.ask(&["SET", "k", &round.to_string()]);
        client.ask(&["HSET", "h", "f", &round.to_string(), "g", "x"]);
    }
    client.ask_line("SELECT 3");
    client.ask_line("SET other 1");
    rewrite(&mut client);
    let file = String::from_utf8(server.directory.aof_bytes()).unwrap();
    assert_eq!(file.matches("SET").count(), 3, "{file}");
    client.ask_line("SET after 2");
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("GET k", "$2\r\n99\r\n"),
        ("HGET h f", "$2\r\n99\r\n"),
        ("HGET h g", "$1\r\nx\r\n"),
        ("SELECT 3", "+OK\r\n"),
        ("GET other", "$1\r\n1\r\n"),
        ("GET after", "$1\r\n2\r\n"),
        ("DBSIZE", ":2\r\n"),
    ]);
}

#[test]
fn all_writes_during_rewrites_are_there_after_them() {
    const WRITERS: usize = 4;
    const WRITES: usize = 2_000;
    let server = TestServer::start_with(|config| config.aof_checksums = true);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let mut client = server.connect();
            scope.spawn(move || {
                client.ask(&["SELECT", &writer.to_string()]);
                for number in 0..WRITES {
                    client.ask(&["SET", &format!("k{}", number % 700), &number.to_string()]);
                }
            });
        }
        let mut client = server.connect();
        for _ in 0..5 {
            rewrite(&mut client);
        }
    });
    let server = server.restart();
    let mut client = server.connect();
    for writer in 0..WRITERS {
        client.ask(&["SELECT", &writer.to_string()]);
        for key in 0..700 {
            let last = (0..WRITES).rfind(|number| number % 700 == key).unwrap();
            let value = client.ask(&["GET", &format!("k{key}")]).text();
            assert_eq!(value, last.to_string());
        }
    }
}

#[test]
fn databases_may_be_swapped_and_emptied_during_rewrites() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.ask_line("DEBUG POPULATE 200000 a");
    for round in 1..=15 {
        client.ask_line("BGREWRITEAOF");
        let mut step = 0;
        while rewrites(&mut client) < round {
            step += 1;
            client.ask_line("SWAPDB 0 1");
            for key in 0..20 {
                client.ask(&["APPEND", &format!("a:{}", step * 20 + key), "x"]);
                client.ask(&["DEL", &format!("b:{key}")]);
                client.ask(&["HINCRBY", &format!("h:{key}"), "f", "1"]);
            }
            if step % 5 == 4 {
                client.ask_line("FLUSHDB");
                client.ask_line("DEBUG POPULATE 50000 b");
            }
        }
        let digest = client.ask_line("DEBUG DIGEST");
        client.ask_line("DEBUG LOADAOF");
        assert_eq!(
            client.ask_line("DEBUG DIGEST"),
            digest,
            "after rewrite {round}"
        );
    }
}

#[test]
fn the_file_is_rewritten_when_it_has_grown() {
    let server = TestServer::start_with(|config| config.auto_aof_rewrite_min_bytes = 10_000);
    let mut client = server.connect();
    let mut sets = 0;
    wait_for("a rewrite", || {
        sets += 1;
        client.ask(&["SET", "k", &"x".repeat(1000)]);
        (rewrites(&mut client) > 0).then_some(())
    });
    // Only the SETs during the rewrite are left, and one before.
    assert!(server.directory.aof_bytes().len() < sets * 1000);
}

#[test]
fn appendonly_can_be_switched_off_and_on() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("SET a 1");
    client.ask_line("CONFIG SET appendonly no");
    client.ask_line("SET b 2");
    client.ask_line("CONFIG SET appendonly yes");
    assert_eq!(rewrites(&mut client), 1);
    client.ask_line("SET c 3");
    let server = server.restart();
    server.connect().expect_exchanges(&[
        ("GET a", "$1\r\n1\r\n"),
        ("GET b", "$1\r\n2\r\n"),
        ("GET c", "$1\r\n3\r\n"),
    ]);
}

/// The earlier writes of the same turn still go to the file, and no client is disconnected.
#[test]
fn appendonly_can_be_switched_off_in_the_middle_of_a_turn() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let (mut client, mut bystander) = (server.connect(), server.connect());
    client.send("SET k v\r\nDEBUG SLEEP 0.2\r\n".to_owned() + &"PING\r\n".repeat(40));
    wait_for("the turn to have begun", || {
        let list = bystander.ask_line("CLIENT LIST").text();
        list.contains("cmd=debug").then_some(())
    });
    bystander.ask_line("CONFIG SET appendonly no");
    client.expect(&("+OK\r\n+OK\r\n".to_owned() + &"+PONG\r\n".repeat(40)));
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
}

#[test]
fn in_a_transaction_saving_is_scheduled() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("BGSAVE", "+QUEUED\r\n"),
        ("BGREWRITEAOF", "+QUEUED\r\n"),
        (
            "EXEC",
            "*2\r\n+Background saving scheduled\r\n\
             +Background append only file rewriting scheduled\r\n",
        ),
    ]);
}

#[test]
fn saving_is_syncing_and_says_so_if_there_is_nothing_to_sync() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("SAVE", "+OK\r\n"),
        ("BGSAVE", "+Background saving started\r\n"),
        ("BGSAVE SCHEDULE", "+Background saving started\r\n"),
        ("BGSAVE NOW", "-ERR syntax error\r\n"),
        ("WAIT 0 0", ":0\r\n"),
        ("WAITAOF 1 0 0", "*2\r\n:1\r\n:0\r\n"),
        (
            "WAITAOF 2 0 0",
            "-ERR value is out of range, must be between 0 and 1\r\n",
        ),
        (
            "WAIT 0 x",
            "-ERR timeout is not an integer or out of range\r\n",
        ),
        ("WAIT 0 -1", "-ERR timeout is negative\r\n"),
    ]);
    assert!(client.ask_line("LASTSAVE").integer() > 1_600_000_000);

    let server = TestServer::start_with(|config| config.appendonly = false);
    server.connect().expect_exchanges(&[
        (
            "SAVE",
            "-ERR nothing is saved while 'appendonly' is off; CONFIG SET appendonly yes\r\n",
        ),
        (
            "WAITAOF 1 0 0",
            "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n",
        ),
    ]);
}
