//! A client that does not read does not disturb other clients.

use threadbare::config::Fsync;

use crate::support::{Client, Reply, TestServer, encode, wait_for};

const VALUE_BYTES: usize = 1024 * 1024;

/// More replies of that size than the buffers of a socket hold.
const QUESTIONS: usize = 100;

fn value_of(letter: u8) -> Vec<u8> {
    vec![letter; VALUE_BYTES]
}

fn set_big(client: &mut Client, value: &[u8]) {
    client.send(encode(&[b"SET", b"big", value]));
    client.expect("+OK\r\n");
}

/// Returns a client that asks for `big` repeatedly, writes in between, and reads nothing. Waits
/// until the server is busy with it.
fn laggard(server: &TestServer, bystander: &mut Client) -> Client {
    set_big(bystander, &value_of(b'a'));
    let mut client = server.connect();
    let questions = ["SET mine 1\r\n", "GET big\r\n"].concat();
    client.send(questions.repeat(QUESTIONS));
    wait_for("the first reply to be on its way", || {
        let sent = bystander.info_number("total_net_output_bytes");
        (sent > VALUE_BYTES as u64).then_some(())
    });
    client
}

#[test]
fn others_write_and_read_while_a_client_does_not_read() {
    for appendonly in [true, false] {
        let server = TestServer::start_with(|config| config.appendonly = appendonly);
        let mut bystander = server.connect();
        let mut laggard = laggard(&server, &mut bystander);
        for letter in b'b'..=b'z' {
            set_big(&mut bystander, &value_of(letter));
            let value = bystander.ask(&["GET", "big"]);
            assert!(value == Reply::Bulk(value_of(letter)));
        }
        let mut letter = b'a';
        for _ in 0..QUESTIONS {
            laggard.expect("+OK\r\n");
            let Reply::Bulk(value) = laggard.reply() else {
                panic!("not a value")
            };
            // Each reply is whole, and never older than the one before.
            assert!(value[0] >= letter && value == value_of(value[0]));
            letter = value[0];
        }
        laggard.send("PING\r\n");
        laggard.expect("+PONG\r\n");
    }
}

/// As in Redis, a client is not idle while it receives replies.
#[test]
fn a_client_that_reads_slowly_is_not_silent() {
    let server = TestServer::start_with(|config| config.timeout_s = 1);
    let mut bystander = server.connect();
    let mut laggard = laggard(&server, &mut bystander);
    let start = bystander.info_number("uptime_in_seconds");
    for second in 1..=4 {
        for _ in 0..2 {
            laggard.expect("+OK\r\n");
            laggard.reply();
        }
        wait_for("a second to pass", || {
            (bystander.info_number("uptime_in_seconds") >= start + second).then_some(())
        });
    }
    for _ in 8..QUESTIONS {
        laggard.expect("+OK\r\n");
        laggard.reply();
    }
}

#[test]
fn a_client_that_leaves_without_reading_leaves_nothing() {
    let server = TestServer::start();
    let mut bystander = server.connect();
    drop(laggard(&server, &mut bystander));
    wait_for("the client to be gone", || {
        (bystander.info_number("connected_clients") == 1).then_some(())
    });
    bystander.expect_exchanges(&[("SET k v", "+OK\r\n"), ("GET k", "$1\r\nv\r\n")]);
}

#[test]
fn a_client_that_does_not_read_does_not_keep_the_server_from_stopping() {
    let server = TestServer::start();
    let mut bystander = server.connect();
    let _laggard = laggard(&server, &mut bystander);
    let server = server.restart();
    let mut bystander = server.connect();
    bystander.expect_exchanges(&[("EXISTS big mine", ":2\r\n")]);
}

/// A thread of its own writes the rest of a long reply that was requested while the client's thread
/// was polling. The client's own thread must not do that when it polls again.
#[test]
fn a_client_that_has_read_late_and_is_idle_holds_up_nobody() {
    const ROUNDS: usize = 3;
    let server = TestServer::start();
    let mut bystander = server.connect();
    set_big(&mut bystander, &vec![b'a'; 20 * VALUE_BYTES]);
    let mut idle = Vec::new();
    for _ in 0..ROUNDS {
        let mut late = server.connect();
        late.expect_exchanges(&[("PING", "+PONG\r\n")]);
        let sent = bystander.info_number("total_net_output_bytes");
        late.send("GET big\r\n");
        wait_for("the server to have written what it can", || {
            let now = bystander.info_number("total_net_output_bytes");
            (now > sent + VALUE_BYTES as u64).then_some(())
        });
        late.reply();
        late.expect_exchanges(&[("SET late 1", "+OK\r\n")]);
        idle.push(late);
        for number in 0..2_000 {
            bystander.expect_exchanges(&[(&format!("SET k {number}"), "+OK\r\n")]);
        }
    }
}

#[test]
fn a_client_that_has_quit_and_does_not_read_is_connected_until_it_has_gone() {
    for fsync in [Fsync::Always, Fsync::EverySecond] {
        let server = TestServer::start_with(|config| config.appendfsync = fsync);
        let mut bystander = server.connect();
        set_big(&mut bystander, &vec![b'a'; 20 * VALUE_BYTES]);
        let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
        for client in &mut clients {
            client.send("SET mine 1\r\nGET big\r\nQUIT\r\n");
        }
        wait_for("all to have quit", || {
            let list = bystander.ask_line("CLIENT LIST").text();
            (list.matches("cmd=quit ").count() == 20).then_some(())
        });
        drop(clients);
        wait_for("all to be gone", || {
            (bystander.info_number("connected_clients") == 1).then_some(())
        });
    }
}
