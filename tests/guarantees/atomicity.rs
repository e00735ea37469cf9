//! A transaction is one step: no client sees half of it, and it sees no half of another.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::{Client, Reply, TestServer, encode};

const WRITERS: usize = 8;
const READERS: usize = 8;
const TRANSACTIONS: usize = 150;

/// A transaction that sets both keys to the same value.
fn set_both(value: &str) -> [Vec<u8>; 4] {
    [
        encode(&["MULTI"]),
        encode(&["SET", "a", value]),
        encode(&["SET", "b", value]),
        encode(&["EXEC"]),
    ]
}

/// The replies to the transaction, request by request.
const ANSWERS: [&str; 4] = [
    "+OK\r\n",
    "+QUEUED\r\n",
    "+QUEUED\r\n",
    "*2\r\n+OK\r\n+OK\r\n",
];

/// Sends transactions, by turns as one pipeline and request by request, so that other clients come
/// in between.
fn write(address: SocketAddr, writer: usize) {
    let mut client = Client::connect(address);
    for number in 0..TRANSACTIONS {
        let requests = set_both(&format!("{writer}:{number}"));
        if number % 2 == 0 {
            client.send(requests.concat());
            client.expect(ANSWERS.concat());
        } else {
            for (request, answer) in requests.iter().zip(ANSWERS) {
                client.send(request);
                client.expect(answer);
            }
        }
    }
}

fn both_by_one_command(client: &mut Client) -> Reply {
    client.ask(&["MGET", "a", "b"])
}

fn both_by_one_transaction(client: &mut Client) -> Reply {
    client.ask(&["MULTI"]);
    client.ask(&["GET", "a"]);
    client.ask(&["GET", "b"]);
    client.ask(&["EXEC"])
}

#[test]
fn no_reader_sees_half_a_transaction() {
    let server = TestServer::start();
    let address = server.address();
    let start = Barrier::new(WRITERS + READERS);
    let writing = AtomicUsize::new(WRITERS);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (start, writing) = (&start, &writing);
            scope.spawn(move || {
                // Counted down even after a panic, because the readers must end.
                let _done = CountDown(writing);
                start.wait();
                write(address, writer);
            });
        }
        for reader in 0..READERS {
            let (start, writing) = (&start, &writing);
            let read = [both_by_one_command, both_by_one_transaction][reader % 2];
            scope.spawn(move || {
                let mut client = Client::connect(address);
                start.wait();
                while writing.load(Ordering::Relaxed) > 0 {
                    let values = read(&mut client);
                    let [a, b] = values.array() else {
                        panic!("two values were expected, not {values:?}");
                    };
                    assert_eq!(a, b);
                }
            });
        }
    });
}

/// Decrements the counter when it is dropped.
struct CountDown<'a>(&'a AtomicUsize);

impl Drop for CountDown<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Queued commands are executed by EXEC, after all commands before it.
#[test]
fn a_queued_transaction_sees_what_came_before_exec() {
    let server = TestServer::start();
    let (mut one, mut other) = (server.connect(), server.connect());
    one.expect_exchanges(&[
        ("SET k 1", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("INCR k", "+QUEUED\r\n"),
        ("GET k", "+QUEUED\r\n"),
    ]);
    other.expect_exchanges(&[("GET k", "$1\r\n1\r\n"), ("SET k 10", "+OK\r\n")]);
    one.expect_exchanges(&[("EXEC", "*2\r\n:11\r\n$2\r\n11\r\n")]);
}
