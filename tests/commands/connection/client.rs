use crate::commands::SYNTAX;
use crate::support::{Client, TestServer, wait_for};

#[test]
fn ping_and_echo_answer() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("PING", "+PONG\r\n"),
        ("ping hello", "$5\r\nhello\r\n"),
        ("PING ''", "$0\r\n\r\n"),
        ("ECHO 'a b'", "$3\r\na b\r\n"),
        ("ECHO ''", "$0\r\n\r\n"),
    ]);
}

#[test]
fn quit_replies_ok_and_disconnects() {
    let server = TestServer::start();
    for line in ["QUIT", "quit now or later"] {
        let mut client = server.connect();
        client.expect_exchanges(&[(line, "+OK\r\n")]);
        client.expect_end();
    }
}

#[test]
fn databases_are_apart() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k zero", "+OK\r\n"),
        ("SELECT 15", "+OK\r\n"),
        ("GET k", "$-1\r\n"),
        ("SET k fifteen", "+OK\r\n"),
        ("DEL k", ":1\r\n"),
        ("HSET k f v", ":1\r\n"),
        ("SELECT 0", "+OK\r\n"),
        ("GET k", "$4\r\nzero\r\n"),
        ("DBSIZE", ":1\r\n"),
    ]);
    server
        .connect()
        .expect_exchanges(&[("GET k", "$4\r\nzero\r\n")]);
}

#[test]
fn select_accepts_existing_databases() {
    const RANGE: &str = "-ERR DB index is out of range\r\n";
    const NUMBER: &str = "-ERR value is not an integer or out of range\r\n";
    let server = TestServer::start_with(|config| config.databases = 4);
    server.connect().expect_exchanges(&[
        ("SELECT 3", "+OK\r\n"),
        ("SET k v", "+OK\r\n"),
        ("SELECT 4", RANGE),
        ("SELECT -1", RANGE),
        ("SELECT 2147483647", RANGE),
        ("SELECT x", NUMBER),
        ("SELECT ''", NUMBER),
        ("SELECT ' 1'", NUMBER),
        ("SELECT 01", NUMBER),
        ("SELECT 1.0", NUMBER),
        ("SELECT 9223372036854775808", NUMBER),
        // The selected database has not changed.
        ("GET k", "$1\r\nv\r\n"),
    ]);
}

#[test]
fn clients_are_numbered_in_order() {
    let server = TestServer::start();
    let mut first = server.connect();
    let id = first.ask_line("CLIENT ID").integer();
    assert!(id > 0);
    assert_eq!(first.ask_line("CLIENT ID").integer(), id);
    assert_eq!(server.connect().ask_line("CLIENT ID").integer(), id + 1);
}

#[test]
fn a_client_can_have_a_name() {
    const BAD_NAME: &str =
        "-ERR Client names cannot contain spaces, newlines or special characters.\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("CLIENT GETNAME", "$-1\r\n"),
        ("CLIENT SETNAME worker-1", "+OK\r\n"),
        ("client getname", "$8\r\nworker-1\r\n"),
        ("CLIENT SETNAME 'a b'", BAD_NAME),
        ("CLIENT SETNAME \"a\\n\"", BAD_NAME),
        ("CLIENT SETNAME \"\\x7f\"", BAD_NAME),
        ("CLIENT SETNAME \"\\xff\"", BAD_NAME),
        ("CLIENT GETNAME", "$8\r\nworker-1\r\n"),
        ("CLIENT SETNAME ''", "+OK\r\n"),
        ("CLIENT GETNAME", "$-1\r\n"),
    ]);
}

/// Redis has this from 7.2 on; the texts are Redis's.
#[test]
fn a_client_can_say_what_library_it_uses() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CLIENT SETINFO LIB-NAME redis-py", "+OK\r\n"),
        ("CLIENT SETINFO lib-ver 5.0.1", "+OK\r\n"),
        (
            "CLIENT SETINFO LIB-NAME 'a b'",
            "-ERR LIB-NAME cannot contain spaces, newlines or special characters.\r\n",
        ),
        (
            "CLIENT SETINFO foo bar",
            "-ERR Unrecognized option 'foo'\r\n",
        ),
        (
            "CLIENT SETINFO LIB-NAME",
            "-ERR wrong number of arguments for 'client|setinfo' command\r\n",
        ),
    ]);
    let line = &listed(&mut client, "CLIENT LIST")[0];
    assert_eq!(field(line, "lib-name"), "redis-py");
    assert_eq!(field(line, "lib-ver"), "5.0.1");
}

