use crate::support::{Client, TestServer, encode};

fn subscribed(server: &TestServer, request: &str) -> Client {
    let mut client = server.connect();
    client.ask_line(request);
    client
}

#[test]
fn a_message_goes_to_the_channel_and_to_matching_patterns() {
    let server = TestServer::start();
    let mut publisher = server.connect();
    let mut channel = subscribed(&server, "SUBSCRIBE news");
    let mut pattern = subscribed(&server, "PSUBSCRIBE n?ws");
    let mut other = subscribed(&server, "SUBSCRIBE other");
    publisher.expect_exchanges(&[
        ("PUBLISH nobody m", ":0\r\n"),
        ("PUBLISH news m", ":2\r\n"),
        ("PUBLISH other o", ":1\r\n"),
        ("SPUBLISH news s", ":0\r\n"),
    ]);
    channel.expect("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nm\r\n");
    pattern.expect("*4\r\n$8\r\npmessage\r\n$4\r\nn?ws\r\n$4\r\nnews\r\n$1\r\nm\r\n");
    other.expect("*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$1\r\no\r\n");
}

#[test]
fn a_client_gets_a_message_once_for_each_of_its_subscriptions() {
    let server = TestServer::start();
    let mut client = subscribed(&server, "SUBSCRIBE news");
    client.ask_line("PSUBSCRIBE n*");
    assert_eq!(server.connect().ask_line("PUBLISH news m").integer(), 2);
    client.expect("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nm\r\n");
    client.expect("*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$1\r\nm\r\n");
}

#[test]
fn shard_channels_are_apart_from_channels_and_patterns() {
    let server = TestServer::start();
    let mut publisher = server.connect();
    let mut shard = subscribed(&server, "SSUBSCRIBE news");
    let _pattern = subscribed(&server, "PSUBSCRIBE *");
    publisher.expect_exchanges(&[("SPUBLISH news s", ":1\r\n"), ("PUBLISH news m", ":1\r\n")]);
    shard.expect("*3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$1\r\ns\r\n");
}

#[test]
fn messages_of_a_transaction_come_together_and_at_its_end() {
    let server = TestServer::start();
    let mut publisher = server.connect();
    let mut client = subscribed(&server, "SUBSCRIBE news");
    publisher.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("PUBLISH news one", "+QUEUED\r\n"),
        ("SET k v", "+QUEUED\r\n"),
        ("PUBLISH news two", "+QUEUED\r\n"),
    ]);
    assert_eq!(server.connect().ask_line("PUBLISH news zero").integer(), 1);
    publisher.expect_exchanges(&[("EXEC", "*3\r\n:1\r\n+OK\r\n:1\r\n")]);
    for message in ["$4\r\nzero", "$3\r\none", "$3\r\ntwo"] {
        client.expect(format!(
            "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n{message}\r\n"
        ));
    }
}

#[test]
fn big_messages_and_any_bytes_arrive_whole() {
    let server = TestServer::start();
    let mut publisher = server.connect();
    let mut clients = [(); 3].map(|()| subscribed(&server, "SUBSCRIBE news"));
    let mut big = b"\0\r\n\xff".repeat(1 << 18);
    for request in [&big[..], b""] {
        publisher.send(encode(&[&b"PUBLISH"[..], b"news", request]));
        publisher.expect(":3\r\n");
    }
    let length = big.len();
    big.extend_from_slice(b"\r\n*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$0\r\n\r\n");
    for client in &mut clients {
        client.expect(format!(
            "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n${length}\r\n"
        ));
        client.expect(&big);
    }
}

#[test]
fn messages_and_confirmations_come_without_replies_too() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.send("CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nPING\r\nPUBLISH a m\r\nUNSUBSCRIBE a\r\n");
    client.expect(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
    client.expect(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n");
    client.expect(">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n");
    client.expect_exchanges(&[("CLIENT REPLY ON", "+OK\r\n")]);
}
