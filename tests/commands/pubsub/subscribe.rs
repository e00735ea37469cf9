use crate::support::{Client, TestServer};

const REFUSED: &str = "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
                       RESET are allowed in this context\r\n";

/// The reply about a channel, in RESP2.
fn about(word: &str, channel: &str, count: usize) -> String {
    let (word_bytes, channel_bytes) = (word.len(), channel.len());
    format!("*3\r\n${word_bytes}\r\n{word}\r\n${channel_bytes}\r\n{channel}\r\n:{count}\r\n")
}

#[test]
fn subscribe_confirms_each_channel_with_the_number_of_subscriptions() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send_line("SUBSCRIBE a b a");
    for (channel, count) in [("a", 1), ("b", 2), ("a", 2)] {
        client.expect(about("subscribe", channel, count));
    }
    client.send_line("PSUBSCRIBE p*");
    client.expect(about("psubscribe", "p*", 3));
    // Shard channels are counted apart.
    client.send_line("SSUBSCRIBE a");
    client.expect(about("ssubscribe", "a", 1));
    client.send_line("UNSUBSCRIBE nope b");
    client.expect(about("unsubscribe", "nope", 3));
    client.expect(about("unsubscribe", "b", 2));
    client.send_line("PUNSUBSCRIBE");
    client.expect(about("punsubscribe", "p*", 1));
    client.send_line("UNSUBSCRIBE");
    client.expect(about("unsubscribe", "a", 0));
    client.expect_exchanges(&[
        ("UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n"),
        ("GET k", REFUSED),
    ]);
    client.send_line("SUNSUBSCRIBE");
    client.expect(about("sunsubscribe", "a", 0));
    client.expect_exchanges(&[
        ("GET k", "$-1\r\n"),
        ("PUNSUBSCRIBE", "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:0\r\n"),
        (
            "SUBSCRIBE",
            "-ERR wrong number of arguments for 'subscribe' command\r\n",
        ),
    ]);
}

#[test]
fn a_subscriber_in_resp2_can_only_change_its_subscriptions() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send_line("SUBSCRIBE a");
    client.expect(about("subscribe", "a", 1));
    client.expect_exchanges(&[
        ("GET k", REFUSED),
        (
            "CLIENT ID",
            "-ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
             RESET are allowed in this context\r\n",
        ),
        ("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n"),
        ("PING hello", "*2\r\n$4\r\npong\r\n$5\r\nhello\r\n"),
        ("RESET", "+RESET\r\n"),
        ("PING", "+PONG\r\n"),
        ("GET k", "$-1\r\n"),
    ]);
}

#[test]
fn a_subscriber_in_resp3_can_do_everything_and_gets_pushes() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("SUBSCRIBE a", ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"),
        ("GET k", "_\r\n"),
        ("PING", "+PONG\r\n"),
    ]);
    // A message to the client itself precedes the reply.
    client.send_line("PUBLISH a m");
    client.expect(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n:1\r\n");
    client.expect_exchanges(&[
        (
            "UNSUBSCRIBE",
            ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n",
        ),
        ("UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n"),
    ]);
}

#[test]
fn a_transaction_can_subscribe() {
    let server = TestServer::start();
    let mut client = server.connect();
    let subscribed = about("subscribe", "a", 1);
    client.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("SUBSCRIBE a", "+QUEUED\r\n"),
        ("GET k", "+QUEUED\r\n"),
        ("EXEC", &format!("*2\r\n{subscribed}$-1\r\n")),
        ("GET k", REFUSED),
    ]);
}

fn receivers(client: &mut Client, channel: &str) -> i64 {
    client.ask_line(&format!("PUBLISH {channel} m")).integer()
}

#[test]
fn reset_and_the_end_of_the_connection_end_the_subscriptions() {
    let server = TestServer::start();
    let mut publisher = server.connect();
    let (mut first, mut second) = (server.connect(), server.connect());
    for client in [&mut first, &mut second] {
        client.send_line("SUBSCRIBE a");
        client.expect(about("subscribe", "a", 1));
    }
    assert_eq!(receivers(&mut publisher, "a"), 2);
    first.expect("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n");
    first.expect_exchanges(&[("RESET", "+RESET\r\n")]);
    assert_eq!(receivers(&mut publisher, "a"), 1);
    drop(second);
    crate::support::wait_for("the subscriber is gone", || {
        (receivers(&mut publisher, "a") == 0).then_some(())
    });
}
