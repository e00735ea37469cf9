//! A browser as far as tests need one: requests of any bytes, and what the events say of a client.

use std::io::{Read, Write};
use std::net::TcpStream;

use threadbare::Config;

use crate::support::{Client, Json, PATIENCE, Page, TestServer, with_page};

/// A server with a page, and the page's port.
pub(super) struct Site {
    pub(super) server: TestServer,
    pub(super) port: u16,
}

impl Site {
    pub(super) fn start_with(change: impl FnOnce(&mut Config)) -> Site {
        let mut port = 0;
        let server = TestServer::start_with(|config| {
            port = with_page(config);
            change(config);
        });
        server.address();
        Site { server, port }
    }

    /// A server whose page can slow it down.
    pub(super) fn classroom() -> Site {
        Site::start_with(|config| config.view.classroom = true)
    }

    /// Sends a GET with more header lines, and returns the response.
    pub(super) fn get(&self, path: &str, headers: &str) -> String {
        let port = self.port;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n");
        exchange(port, request.as_bytes())
    }

    /// Sends a form as the page does, and returns the response.
    pub(super) fn post(&self, path: &str, body: &str) -> String {
        post(self.port, path, body)
    }

    /// Makes each step of a client take `ms` milliseconds; 0 ends that.
    pub(super) fn slow_down(&self, client: i64, ms: u64) {
        let body = format!("client={client}&ms={ms}");
        assert_eq!(status(&self.post("/classroom/slow", &body)), 204);
    }

    pub(super) fn open(&self) -> Page {
        Page::open(self.port)
    }
}

pub(super) fn post(port: u16, path: &str, body: &str) -> String {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(port, request.as_bytes())
}

pub(super) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// Sends bytes and returns the response up to its end.
pub(super) fn exchange(port: u16, request: &[u8]) -> String {
    let mut stream = connect(port);
    stream.write_all(request).expect("a server that reads");
    let mut response = String::new();
    // A refused request may end with a reset, behind the response.
    let _ = stream.read_to_string(&mut response);
    response
}

/// Returns the number of a response's status.
#[track_caller]
pub(super) fn status(response: &str) -> u16 {
    let words = response.split(' ').nth(1);
    let number = words.and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("a response was expected, not {response:?}"))
}

/// Returns the name of the client's thread.
pub(super) fn thread_of(client: &mut Client) -> String {
    format!("client-{}", client.ask_line("CLIENT ID").integer())
}

/// Returns the thread of this name, if it has a lane.
pub(super) fn lane<'a>(sample: &'a Json, name: &str) -> Option<&'a Json> {
    let mut threads = sample.items("threads").iter();
    threads.find(|it| it.text("name") == name)
}

/// Returns whether the thread of this name has a lane that shows this state.
pub(super) fn is_in(sample: &Json, name: &str, state: &str) -> bool {
    lane(sample, name).is_some_and(|it| it.text("state") == state)
}

/// Waits until the thread of this name is in this state.
pub(super) fn wait_for_state(page: &mut Page, name: &str, state: &str) {
    page.until(&format!("{name} in the state {state}"), |sample| {
        is_in(sample, name, state).then_some(())
    });
}
