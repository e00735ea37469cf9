//! A client that compares replies byte for byte.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use super::PATIENCE;

pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("a server that listens");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client(stream)
    }

    /// Sends `request` and expects exactly `reply`. Both may be big: the reply is read while the
    /// request is still being written.
    pub(crate) fn exchange(&mut self, request: impl AsRef<[u8]>, reply: impl AsRef<[u8]>) {
        let request = request.as_ref();
        let mut sending = self.0.try_clone().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || sending.write_all(request).expect("a server that reads"));
            self.expect(reply);
        });
    }

    pub(crate) fn expect(&mut self, reply: impl AsRef<[u8]>) {
        let expected = reply.as_ref();
        let mut got = vec![0; expected.len()];
        self.0.read_exact(&mut got).expect("a reply");
        assert!(
            got == expected,
            "{:?} instead of {:?}",
            beginning(&got),
            beginning(expected)
        );
    }

    /// Expects `reply` and then the end of the connection.
    pub(crate) fn expect_end(&mut self, reply: &str) {
        self.expect(reply);
        assert_eq!(
            self.0.read(&mut [0]).expect("an end"),
            0,
            "more than {reply:?}"
        );
    }

    pub(crate) fn send(&mut self, request: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(request.as_ref())
    }

    /// Returns whether `reply` comes before the connection ends.
    pub(crate) fn hears(&mut self, reply: &[u8]) -> bool {
        let mut got = vec![0; reply.len()];
        self.0.read_exact(&mut got).is_ok_and(|()| got == reply)
    }

    /// Returns the reply of INFO.
    pub(crate) fn info(&mut self) -> String {
        self.send("INFO\r\n").expect("a server that reads");
        let mut reader = BufReader::new(&self.0);
        let mut head = String::new();
        reader.read_line(&mut head).expect("a reply");
        let length: usize = head[1..].trim().parse().expect("a bulk string");
        let mut text = vec![0; length + 2];
        reader.read_exact(&mut text).expect("a reply");
        String::from_utf8(text).expect("text")
    }

    pub(crate) fn has_heard_nothing(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let peeked = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Shuts down the sending side.
    pub(crate) fn half_close(&mut self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }
}

fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
}
