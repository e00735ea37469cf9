//! A small client: requests as words or raw bytes, replies as trees or raw bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::{self, JoinHandle};

use threadbare::quoting::split_words;

use super::PATIENCE;

/// A reply. The maps, sets and pushes of RESP3 are arrays here, as in RESP2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Null,
    Array(Vec<Reply>),
}

impl Reply {
    /// Returns the text of a simple or bulk string.
    pub(crate) fn text(&self) -> String {
        match self {
            Reply::Simple(text) => text.clone(),
            Reply::Bulk(bytes) => String::from_utf8(bytes.clone()).expect("a reply in UTF-8"),
            other => panic!("a string was expected, not {other:?}"),
        }
    }

    /// Returns the text of an error.
    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Reply::Error(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn integer(&self) -> i64 {
        match self {
            Reply::Integer(value) => *value,
            other => panic!("an integer was expected, not {other:?}"),
        }
    }

    pub(crate) fn array(&self) -> &[Reply] {
        match self {
            Reply::Array(elements) => elements,
            other => panic!("an array was expected, not {other:?}"),
        }
    }

    /// Returns the texts of an array of strings.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.array().iter().map(Reply::text).collect()
    }
}

/// Returns a request as a RESP array.
pub(crate) fn encode(args: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        let arg = arg.as_ref();
        bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        bytes.extend_from_slice(arg);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// A connection. A method panics on an error or a timeout, unless its name begins with `try`.
pub(crate) struct Client {
    input: BufReader<TcpStream>,
    sent_bytes: u64,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        Client::try_connect(address).expect("a connection")
    }

    pub(crate) fn try_connect(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Client::over(stream)
    }

    /// Connects to a Unix socket.
    pub(crate) fn connect_unix(path: &Path) -> Client {
        Client::try_connect_unix(path).expect("a connection")
    }

    pub(crate) fn try_connect_unix(path: &Path) -> io::Result<Client> {
        let socket = OwnedFd::from(UnixStream::connect(path)?);
        // Both kinds of socket are read and written with the same calls.
        Client::over(TcpStream::from(socket))
    }

    fn over(stream: TcpStream) -> io::Result<Client> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Client {
            input: BufReader::new(stream),
            sent_bytes: 0,
        })
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("bytes that can be sent");
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.sent_bytes += bytes.as_ref().len() as u64;
        self.input.get_ref().write_all(bytes.as_ref())
    }

    /// Sends `bytes` from another thread, so that this one can read replies meanwhile.
    pub(crate) fn send_aside(&mut self, bytes: Vec<u8>) -> JoinHandle<()> {
        self.sent_bytes += bytes.len() as u64;
        let mut stream = self.input.get_ref().try_clone().expect("a second handle");
        thread::spawn(move || stream.write_all(&bytes).expect("bytes that can be sent"))
    }

    /// Closes the sending direction.
    pub(crate) fn end_input(&mut self) {
        let stream = self.input.get_ref();
        stream
            .shutdown(Shutdown::Write)
            .expect("an open connection");
    }

    /// Returns the address of the client's end.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.input
            .get_ref()
            .local_addr()
            .expect("an open connection")
    }

    /// Returns the number of sent bytes.
    pub(crate) fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Reads one reply.
    pub(crate) fn reply(&mut self) -> Reply {
        self.try_reply().expect("a reply")
    }

    pub(crate) fn try_reply(&mut self) -> io::Result<Reply> {
        read_reply(&mut self.input, &mut Vec::new())
    }

    /// Sends a request and reads its reply.
    pub(crate) fn ask(&mut self, args: &[impl AsRef<[u8]>]) -> Reply {
        self.send(encode(args));
        self.reply()
    }

    /// Sends the words of `line` as a RESP array and reads the reply. Quotes and escapes are those
    /// of an inline command.
    pub(crate) fn ask_line(&mut self, line: &str) -> Reply {
        self.send_line(line);
        self.reply()
    }

    /// Sends the words of `line` as a RESP array.
    pub(crate) fn send_line(&mut self, line: &str) {
        self.send(encode(&words(line)));
    }

    /// Sends the requests one after the other and compares each reply byte for byte.
    #[track_caller]
    pub(crate) fn expect_exchanges(&mut self, exchanges: &[(&str, &str)]) {
        for (line, expected) in exchanges {
            self.send_line(line);
            let mut raw = Vec::new();
            if let Err(error) = read_reply(&mut self.input, &mut raw) {
                panic!("{line}: {error} after {:?}", raw.escape_ascii().to_string());
            }
            let raw = raw.escape_ascii().to_string();
            assert_eq!(
                raw,
                expected.as_bytes().escape_ascii().to_string(),
                "{line}"
            );
        }
    }

    /// Reads as many bytes as `expected` has, and compares them.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let mut found = Vec::new();
        let result = (&mut self.input)
            .take(expected.len() as u64)
            .read_to_end(&mut found);
        assert!(
            result.is_ok() && found == expected,
            "expected {}\n   found {} ({result:?})",
            excerpt(expected),
            excerpt(&found)
        );
    }

    /// Expects the end of the connection, and no bytes before it.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        let mut found = Vec::new();
        let result = self.input.read_to_end(&mut found);
        let ended = match &result {
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        };
        assert!(
            ended && found.is_empty(),
            "expected the end, found {} ({result:?})",
            excerpt(&found)
        );
    }

    /// Returns a field of INFO.
    pub(crate) fn info(&mut self, field: &str) -> String {
        let text = self.ask(&["INFO"]).text();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        value
            .unwrap_or_else(|| panic!("no {field} in INFO"))
            .to_owned()
    }

    /// Returns a field of INFO as a number.
    pub(crate) fn info_number(&mut self, field: &str) -> u64 {
        self.info(field).parse().expect("a number")
    }
}

