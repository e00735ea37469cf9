//! Hostile clients, and clients of other protocols.

use crate::support::{Client, Process, TempDir, TestServer, wait_for};

#[test]
fn nested_arrays_end_their_connection_and_nothing_else() {
    let server = TestServer::start();
    let mut bystander = server.connect();
    let mut client = server.connect();
    // The server disconnects long before the end, so this may fail.
    let _ = client.try_send("*1\r\n".repeat(50_000));
    wait_for("the client to be gone", || {
        (bystander.info_number("connected_clients") == 1).then_some(())
    });
}

#[test]
fn http_is_hung_up_on_without_a_word() {
    let server = TestServer::start();
    for request in [
        "POST / HTTP/1.1\r\nHost: x\r\n",
        "post /\n",
        "Host: x\r\n",
        "*1\r\n$4\r\nPOST\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nSET k v\r\n",
    ] {
        let mut client = server.connect();
        client.send(request);
        client.expect_end();
    }
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\n");
    client.expect("-ERR wrong number of arguments for 'get' command\r\n");
    client.send("Host: x\r\n");
    client.expect_end();
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

#[test]
fn http_is_hung_up_on_before_auth_too() {
    let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: x\r\n");
    client.expect_end();
}

#[test]
fn headers_that_promise_much_take_no_memory() {
    const CLIENTS: usize = 200;
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut bystander = server.connect();
    bystander.expect_exchanges(&[("PING", "+PONG\r\n")]);
    let before = server.resident_bytes();

    // A million arguments of 512 MB each.
    let promise = "*1000000\r\n$536870912\r\nthese are the first few of them";
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = server.connect();
        client.send(promise);
        clients.push(client);
    }
    wait_for("the server to read the promises", || {
        let read = bystander.info_number("total_net_input_bytes");
        (read >= (CLIENTS * promise.len()) as u64).then_some(())
    });
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 100 << 20, "grew by {grown} bytes");
    bystander.expect_exchanges(&[("PING", "+PONG\r\n")]);
}
