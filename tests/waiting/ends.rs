use super::Line;
use crate::support::{TestServer, encode, wait_for};

const UNBLOCKED: &str = "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n";

#[test]
fn a_client_whose_time_is_over_is_out_of_the_line() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut first = server.connect();
    first.expect_exchanges(&[("BLPOP l k 0.05", "*-1\r\n"), ("BLPOP k 0.001", "*-1\r\n")]);
    let mut second = line.join("BLPOP l 1000");
    line.expect(&[("RPUSH k a", ":1\r\n"), ("RPUSH l b", ":1\r\n")]);
    second.expect("*2\r\n$1\r\nl\r\n$1\r\nb\r\n");
    first.expect_exchanges(&[("BLPOP l k 1000", "*2\r\n$1\r\nk\r\n$1\r\na\r\n")]);
}

#[test]
fn a_client_that_goes_is_out_of_the_line() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut half_closed = line.join("BLPOP l 0");
    let gone = line.join("BLPOP l 0");
    let mut pipelined = line.join("BLPOP l 0");
    pipelined.send("PING\r\n");
    let mut stays = line.join("BLPOP l 0");
    half_closed.end_input();
    half_closed.expect_end();
    drop((gone, pipelined));
    line.await_count(1);
    line.expect(&[("RPUSH l a b", ":2\r\n"), ("LLEN l", ":1\r\n")]);
    stays.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

#[test]
fn client_unblock_ends_a_wait() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = server.connect();
    let id = client.ask_line("CLIENT ID").integer();
    let unblock = |words: &str| format!("CLIENT UNBLOCK {id}{words}");
    line.expect(&[(&unblock(""), ":0\r\n")]);
    for (words, reply) in [
        ("", "*-1\r\n"),
        (" TIMEOUT", "*-1\r\n"),
        (" error", UNBLOCKED),
    ] {
        line.rejoin(&mut client, "BLMOVE l m LEFT LEFT 0");
        line.expect(&[(&unblock(words), ":1\r\n"), (&unblock(words), ":0\r\n")]);
        client.expect(reply);
    }
    line.expect(&[
        (
            "CLIENT UNBLOCK abc",
            "-ERR value is not an integer or out of range\r\n",
        ),
        ("CLIENT UNBLOCK -1", ":0\r\n"),
        (
            &unblock(" soon"),
            "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR\r\n",
        ),
        (
            &unblock(" error x"),
            "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT \
             HELP.\r\n",
        ),
    ]);
}

/// After the reply 1 no element goes to the unblocked client, also within a transaction.
#[test]
fn client_unblock_works_in_a_transaction() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = server.connect();
    let id = client.ask_line("CLIENT ID").integer();
    line.rejoin(&mut client, "BLPOP l 0");
    line.expect(&[
        ("MULTI", "+OK\r\n"),
        (&format!("CLIENT UNBLOCK {id}"), "+QUEUED\r\n"),
        ("EXEC", "*1\r\n:1\r\n"),
    ]);
    client.expect("*-1\r\n");
    line.rejoin(&mut client, "BLPOP l 0");
    line.expect(&[
        ("MULTI", "+OK\r\n"),
        ("RPUSH l a", "+QUEUED\r\n"),
        (&format!("CLIENT UNBLOCK {id} ERROR"), "+QUEUED\r\n"),
        ("EXEC", "*2\r\n:1\r\n:1\r\n"),
        ("LLEN l", ":1\r\n"),
    ]);
    client.expect(UNBLOCKED);
}

#[test]
fn client_list_shows_who_waits() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BRPOPLPUSH a b 0");
    let list = line.other.ask_line("CLIENT LIST").text();
    assert!(
        list.contains(" flags=b ") && list.contains(" cmd=brpoplpush "),
        "{list}"
    );
    line.expect(&[("RPUSH a x", ":1\r\n")]);
    client.expect("$1\r\nx\r\n");
    let list = line.other.ask_line("CLIENT LIST").text();
    assert!(!list.contains(" flags=b "), "{list}");
}

/// `timeout` is about clients that do nothing. A wait is not idleness, and a served client is not
/// idle either.
#[test]
fn a_waiting_client_is_not_idle() {
    let server = TestServer::start_with(|config| config.timeout_s = 1);
    let mut line = Line::new(&server);
    let mut idle = server.connect();
    let mut client = line.join("BLPOP l 0");
    idle.expect_end();
    // The other client was idle as long.
    line.other = server.connect();
    line.expect(&[("RPUSH l a", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    client.expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[test]
fn stopping_does_not_hang_on_waiting_clients() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    let mut pipelined = line.join("BLPOP l 1000");
    pipelined.send("PING\r\n");
    drop(line);
    server.stop();
    client.expect_end();
    pipelined.expect_end();
}

/// A client that is cut because it does not read its replies is out of the line as well.
#[test]
fn a_client_over_its_output_limit_is_out_of_the_line() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    line.expect(&[(
        "CONFIG SET client-output-buffer-limit 'normal 100000 0 0'",
        "+OK\r\n",
    )]);
    let mut greedy = line.join("BLPOP l 0");
    let mut next = line.join("BLPOP l 0");
    let big = vec![b'x'; 4_000_000];
    line.other.send(encode(&[b"RPUSH", &b"l"[..], &big]));
    line.other.expect(":1\r\n");
    greedy.expect_end();
    line.expect(&[("RPUSH l a", ":1\r\n")]);
    next.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    wait_for("the end of the cut client", || {
        (line.other.info_number("connected_clients") == 2).then_some(())
    });
}