/// Returns the lines of a reply of CLIENT LIST.
fn listed(client: &mut Client, line: &str) -> Vec<String> {
    let text = client.ask_line(line).text();
    text.lines().map(str::to_owned).collect()
}

/// Returns the value of `name=` in a line of CLIENT LIST.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    line.split(' ')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("no {name} in {line}"))
}

#[test]
fn client_list_describes_each_client() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    let id = other.ask_line("CLIENT ID").integer().to_string();
    other.expect_exchanges(&[
        ("CLIENT SETNAME other", "+OK\r\n"),
        ("SELECT 3", "+OK\r\n"),
        ("SET k v", "+OK\r\n"),
    ]);
    let lines = listed(&mut client, "CLIENT LIST");
    assert_eq!(lines.len(), 2);

    let own = &lines[0];
    assert_eq!(field(own, "name"), "");
    assert_eq!(field(own, "db"), "0");
    assert_eq!(field(own, "cmd"), "client|list");
    assert_eq!(field(own, "resp"), "2");
    assert_eq!(field(own, "laddr"), server.address().to_string());

    let line = &lines[1];
    assert_eq!(field(line, "id"), id);
    assert_eq!(field(line, "addr"), other.local_addr().to_string());
    assert_eq!(field(line, "name"), "other");
    assert_eq!(field(line, "db"), "3");
    assert_eq!(field(line, "cmd"), "set");
    assert_eq!(field(line, "flags"), "N");
    assert_eq!(field(line, "user"), "default");
    for number in ["fd", "age", "idle"] {
        assert!(field(line, number).parse::<u32>().is_ok(), "{line}");
    }
}

#[test]
fn client_list_tells_of_transactions() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    // Now it is in the list.
    other.expect_exchanges(&[("PING", "+PONG\r\n")]);
    let expect = |client: &mut Client, flags: &str, queued: &str| {
        let line = &listed(client, "CLIENT LIST")[1];
        assert_eq!(
            (field(line, "flags"), field(line, "multi")),
            (flags, queued)
        );
    };
    expect(&mut client, "N", "-1");
    other.expect_exchanges(&[("MULTI", "+OK\r\n")]);
    expect(&mut client, "x", "0");
    other.expect_exchanges(&[("PING", "+QUEUED\r\n"), ("CLIENT LIST", "+QUEUED\r\n")]);
    expect(&mut client, "x", "2");
    // While the transaction is executed, it is still there.
    let replies = other.ask_line("EXEC");
    let own = replies.array()[1].text();
    assert_eq!(field(own.lines().nth(1).unwrap(), "multi"), "2");
    expect(&mut client, "N", "-1");
    // Commands that will not be executed are not kept.
    for line in ["MULTI", "PING", "NOSUCH", "PING"] {
        other.ask_line(line);
    }
    expect(&mut client, "x", "1");
    other.ask_line("DISCARD");
    for end in ["DISCARD", "RESET"] {
        other.ask_line("MULTI");
        expect(&mut client, "x", "0");
        other.ask_line(end);
        expect(&mut client, "N", "-1");
    }
}