fn words(line: &str) -> Vec<Vec<u8>> {
    split_words(line.as_bytes()).expect("quotes that are closed")
}

/// Returns the beginning of `bytes`, for an error message.
fn excerpt(bytes: &[u8]) -> String {
    let head = bytes[..bytes.len().min(300)].escape_ascii();
    format!("{} bytes: \"{head}\"", bytes.len())
}

/// Reads one reply and appends its bytes to `raw`.
fn read_reply(input: &mut impl BufRead, raw: &mut Vec<u8>) -> io::Result<Reply> {
    let start = raw.len();
    input.read_until(b'\n', raw)?;
    let line = raw[start..]
        .strip_suffix(b"\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let (kind, text) = line.split_first().ok_or(io::ErrorKind::InvalidData)?;
    let text = String::from_utf8_lossy(text).into_owned();
    let number = || text.parse::<i64>().map_err(io::Error::other);
    Ok(match kind {
        b'+' => Reply::Simple(text),
        b'-' => Reply::Error(text),
        b':' => Reply::Integer(number()?),
        b'$' | b'*' if text == "-1" => Reply::Null,
        b'_' => Reply::Null,
        b',' => Reply::Bulk(text.into_bytes()),
        b'$' | b'=' => Reply::Bulk(read_bulk(input, raw, number()? as usize)?),
        b'*' | b'~' | b'>' | b'%' => {
            let count = if *kind == b'%' {
                number()? * 2
            } else {
                number()?
            };
            let elements = (0..count).map(|_| read_reply(input, raw));
            Reply::Array(elements.collect::<io::Result<_>>()?)
        }
        _ => return Err(io::ErrorKind::InvalidData.into()),
    })
}

fn read_bulk(input: &mut impl BufRead, raw: &mut Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    let start = raw.len();
    input.take(length as u64 + 2).read_to_end(raw)?;
    let bytes = raw[start..].strip_suffix(b"\r\n");
    match bytes.filter(|bytes| bytes.len() == length) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
