use crate::support::{Client, TestServer, wait_for};

fn id(client: &mut Client) -> i64 {
    client.ask_line("CLIENT ID").integer()
}

/// Returns the value of `name=` in the reply of CLIENT INFO.
fn own(client: &mut Client, name: &str) -> String {
    let line = client.ask_line("CLIENT INFO").text();
    let mut pairs = line
        .trim_end()
        .split(' ')
        .filter_map(|pair| pair.split_once('='));
    pairs.find(|pair| pair.0 == name).unwrap().1.to_owned()
}

#[test]
fn client_info_is_the_own_line_of_client_list() {
    let server = TestServer::start();
    let mut client = server.connect();
    let id = id(&mut client).to_string();
    assert_eq!(own(&mut client, "id"), id);
    assert_eq!(own(&mut client, "cmd"), "client|info");
}

#[test]
fn client_kill_disconnects_the_clients_that_match() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut others = [(); 4].map(|()| server.connect());
    let address = own(&mut others[0], "addr");
    let second = own(&mut others[1], "addr");
    let third = id(&mut others[2]);
    client.expect_exchanges(&[
        (&format!("CLIENT KILL {address}"), "+OK\r\n"),
        (&format!("CLIENT KILL {address}"), "-ERR No such client\r\n"),
        (&format!("CLIENT KILL ADDR {second} ID {third}"), ":0\r\n"),
        (&format!("CLIENT KILL addr {second} type normal"), ":1\r\n"),
        (&format!("CLIENT KILL ID {third} USER default"), ":1\r\n"),
        ("CLIENT KILL TYPE pubsub", ":0\r\n"),
        ("CLIENT KILL SKIPME yes", ":1\r\n"),
        ("CLIENT KILL SKIPME yes", ":0\r\n"),
    ]);
    for other in &mut others {
        other.expect_end();
    }
}

#[test]
fn a_client_that_kills_itself_hears_of_it() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("CLIENT KILL SKIPME no", ":1\r\n")]);
    client.expect_end();

    let mut client = server.connect();
    let address = own(&mut client, "addr");
    client.expect_exchanges(&[(&format!("CLIENT KILL {address}"), "+OK\r\n")]);
    client.expect_end();
}

#[test]
fn a_killed_client_takes_nothing_from_a_list() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut waiting = server.connect();
    let number = id(&mut waiting);
    waiting.send_line("BLPOP k 0");
    wait_for("the client waits", || {
        let text = client.ask_line("INFO clients").text();
        text.contains("blocked_clients:1").then_some(())
    });
    client.expect_exchanges(&[
        (&format!("CLIENT KILL ID {number}"), ":1\r\n"),
        ("RPUSH k a", ":1\r\n"),
        ("LLEN k", ":1\r\n"),
    ]);
    waiting.expect_end();
}

#[test]
fn client_kill_refuses_what_it_does_not_understand() {
    let server = TestServer::start();
    let mut client = server.connect();
    let bad_id = "-ERR client-id should be greater than 0\r\n";
    let syntax = "-ERR syntax error\r\n";
    client.expect_exchanges(&[
        (
            "CLIENT KILL",
            "-ERR wrong number of arguments for 'client|kill' command\r\n",
        ),
        ("CLIENT KILL ID 0", bad_id),
        ("CLIENT KILL ID -9223372036854775808", bad_id),
        ("CLIENT KILL ID x ADDR", bad_id),
        ("CLIENT KILL ID 999 ADDR", syntax),
        ("CLIENT KILL SKIPME maybe", syntax),
        ("CLIENT KILL FOO 1", syntax),
        ("CLIENT KILL TYPE foo", "-ERR Unknown client type 'foo'\r\n"),
        ("CLIENT KILL USER foo", "-ERR No such user 'foo'\r\n"),
    ]);
}

#[test]
fn maxage_spares_young_clients() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CLIENT KILL MAXAGE 100000 SKIPME no", ":0\r\n"),
        (
            "CLIENT KILL MAXAGE 0",
            "-ERR maxage should be greater than 0\r\n",
        ),
        (
            "CLIENT KILL MAXAGE x",
            "-ERR maxage is not an integer or out of range\r\n",
        ),
    ]);
}
