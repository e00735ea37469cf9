//! The content of the file.

use threadbare::config::Fsync;

use crate::support::{TestServer, encode, wait_for};

/// Returns the commands of the file that these requests make.
fn file_of(lines: &[&str]) -> String {
    let requests = lines.iter().map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        encode(&words)
    });
    String::from_utf8(requests.flatten().collect()).unwrap()
}

/// Returns the content of the file of a running server.
fn file(server: &TestServer) -> String {
    String::from_utf8(server.directory.aof_bytes()).unwrap()
}

#[test]
fn an_acknowledged_write_is_in_the_file_as_it_was_sent() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut expected = vec!["SELECT 0"];
    for line in [
        "SET k v",
        "set K v",
        "HSet h f v g w",
        "DEL k missing",
        "FLUSHDB",
        "SET a 1",
        "flushall ASYNC",
    ] {
        client.ask_line(line);
        expected.push(line);
        assert_eq!(file(&server), file_of(&expected));
    }
}

#[test]
fn the_file_says_where_the_database_changes() {
    let server = TestServer::start();
    let mut zero = server.connect();
    let mut nine = server.connect();
    nine.ask_line("SELECT 9");
    nine.ask_line("SET a 1");
    nine.ask_line("SET b 2");
    zero.ask_line("SET a 3");
    // Selected without a write in it.
    zero.ask_line("SELECT 3");
    zero.ask_line("SELECT 0");
    zero.ask_line("SET b 4");
    nine.ask_line("DEL a");
    // Three databases within one pipeline.
    zero.send("SET c 5\r\nSELECT 1\r\nSET c 6\r\nSELECT 2\r\nGET c\r\nSET c 7\r\n");
    zero.expect("+OK\r\n".repeat(4) + "$-1\r\n+OK\r\n");
    let expected = [
        "SELECT 9", "SET a 1", "SET b 2", "SELECT 0", "SET a 3", "SET b 4", "SELECT 9", "DEL a",
        "SELECT 0", "SET c 5", "SELECT 1", "SET c 6", "SELECT 2", "SET c 7",
    ];
    assert_eq!(file(&server), file_of(&expected));
}

#[test]
fn every_run_begins_with_a_select() {
    let server = TestServer::start();
    server.connect().ask_line("SET a 1");
    let server = server.restart();
    server.connect().ask_line("SET b 2");
    let expected = ["SELECT 0", "SET a 1", "SELECT 0", "SET b 2"];
    assert_eq!(file(&server), file_of(&expected));
}

#[test]
fn commands_that_change_nothing_are_not_in_the_file() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("SET k v");
    client.ask_line("HSET h f v");
    for line in [
        "GET k",
        "HGET h f",
        "HGETALL h",
        "EXISTS k",
        "TYPE k",
        "DBSIZE",
        "PING",
        "INFO",
        "CONFIG SET timeout 100",
        "CLIENT SETNAME x",
        "DEL missing",
        "HSET k f v",
        "SET k",
        "SET k v nonsense",
        "HSET h f",
        "FLUSHALL nonsense",
        "nonsense k v",
        "SELECT 99",
    ] {
        client.ask_line(line);
    }
    let expected = ["SELECT 0", "SET k v", "HSET h f v"];
    assert_eq!(file(&server), file_of(&expected));
}

#[test]
fn the_file_has_the_order_in_which_clients_were_answered() {
    let server = TestServer::start();
    let mut clients = [server.connect(), server.connect(), server.connect()];
    let mut lines = vec!["SELECT 0".to_owned()];
    for number in 0..100 {
        let line = format!("SET k {number}");
        clients[number % 3].ask_line(&line);
        lines.push(line);
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(file(&server), file_of(&lines));
}

#[test]
fn the_file_has_the_order_in_which_racing_clients_were_served() {
    const KEYS: usize = 100_000;
    let server = TestServer::start();
    // All clients write the same keys in the same order. PING is executed without the lock, so each
    // SET takes the lock anew.
    let mut running = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let mut client = server.connect();
        let requests = (0..KEYS).map(|key| format!("SET {key} {name}\r\nPING\r\n"));
        let sending = client.send_aside(requests.collect::<String>().into_bytes());
        running.push((client, sending));
    }
    for (mut client, sending) in running {
        client.expect("+OK\r\n+PONG\r\n".repeat(KEYS));
        sending.join().unwrap();
    }
    let values = |server: &TestServer| {
        let mut client = server.connect();
        let requests = (0..KEYS).flat_map(|key| encode(&["GET", &key.to_string()]));
        let sending = client.send_aside(requests.collect());
        let values: String = (0..KEYS).map(|_| client.reply().text()).collect();
        sending.join().unwrap();
        values
    };
    let before = values(&server);
    assert!(values(&server.restart()) == before);
}

#[test]
fn without_appendonly_a_restart_loses_all_data() {
    let server = TestServer::start_with(|config| config.appendonly = false);
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("GET k", "$1\r\nv\r\n")]);
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
    assert_eq!(std::fs::read_dir(&**server.directory).unwrap().count(), 0);
}

#[test]
fn writes_under_appendfsync_no_are_synced_when_it_becomes_everysec() {
    let server = TestServer::start_with(|config| config.appendfsync = Fsync::No);
    let mut client = server.connect();
    client.ask_line("SET k v");
    let started = client.ask_line("LASTSAVE").integer();
    // It counts seconds.
    wait_for("another second", || {
        let now: i64 = client.ask_line("TIME").texts()[0].parse().unwrap();
        (now > started).then_some(())
    });
    client.ask_line("CONFIG SET appendfsync everysec");
    wait_for("a sync", || {
        (client.ask_line("LASTSAVE").integer() > started).then_some(())
    });
}
