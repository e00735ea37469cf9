//! Routes each request of a browser by its path: the page, its stream of events, a class's buttons.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::classroom::{self, Action};
use super::request::{self, Method, Request};
use super::requests::Requests;
use super::response::{
    self, BAD_REQUEST, CONFLICT, NOT_ALLOWED, NOT_FOUND, UNAVAILABLE, UNSUPPORTED_TYPE,
};
use super::{PAGE_PATH, Shared, access, page};
use crate::threads::{self, Reason};

/// Without a sample for this time, the thread that makes samples is gone.
const SAMPLE_PATIENCE: Duration = Duration::from_secs(10);

/// The answer to a viewer for whom there is no room.
const NO_PLACE: &str = "As many pages are open as can watch at a time.";

/// Serves one request of a browser. An error means that the browser is gone.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) {
    let _ = respond(stream, shared);
    let _ = stream.shutdown(Shutdown::Write);
}

fn respond(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    let waiting = threads::waiting(Reason::Socket);
    let received = request::receive(stream);
    drop(waiting);
    let request = match received {
        Ok(Some(request)) => request,
        Ok(None) => return Ok(()),
        Err(refusal) => {
            response::send_status(stream, refusal.status(), "")?;
            return request::drain(stream);
        }
    };
    match access::check(&request, stream.peer_addr()?, shared.engine.state()) {
        Ok(()) => route(stream, shared, &request),
        Err((status, reason)) => response::send_reason(stream, status, reason),
    }
}

fn route(stream: &TcpStream, shared: &Shared, request: &Request) -> io::Result<()> {
    let action = request.path.strip_prefix("/classroom/");
    if let Some(name) = action.filter(|_| shared.engine.state().classroom.is_on()) {
        return act(stream, shared, request, name);
    }
    if !matches!(request.path.as_str(), PAGE_PATH | "/events") {
        return response::send_status(stream, NOT_FOUND, "");
    }
    if request.method == Method::Post {
        return response::send_status(stream, NOT_ALLOWED, "Allow: GET\r\n");
    }
    match request.path.as_str() {
        PAGE_PATH => response::send_page(stream, page::with_nonce),
        _ => send_samples(stream, shared),
    }
}

/// Does what a class asks for.
fn act(stream: &TcpStream, shared: &Shared, request: &Request, name: &str) -> io::Result<()> {
    if request.method != Method::Post {
        return response::send_status(stream, NOT_ALLOWED, "Allow: POST\r\n");
    }
    let kind = request
        .header("content-type")
        .and_then(|it| it.split(';').next());
    if kind.map(str::trim) != Some("application/x-www-form-urlencoded") {
        return response::send_status(stream, UNSUPPORTED_TYPE, "");
    }
    let action = match Action::parse(name, &request.body) {
        None => return response::send_status(stream, NOT_FOUND, ""),
        Some(Err(reason)) => return response::send_reason(stream, BAD_REQUEST, &reason),
        Some(Ok(action)) => action,
    };
    if let Err(reason) = action.perform(&shared.engine) {
        return response::send_reason(stream, CONFLICT, &reason);
    }
    let sent = response::send_done(stream);
    if action == Action::Kill {
        classroom::kill();
    }
    sent
}

/// Sends samples until the browser is gone or the server stops.
fn send_samples(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    let Some(mut watching) = shared.feed.watch() else {
        return response::send_reason(stream, UNAVAILABLE, NO_PLACE);
    };
    response::begin_events(stream)?;
    let mut requests = Requests::watch(shared.engine.state());
    let mut next = || {
        let _waiting = threads::waiting(Reason::Work);
        watching.next(SAMPLE_PATIENCE)
    };
    while let Some(sample) = next() {
        response::send_event(stream, "sample", &sample)?;
        for request in requests.events() {
            response::send_event(stream, "request", &request)?;
        }
    }
    Ok(())
}
