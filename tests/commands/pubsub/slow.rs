use threadbare::config::OutputLimit;

use crate::support::{TestServer, encode, wait_for};

const LIMIT_BYTES: u64 = 1 << 20;

#[test]
fn a_subscriber_that_does_not_read_is_cut_and_delays_nobody() {
    let server = TestServer::start_with(|config| {
        config.client_output_buffer_limit.pubsub = OutputLimit {
            hard_bytes: LIMIT_BYTES,
            ..OutputLimit::default()
        };
    });
    let mut publisher = server.connect();
    let (mut slow, mut reader) = (server.connect(), server.connect());
    for client in [&mut slow, &mut reader] {
        client.ask_line("SUBSCRIBE c");
    }
    let request = encode(&[&b"PUBLISH"[..], b"c", &[b'x'; 10_000]]);
    wait_for("the slow subscriber is cut", || {
        publisher.send(&request);
        let receivers = publisher.reply().integer();
        assert_eq!(reader.reply().array()[2].text().len(), 10_000);
        (receivers == 1).then_some(())
    });
    // The limit is that of subscribers only.
    let clients = publisher.ask_line("CLIENT LIST").text();
    assert_eq!(clients.lines().count(), 2);
}

#[test]
fn a_message_above_the_hard_limit_is_not_sent() {
    let server = TestServer::start();
    let mut publisher = server.connect();
    publisher.expect_exchanges(&[(
        "CONFIG SET client-output-buffer-limit 'pubsub 100000 0 0'",
        "+OK\r\n",
    )]);
    let mut client = server.connect();
    client.ask_line("SUBSCRIBE c");
    publisher.send(encode(&[&b"PUBLISH"[..], b"c", &[b'x'; 200_000]]));
    publisher.expect(":1\r\n");
    client.expect_end();
}