#[test]
fn client_list_lists_the_requested_clients() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    let id = client.ask_line("CLIENT ID").integer();
    let other_id = other.ask_line("CLIENT ID").integer();
    for (line, expected) in [
        ("CLIENT LIST TYPE normal".to_owned(), vec![id, other_id]),
        ("CLIENT LIST type NORMAL".to_owned(), vec![id, other_id]),
        ("CLIENT LIST TYPE pubsub".to_owned(), vec![]),
        ("CLIENT LIST TYPE master".to_owned(), vec![]),
        ("CLIENT LIST TYPE replica".to_owned(), vec![]),
        (format!("CLIENT LIST ID {other_id}"), vec![other_id]),
        (
            format!("CLIENT LIST ID {id} {other_id}"),
            vec![id, other_id],
        ),
        // In the order of the request, and as often.
        (
            format!("CLIENT LIST ID {other_id} 999 {id} {other_id}"),
            vec![other_id, id, other_id],
        ),
        ("CLIENT LIST ID 999".to_owned(), vec![]),
        ("CLIENT LIST ID 0".to_owned(), vec![]),
    ] {
        let found: Vec<i64> = listed(&mut client, &line)
            .iter()
            .map(|line| field(line, "id").parse().unwrap())
            .collect();
        assert_eq!(found, expected, "{line}");
    }
    client.expect_exchanges(&[
        ("CLIENT LIST TYPE foo", "-ERR Unknown client type 'foo'\r\n"),
        ("CLIENT LIST TYPE", SYNTAX),
        ("CLIENT LIST TYPE normal normal", SYNTAX),
        ("CLIENT LIST ID", SYNTAX),
        ("CLIENT LIST ID x", "-ERR Invalid client ID\r\n"),
        ("CLIENT LIST foo", SYNTAX),
    ]);
    drop(other);
    wait_for("the other client to be gone", || {
        (listed(&mut client, "CLIENT LIST").len() == 1).then_some(())
    });
}

#[test]
fn client_list_shows_sizes_of_buffers() {
    let server = TestServer::start();
    let mut client = server.connect();
    let line = &listed(&mut client, "CLIENT INFO")[0];
    assert_eq!(field(line, "qbuf"), "26");
    assert_eq!(field(line, "argv-mem"), "10");
    for name in ["multi-mem", "obl", "oll", "omem"] {
        assert_eq!(field(line, name), "0", "{name}");
    }
    assert_eq!(field(line, "events"), "r");
    assert!(field(line, "tot-mem").parse::<u64>().unwrap() > 26);
    let mut other = server.connect();
    other.expect_exchanges(&[("MULTI", "+OK\r\n"), ("SET key value", "+QUEUED\r\n")]);
    // An unfinished request.
    other.send(b"*2\r\n$3\r\nGET\r\n$10\r\nabc");
    wait_for("the unfinished request", || {
        let line = listed(&mut client, "CLIENT LIST").pop().expect("a line");
        (field(&line, "qbuf") == "21").then(|| {
            assert_eq!(field(&line, "argv-mem"), "3");
            assert_eq!(field(&line, "multi-mem"), "11");
        })
    });
}

#[test]
fn client_list_shows_the_request_of_a_blocked_client() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    other.send(b"BLPOP list 0\r\n");
    let blocked = |client: &mut Client, bytes: &str| {
        wait_for("the blocked client", || {
            let line = listed(client, "CLIENT LIST").pop().expect("a line");
            let is_blocked = field(&line, "flags") == "b" && field(&line, "qbuf") == bytes;
            is_blocked.then(|| assert_eq!(field(&line, "argv-mem"), "10"))
        });
    };
    blocked(&mut client, "0");
    // A request that has to wait.
    other.send(b"GET key\r\n");
    blocked(&mut client, "9");
    client.expect_exchanges(&[("RPUSH list a", ":1\r\n")]);
    other.expect("*2\r\n$4\r\nlist\r\n$1\r\na\r\n$-1\r\n");
}

#[test]
fn client_list_marks_a_client_whose_watched_key_has_changed() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    let flags = |client: &mut Client| {
        let line = listed(client, "CLIENT LIST").pop().expect("a line");
        field(&line, "flags").to_owned()
    };
    for end in ["EXEC", "DISCARD", "UNWATCH", "RESET"] {
        other.expect_exchanges(&[("WATCH key", "+OK\r\n")]);
        assert_eq!(flags(&mut client), "N");
        client.expect_exchanges(&[("SET key 1", "+OK\r\n")]);
        assert_eq!(flags(&mut client), "d", "{end}");
        if end != "UNWATCH" {
            other.expect_exchanges(&[("MULTI", "+OK\r\n")]);
            assert_eq!(flags(&mut client), "xd");
        }
        other.ask_line(end);
        assert_eq!(flags(&mut client), "N", "{end}");
    }
}
