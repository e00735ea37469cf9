use crate::support::TestServer;

#[test]
fn pubsub_tells_which_channels_have_subscribers() {
    let server = TestServer::start();
    let mut asker = server.connect();
    asker.expect_exchanges(&[
        ("PUBSUB CHANNELS", "*0\r\n"),
        ("PUBSUB NUMPAT", ":0\r\n"),
        ("PUBSUB NUMSUB", "*0\r\n"),
    ]);
    let mut clients = [(); 2].map(|()| server.connect());
    for client in &mut clients {
        client.ask_line("SUBSCRIBE a");
        client.ask_line("PSUBSCRIBE x*");
        client.ask_line("SSUBSCRIBE s");
    }
    clients[0].ask_line("PSUBSCRIBE y*");
    asker.expect_exchanges(&[
        ("PUBSUB CHANNELS", "*1\r\n$1\r\na\r\n"),
        ("PUBSUB CHANNELS b*", "*0\r\n"),
        ("PUBSUB NUMSUB b a", "*4\r\n$1\r\nb\r\n:0\r\n$1\r\na\r\n:2\r\n"),
        // Patterns are counted, not their subscribers.
        ("PUBSUB NUMPAT", ":2\r\n"),
        ("PUBSUB SHARDCHANNELS ?", "*1\r\n$1\r\ns\r\n"),
        ("PUBSUB SHARDNUMSUB s", "*2\r\n$1\r\ns\r\n:2\r\n"),
        (
            "PUBSUB CHANNELS a b",
            "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.\r\n",
        ),
    ]);
}

#[test]
fn client_list_knows_subscribers() {
    let server = TestServer::start();
    let mut asker = server.connect();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    for request in ["SUBSCRIBE a", "SUBSCRIBE b", "PSUBSCRIBE p", "SSUBSCRIBE s"] {
        client.ask_line(request);
    }
    let line = asker.ask_line("CLIENT LIST TYPE pubsub").text();
    assert!(line.contains(" flags=P "), "{line}");
    assert!(line.contains(" sub=2 psub=1 ssub=1 "), "{line}");
    assert_eq!(line.lines().count(), 1);
    let line = asker.ask_line("CLIENT LIST TYPE normal").text();
    assert_eq!(line.lines().count(), 1);
    asker.expect_exchanges(&[("CLIENT KILL TYPE pubsub", ":1\r\n")]);
    client.expect_end();
}
