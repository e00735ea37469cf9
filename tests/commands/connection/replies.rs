use crate::support::{TestServer, wait_for};

#[test]
fn a_client_can_go_without_replies() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(b"CLIENT REPLY OFF\r\nPING\r\nSET k v\r\nFOO\r\nCLIENT REPLY SKIP\r\nPING\r\n");
    client.expect_exchanges(&[
        ("CLIENT REPLY ON", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("CLIENT REPLY maybe", "-ERR syntax error\r\n"),
    ]);
}

#[test]
fn a_client_can_skip_one_reply() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(b"CLIENT REPLY SKIP\r\nPING a\r\nPING b\r\n");
    client.expect(b"$1\r\nb\r\n");
    client.send(b"CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING c\r\n");
    client.expect(b"+OK\r\n$1\r\nc\r\n");
}

#[test]
fn a_client_that_waits_for_data_may_go_without_the_reply() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(b"CLIENT REPLY SKIP\r\nBLPOP l 0\r\nPING after\r\n");
    let mut other = server.connect();
    wait_for("the client to wait", || {
        (other.info_number("blocked_clients") == 1).then_some(())
    });
    other.expect_exchanges(&[("RPUSH l a", ":1\r\n"), ("EXISTS l", ":0\r\n")]);
    client.expect(b"$5\r\nafter\r\n");
    client.send(b"CLIENT REPLY SKIP\r\nBLPOP l 0.01\r\nPING later\r\n");
    client.expect(b"$5\r\nlater\r\n");
}

#[test]
fn modes_of_a_client_are_shown() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CLIENT NO-EVICT ON", "+OK\r\n"),
        ("CLIENT NO-TOUCH on", "+OK\r\n"),
        ("CLIENT NO-EVICT maybe", "-ERR syntax error\r\n"),
        ("CLIENT GETREDIR", ":-1\r\n"),
    ]);
    let line = client.ask_line("CLIENT INFO").text();
    assert!(line.contains(" flags=eT "), "{line}");
    client.expect_exchanges(&[
        ("CLIENT NO-EVICT OFF", "+OK\r\n"),
        ("CLIENT NO-TOUCH OFF", "+OK\r\n"),
    ]);
    let line = client.ask_line("CLIENT INFO").text();
    assert!(line.contains(" flags=N "), "{line}");
}
