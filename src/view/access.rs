//! Checks whether the server may answer a request of a browser.
//!
//! The page is on the machine of its user, beside other pages in the same browser. Other pages must
//! reach nothing here. A name that suddenly points to this machine (DNS rebinding) is stopped by the
//! check of `Host`. A request across sites is stopped by the check of `Origin` if it changes something,
//! and of `Sec-Fetch-Site` if it reads.

use std::net::{IpAddr, SocketAddr};

use super::request::{Method, Request};
use super::response::{FORBIDDEN, MISDIRECTED, Status, UNAUTHORIZED};
use super::{PAGE_PATH, base64};
use crate::client::denials;
use crate::client::users::{DEFAULT_USER, Users};
use crate::clock::unix_time_ms;
use crate::state::ServerState;

const FOREIGN_NAME: Denial = (
    MISDIRECTED,
    "This name is not the server's: use its address, localhost, or what 'view-bind' says.",
);
const FOREIGN_PAGE: Denial = (FORBIDDEN, "The request does not come from this page.");
const FOREIGN_MACHINE: Denial = (
    FORBIDDEN,
    "Other machines need a password (requirepass), or the server '--protected-mode no'.",
);
const NO_PASSWORD: Denial = (UNAUTHORIZED, "The page needs the server's password.");

/// Why a request is refused, as a status and a line of text.
pub(super) type Denial = (Status, &'static str);

/// Checks a request of a browser at `peer`.
///
/// # Errors
/// Why it is refused.
pub(super) fn check(
    request: &Request,
    peer: SocketAddr,
    state: &ServerState,
) -> Result<(), Denial> {
    let host = request.header("host").ok_or(FOREIGN_NAME)?;
    let (bind, is_protected) = {
        let config = state.config();
        (config.view.bind.clone(), config.protected_mode)
    };
    match () {
        () if !is_own_name(host, &bind) => Err(FOREIGN_NAME),
        () if is_foreign(request, host) => Err(FOREIGN_PAGE),
        () if is_protected && !is_local(peer) && has_nopass(&state.users) => Err(FOREIGN_MACHINE),
        () => log_in(request, peer, state),
    }
}

fn is_local(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

fn has_nopass(users: &Users) -> bool {
    users.default_user().rules().has_nopass()
}

/// Returns whether a page of another site has sent the request. A link there may open this page in a
/// window, but nothing else: a stream of events takes one of few places, and has requests traced.
fn is_foreign(request: &Request, host: &str) -> bool {
    let is_other = |origin: &str| origin.strip_prefix("http://") != Some(host);
    let is_across = |site| matches!(site, "cross-site" | "same-site");
    match request.method {
        Method::Post => request.header("origin").is_none_or(is_other),
        Method::Get => {
            let is_link = request.path == PAGE_PATH
                && request.header("sec-fetch-mode") == Some("navigate")
                && request.header("sec-fetch-dest") == Some("document");
            request.header("sec-fetch-site").is_some_and(is_across) && !is_link
        }
    }
}

/// Returns whether a page at this host is this server's, which listens at `bind`. Another site can
/// point its own name here, but neither an address nor `localhost`.
fn is_own_name(host: &str, bind: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_named = |own: &str| !name.is_empty() && name.eq_ignore_ascii_case(own);
    is_named("localhost") || is_named(bind) || address.unwrap_or(name).parse::<IpAddr>().is_ok()
}

/// Checks that the default user has all rights and needs no password, or that the request has the name
/// and the password of a user with all rights. Without a name the default user is meant, as in AUTH.
/// ACL LOG lists refused names, as those of AUTH.
fn log_in(request: &Request, peer: SocketAddr, state: &ServerState) -> Result<(), Denial> {
    let default = state.users.default_user();
    if default.is_open() && default.has_all_rights() {
        return Ok(());
    }
    let credentials = request.header("authorization").and_then(credentials);
    let (name, password) = credentials.ok_or(NO_PASSWORD)?;
    let name = if name.is_empty() { DEFAULT_USER } else { &name };
    let user = state.users.find(name);
    if user.is_some_and(|user| user.has_all_rights() && user.rules().accepts(&password)) {
        return Ok(());
    }
    note(state, name, peer);
    Err(NO_PASSWORD)
}

/// Notes a refused login for ACL LOG.
fn note(state: &ServerState, name: &[u8], peer: SocketAddr) {
    let denial = denials::Denial {
        count: 1,
        reason: "auth",
        context: "toplevel",
        object: b"page".to_vec(),
        username: name.to_vec(),
        time_ms: unix_time_ms(),
        client: format!("addr={peer}"),
    };
    let max_len = state.config().acllog_max_len;
    state.denials.add(denial, max_len);
}

/// Parses `Basic`, followed by a name, a colon and a password in base64.
fn credentials(header: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::decode(text.trim().as_bytes())?;
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    Some((bytes[..colon].to_vec(), bytes[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_names_of_this_server() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:8080",
            "10.0.0.7",
        ] {
            assert!(is_own_name(host, ""), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:8080",
            "[::1",
            "[example]:1",
            "class.example.org",
        ] {
            assert!(!is_own_name(host, ""), "{host}");
        }
        assert!(is_own_name("Class.example:8080", "class.example"));
    }
}
