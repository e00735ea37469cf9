//! Responses to browsers. Each has header lines that harden the page against other pages.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::request::Refusal;
use crate::state::random_id;

/// Sent with each response. Nothing is cached, because the next server at this port may be another
/// one. Nothing stands in a frame ([CSP](https://www.w3.org/TR/CSP3/)), where a foreign page could show
/// it.
const HARDENING: &str = "X-Content-Type-Options: nosniff\r\n\
Content-Security-Policy: frame-ancestors 'none'\r\n\
Referrer-Policy: no-referrer\r\n\
Cross-Origin-Resource-Policy: same-origin\r\n\
Cache-Control: no-store\r\n\
Connection: close\r\n";

/// A browser must take each message within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the browser for a password ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
const ASK_PASSWORD: &str = "WWW-Authenticate: Basic realm=\"threadbare\", charset=\"UTF-8\"\r\n";

/// Says when a browser may try again, in seconds.
const RETRY_LATER: &str = "Retry-After: 5\r\n";

/// The type of a line of text.
const PLAIN: &str = "text/plain; charset=utf-8";

/// The status of a response, with its reason phrase.
pub(super) type Status = (u16, &'static str);

const OK: Status = (200, "OK");
const NO_CONTENT: Status = (204, "No Content");
pub(super) const BAD_REQUEST: Status = (400, "Bad Request");
pub(super) const UNAUTHORIZED: Status = (401, "Unauthorized");
pub(super) const FORBIDDEN: Status = (403, "Forbidden");
pub(super) const NOT_FOUND: Status = (404, "Not Found");
pub(super) const NOT_ALLOWED: Status = (405, "Method Not Allowed");
pub(super) const CONFLICT: Status = (409, "Conflict");
pub(super) const UNSUPPORTED_TYPE: Status = (415, "Unsupported Media Type");
pub(super) const MISDIRECTED: Status = (421, "Misdirected Request");
pub(super) const UNAVAILABLE: Status = (503, "Service Unavailable");

impl Refusal {
    /// Returns the status that tells a browser about the refusal.
    pub(super) fn status(self) -> Status {
        match self {
            Refusal::Bad => (400, "Bad Request"),
            Refusal::TooSlow => (408, "Request Timeout"),
            Refusal::HeadTooLong => (431, "Request Header Fields Too Large"),
            Refusal::BodyTooLong => (413, "Content Too Large"),
            Refusal::UnknownMethod | Refusal::Unsupported => (501, "Not Implemented"),
        }
    }
}

/// Sends the page, which `with_nonce` makes. It loads nothing from elsewhere and runs no script but its
/// own. This policy and the one of [`HARDENING`] both hold.
///
/// # Errors
/// If the browser does not take it.
pub(super) fn send_page(
    stream: &TcpStream,
    with_nonce: impl FnOnce(&str) -> String,
) -> io::Result<()> {
    let nonce = random_id();
    let policy = format!(
        "Content-Security-Policy: default-src 'none'; script-src 'nonce-{nonce}'; \
         style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'\r\n"
    );
    let page = with_nonce(&nonce);
    send(
        stream,
        OK,
        ("text/html; charset=utf-8", page.as_bytes()),
        &policy,
    )
}

/// Sends all of `message` within [`PATIENCE`]. A browser that takes a little at a time gains nothing.
fn send_all(mut stream: &TcpStream, mut message: &[u8]) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !message.is_empty() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        match stream.write(message) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => message = &message[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Sends a whole response. `extra` are more header lines, each with its line end.
fn send(
    stream: &TcpStream,
    (code, reason): Status,
    (kind, body): (&str, &[u8]),
    extra: &str,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{HARDENING}{extra}\r\n",
        body.len()
    );
    let mut message = head.into_bytes();
    message.extend_from_slice(body);
    send_all(stream, &message)
}

/// Sends a status with its reason as the body.
///
/// # Errors
/// As [`send_page`].
pub(super) fn send_status(stream: &TcpStream, status: Status, extra: &str) -> io::Result<()> {
    let body = format!("{} {}\n", status.0, status.1);
    send(stream, status, (PLAIN, body.as_bytes()), extra)
}

/// Sends a status, and why, as a line of text.
///
/// # Errors
/// As [`send_page`].
pub(super) fn send_reason(stream: &TcpStream, status: Status, reason: &str) -> io::Result<()> {
    let extra = match status {
        UNAUTHORIZED => ASK_PASSWORD,
        UNAVAILABLE => RETRY_LATER,
        _ => "",
    };
    let text = format!("{reason}\n");
    send(stream, status, (PLAIN, text.as_bytes()), extra)
}

/// Sends that the request was performed.
///
/// # Errors
/// As [`send_page`].
pub(super) fn send_done(stream: &TcpStream) -> io::Result<()> {
    let (code, reason) = NO_CONTENT;
    let head = format!("HTTP/1.1 {code} {reason}\r\n{HARDENING}\r\n");
    send_all(stream, head.as_bytes())
}

/// Begins a stream of events
/// ([HTML, server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html)),
/// which lasts as long as the connection.
///
/// # Errors
/// As [`send_page`].
pub(super) fn begin_events(stream: &TcpStream) -> io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{HARDENING}\r\n");
    send_all(stream, head.as_bytes())
}

/// Sends one event. `data` has no line end.
///
/// # Errors
/// As [`send_page`].
pub(super) fn send_event(stream: &TcpStream, name: &str, data: &str) -> io::Result<()> {
    debug_assert!(!data.contains('\n'));
    let event = format!("event: {name}\ndata: {data}\n\n");
    send_all(stream, event.as_bytes())
}
