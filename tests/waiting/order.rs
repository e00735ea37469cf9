use super::Line;
use crate::support::TestServer;

#[test]
fn clients_are_served_in_the_order_in_which_they_came() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut first = line.join("BLPOP l 0");
    let mut second = line.join("BRPOP l 0");
    let mut third = line.join("BLMPOP 0 2 x l LEFT COUNT 2");
    line.expect(&[("RPUSH l a b c d e", ":5\r\n"), ("LLEN l", ":1\r\n")]);
    first.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    second.expect("*2\r\n$1\r\nl\r\n$1\r\ne\r\n");
    third.expect("*2\r\n$1\r\nl\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n");
}

#[test]
fn a_client_stays_in_line_if_there_is_not_enough() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut first = line.join("BLPOP l 0");
    let mut second = line.join("BLPOP l 0");
    line.expect(&[("LPUSH l a", ":1\r\n")]);
    first.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
    // It is at the end of the line now.
    line.rejoin(&mut first, "BLPOP l 0");
    line.expect(&[("LPUSH l b", ":1\r\n"), ("LPUSH l c", ":1\r\n")]);
    second.expect("*2\r\n$1\r\nl\r\n$1\r\nb\r\n");
    first.expect("*2\r\n$1\r\nl\r\n$1\r\nc\r\n");
}

/// A command with several elements is whole before anybody is served.
#[test]
fn a_variadic_push_is_whole() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    line.expect(&[
        ("LPUSH l a b c", ":3\r\n"),
        ("LRANGE l 0 -1", "*2\r\n$1\r\nb\r\n$1\r\na\r\n"),
    ]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\nc\r\n");
}

#[test]
fn of_several_keys_the_first_to_be_ready_counts() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP a b a 0");
    line.expect(&[("RPUSH b 1", ":1\r\n"), ("RPUSH a 2", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nb\r\n$1\r\n1\r\n");
    line.rejoin(&mut client, "BLMPOP 0 3 x y b RIGHT");
    line.expect(&[
        ("MULTI", "+OK\r\n"),
        ("RPUSH y 3", "+QUEUED\r\n"),
        ("RPUSH x 4", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n:1\r\n:1\r\n"),
        ("EXISTS a x y", ":2\r\n"),
    ]);
    client.expect("*2\r\n$1\r\ny\r\n*1\r\n$1\r\n3\r\n");
}

#[test]
fn a_transaction_serves_the_line_at_its_end() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = line.join("BLPOP l 0");
    line.expect(&[
        ("MULTI", "+OK\r\n"),
        ("RPUSH l a", "+QUEUED\r\n"),
        ("DEL l", "+QUEUED\r\n"),
        ("RPUSH l b", "+QUEUED\r\n"),
        ("LPOP l", "+QUEUED\r\n"),
        ("EXEC", "*4\r\n:1\r\n:1\r\n:1\r\n$1\r\nb\r\n"),
        ("MULTI", "+OK\r\n"),
        ("RPUSH l c d", "+QUEUED\r\n"),
        ("LPUSH l e", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n:2\r\n:3\r\n"),
        ("LLEN l", ":2\r\n"),
    ]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\ne\r\n");
}

#[test]
fn moves_hand_an_element_down_a_chain_of_clients() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut last = line.join("BLPOP c 0");
    let mut second = line.join("BLMOVE b c LEFT LEFT 0");
    let mut first = line.join("BRPOPLPUSH a b 0");
    line.expect(&[("RPUSH a x", ":1\r\n"), ("EXISTS a b c", ":0\r\n")]);
    first.expect("$1\r\nx\r\n");
    second.expect("$1\r\nx\r\n");
    last.expect("*2\r\n$1\r\nc\r\n$1\r\nx\r\n");
}

#[test]
fn moves_in_a_circle_come_to_an_end() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut first = line.join("BRPOPLPUSH a b 0");
    let mut second = line.join("BRPOPLPUSH b a 0");
    line.expect(&[
        ("RPUSH a x", ":1\r\n"),
        ("LRANGE a 0 -1", "*1\r\n$1\r\nx\r\n"),
        ("EXISTS b", ":0\r\n"),
    ]);
    first.expect("$1\r\nx\r\n");
    second.expect("$1\r\nx\r\n");
    let mut itself = line.join("BLMOVE c c LEFT RIGHT 0");
    let mut next = line.join("BLPOP c 0");
    line.expect(&[
        ("RPUSH c 1 2", ":2\r\n"),
        ("LRANGE c 0 -1", "*1\r\n$1\r\n1\r\n"),
    ]);
    itself.expect("$1\r\n1\r\n");
    next.expect("*2\r\n$1\r\nc\r\n$1\r\n2\r\n");
}

#[test]
fn a_move_to_a_key_of_another_type_fails_and_loses_nothing() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut first = line.join("BLMOVE l s LEFT LEFT 0");
    let mut second = line.join("BLPOP l 0");
    line.expect(&[
        ("SET s x", "+OK\r\n"),
        ("RPUSH l a b", ":2\r\n"),
        ("LRANGE l 0 -1", "*1\r\n$1\r\nb\r\n"),
    ]);
    first.expect("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    second.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}

/// An answer has the form that the client asked for, and wakes its own watch of the key.
#[test]
fn a_served_client_is_served_as_itself() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.ask_line("SELECT 5");
    line.rejoin(&mut client, "BLPOP l 0");
    let mut watching = server.connect();
    watching.expect_exchanges(&[
        ("SELECT 5", "+OK\r\n"),
        ("WATCH m", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("PING", "+QUEUED\r\n"),
    ]);
    let mut mover = server.connect();
    mover.ask_line("SELECT 5");
    line.rejoin(&mut mover, "BLMOVE k m LEFT LEFT 0");
    line.expect(&[
        ("RPUSH l a", ":1\r\n"),
        ("SELECT 5", "+OK\r\n"),
        ("RPUSH k b", ":1\r\n"),
    ]);
    mover.expect("$1\r\nb\r\n");
    watching.expect_exchanges(&[("EXEC", "*-1\r\n")]);
    line.expect(&[("RPUSH l a", ":1\r\n")]);
    client.expect("*2\r\n$1\r\nl\r\n$1\r\na\r\n");
}
