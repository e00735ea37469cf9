//! A browser, as far as it reads the events of the page.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Instant;

use super::{Json, PATIENCE, TestServer, free_port};
use threadbare::Config;

/// Sets a free port for the page, and returns it.
pub(crate) fn with_page(config: &mut Config) -> u16 {
    config.view.port = free_port();
    config.view.port
}

/// An open stream of events.
pub(crate) struct Page {
    events: BufReader<TcpStream>,
    port: u16,
}

impl Page {
    /// Starts a server with a page, and opens its stream of events.
    pub(crate) fn start(change: impl FnOnce(&mut Config)) -> (TestServer, Page) {
        let mut port = 0;
        let server = TestServer::start_with(|config| {
            port = with_page(config);
            change(config);
        });
        server.address();
        (server, Page::open(port))
    }

    /// Opens the stream of events at this port.
    pub(crate) fn open(port: u16) -> Page {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("a request");
        let events = BufReader::new(stream);
        let mut page = Page { events, port };
        assert_eq!(page.line(), "HTTP/1.1 200 OK");
        while !page.line().is_empty() {}
        page
    }

    /// Returns the port of the page.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the name and the data of the next event.
    pub(crate) fn event(&mut self) -> (String, Json) {
        let name = self.line();
        let data = self.line();
        assert_eq!(self.line(), "");
        let name = name.strip_prefix("event: ").expect("a name");
        let data = data.strip_prefix("data: ").expect("data");
        (name.to_owned(), Json::parse(data))
    }

    /// Returns the next sample.
    pub(crate) fn sample(&mut self) -> Json {
        loop {
            if let (name, data) = self.event()
                && name == "sample"
            {
                return data;
            }
        }
    }

    /// Reads samples until `look` finds something in one, and returns that.
    pub(crate) fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Json) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let sample = self.sample();
            if let Some(found) = look(&sample) {
                return found;
            }
            let is_late = Instant::now() >= deadline;
            assert!(!is_late, "waited in vain for {what}; last was {sample:?}");
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.events.read_line(&mut line).expect("a line");
        assert!(line.ends_with('\n'), "the end of the events");
        line.trim_end().to_owned()
    }
}
