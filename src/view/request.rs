//! Requests of browsers: HTTP/1.1 ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)), as far as the
//! page needs it.
//!
//! A request has a bounded size and a bounded time, whoever sends it. Everything that the page does
//! not send is refused: transfer codings, absolute addresses, folded header lines.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Upper bound of the request line and the header together, in bytes.
const MAX_HEAD_BYTES: usize = 8 * 1024;

/// Upper bound of a body, in bytes.
const MAX_BODY_BYTES: usize = 4 * 1024;

/// The end of the last line of a head, and an empty line.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A whole request must arrive within this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long, and up to how many bytes, the rest of a refused request is received.
const DRAINING: Duration = Duration::from_secs(1);
const MAX_DRAINED_BYTES: usize = 256 * 1024;

/// What a request asks to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Reads.
    Get,
    /// Changes something.
    Post,
}

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    /// What it asks to do.
    pub(super) method: Method,
    /// The path, without a query.
    pub(super) path: String,
    headers: Vec<(String, String)>,
    /// The body; empty without one.
    pub(super) body: Vec<u8>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not HTTP/1.1, or two readings of it are possible.
    Bad,
    /// It did not arrive in time.
    TooSlow,
    /// Its header is too long.
    HeadTooLong,
    /// Its body is too long.
    BodyTooLong,
    /// Its method is none that the page uses.
    UnknownMethod,
    /// It uses a part of HTTP that the page does not need.
    Unsupported,
}

impl Request {
    /// Returns the value of the header field `name`, which is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Receives one request. Bytes behind it are dropped: the connection ends with the response. `None`
/// if the browser has closed the connection.
///
/// # Errors
/// Why the request must be refused.
pub(super) fn receive(stream: &TcpStream) -> Result<Option<Request>, Refusal> {
    let deadline = Instant::now() + PATIENCE;
    let mut received = Vec::new();
    let mut searched = 0;
    let head_len = loop {
        if let Some(end) = end_of_head(&received, searched) {
            break end;
        }
        if received.len() >= MAX_HEAD_BYTES {
            return Err(Refusal::HeadTooLong);
        }
        searched = received.len();
        match receive_some(stream, deadline, &mut received) {
            Ok(0) | Err(Failure::Gone) => return Ok(None),
            Ok(_) => {}
            Err(Failure::TooSlow) => return Err(Refusal::TooSlow),
        }
    };
    let mut body = received.split_off(head_len);
    let mut request = parse_head(&received)?;
    let length = body_len(&request)?;
    while body.len() < length {
        match receive_some(stream, deadline, &mut body) {
            Ok(0) | Err(Failure::Gone) => return Ok(None),
            Ok(_) => {}
            Err(Failure::TooSlow) => return Err(Refusal::TooSlow),
        }
    }
    body.truncate(length);
    request.body = body;
    Ok(Some(request))
}

/// Receives the rest of a refused request, for a moment. A connection with unread bytes would be reset
/// when it is closed, and the browser could miss the response before.
///
/// # Errors
/// If the browser is gone.
pub(super) fn drain(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + DRAINING;
    let (mut dropped, mut total) = (Vec::new(), 0);
    while total < MAX_DRAINED_BYTES
        && let Ok(count @ 1..) = receive_some(stream, deadline, &mut dropped)
    {
        total += count;
        dropped.clear();
    }
    Ok(())
}

enum Failure {
    TooSlow,
    Gone,
}

/// Receives once, before `deadline`. Returns the number of bytes.
fn receive_some(
    mut stream: &TcpStream,
    deadline: Instant,
    received: &mut Vec<u8>,
) -> Result<usize, Failure> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Failure::TooSlow);
    }
    let mut buffer = [0; 2048];
    let result = stream
        .set_read_timeout(Some(left))
        .and_then(|()| stream.read(&mut buffer));
    match result {
        Ok(count) => {
            received.extend_from_slice(&buffer[..count]);
            Ok(count)
        }
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Err(Failure::TooSlow),
            _ => Err(Failure::Gone),
        },
    }
}

/// Returns the length of the head with the empty line that ends it, if that line is there. The first
/// `searched` bytes do not have it.
fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let first = searched.saturating_sub(END_OF_HEAD.len() - 1);
    let mut windows = bytes[first..].windows(END_OF_HEAD.len());
    let end = windows.position(|window| window == END_OF_HEAD)?;
    Some(first + end + END_OF_HEAD.len())
}

fn parse_head(head: &[u8]) -> Result<Request, Refusal> {
    if head.len() > MAX_HEAD_BYTES {
        return Err(Refusal::HeadTooLong);
    }
    let head = std::str::from_utf8(head).map_err(|_| Refusal::Bad)?;
    let mut lines = head.trim_end_matches("\r\n").split("\r\n");
    let first = lines.next().ok_or(Refusal::Bad)?;
    let (method, path) = parse_first_line(first)?;
    let headers: Vec<_> = lines.map(parse_header).collect::<Result<_, _>>()?;
    // Of two hosts, another reader of the request could take the other one (RFC 9112, 3.2).
    if headers.iter().filter(|(name, _)| name == "host").count() > 1 {
        return Err(Refusal::Bad);
    }
    Ok(Request {
        method,
        path,
        headers,
        body: Vec::new(),
    })
}

fn parse_first_line(line: &str) -> Result<(Method, String), Refusal> {
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refusal::Bad);
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(Refusal::Bad);
    }
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => return Err(Refusal::UnknownMethod),
    };
    let path = target.split('?').next().unwrap_or_default();
    if !path.starts_with('/') {
        return Err(Refusal::Bad);
    }
    Ok((method, path.to_owned()))
}

/// Parses `Name: value`. The name becomes lower-case.
fn parse_header(line: &str) -> Result<(String, String), Refusal> {
    let (name, value) = line.split_once(':').ok_or(Refusal::Bad)?;
    // A space in or before the name is how requests are smuggled (RFC 9112, 5.1 and 5.2).
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) || value.contains(['\r', '\n', '\0']) {
        return Err(Refusal::Bad);
    }
    Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
}

fn body_len(request: &Request) -> Result<usize, Refusal> {
    if request.header("transfer-encoding").is_some() {
        return Err(Refusal::Unsupported);
    }
    let lengths = request
        .headers
        .iter()
        .filter(|(name, _)| name == "content-length");
    let mut lengths = lengths.map(|(_, value)| value.as_str());
    let (length, None) = (lengths.next().unwrap_or("0"), lengths.next()) else {
        return Err(Refusal::Bad);
    };
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Bad);
    }
    match length.parse() {
        Ok(length) if length <= MAX_BODY_BYTES => Ok(length),
        _ => Err(Refusal::BodyTooLong),
    }
}
