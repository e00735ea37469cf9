//! Clients that wait for data: the order in which they are served, what makes a key ready, and how
//! a wait ends.

mod ends;
mod log;
mod many;
mod order;
mod pipeline;
mod ready;

use crate::support::{Client, TestServer, wait_for};

/// The line of clients that wait, and another client.
struct Line<'a> {
    server: &'a TestServer,
    other: Client,
    waiting: u64,
}

impl Line<'_> {
    fn new(server: &TestServer) -> Line<'_> {
        Line {
            server,
            other: server.connect(),
            waiting: 0,
        }
    }

    /// Connects a client that sends `line` and begins to wait.
    fn join(&mut self, line: &str) -> Client {
        let mut client = self.server.connect();
        self.rejoin(&mut client, line);
        client
    }

    /// Sends `line` from a client, which begins to wait.
    fn rejoin(&mut self, client: &mut Client, line: &str) {
        client.send_line(line);
        self.await_count(self.waiting + 1);
    }

    /// Waits until this number of clients wait.
    fn await_count(&mut self, count: u64) {
        self.waiting = count;
        wait_for("the number of clients in line", || {
            (self.other.info_number("blocked_clients") == count).then_some(())
        });
    }

    /// Sends the requests from the other client, and compares each reply.
    #[track_caller]
    fn expect(&mut self, exchanges: &[(&str, &str)]) {
        self.other.expect_exchanges(exchanges);
        self.waiting = self.other.info_number("blocked_clients");
    }
}
