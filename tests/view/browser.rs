//! A browser as far as tests need one: requests of any bytes, and the stream of events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use threadbare::Config;

use crate::support::{PATIENCE, TestServer, free_port};

/// A server with a page, and the page's port.
pub(super) struct Site {
    pub(super) server: TestServer,
    pub(super) port: u16,
}

impl Site {
    pub(super) fn start_with(change: impl FnOnce(&mut Config)) -> Site {
        let port = free_port();
        let server = TestServer::start_with(|config| {
            config.view.port = port;
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

    pub(super) fn events(&self) -> Events {
        Events::open(self.port)
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

/// The samples of a page.
pub(super) struct Events(BufReader<TcpStream>);

impl Events {
    fn open(port: u16) -> Events {
        let mut stream = connect(port);
        let request = format!("GET /events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .expect("a server that reads");
        Events(BufReader::new(stream))
    }

    /// Returns the next sample for which `is_wanted` holds.
    pub(super) fn wait_for(&mut self, what: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a sample");
            assert!(!line.is_empty(), "the events ended before {what}");
            if line.strip_prefix("data: ").is_some_and(&is_wanted) {
                return line;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "waited in vain for {what}: {line}"
            );
        }
    }
}

/// Returns the names of the threads in `state` in a sample.
pub(super) fn threads_in<'a>(sample: &'a str, state: &str) -> Vec<&'a str> {
    let state = format!("\"state\":\"{state}\"");
    let lanes = sample.split("{\"tid\":").skip(1);
    let lanes = lanes.filter(|lane| lane.split('}').next().is_some_and(|it| it.contains(&state)));
    let name = |lane: &'a str| lane.split("\"name\":\"").nth(1)?.split('"').next();
    lanes.filter_map(name).collect()
}
