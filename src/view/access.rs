//! Whether a browser may have what it asks for.
//!
//! The page is on the machine of its user, beside other pages in the same browser. Those must reach
//! nothing here: neither by a name that suddenly points to this machine (DNS rebinding, stopped by the
//! check of `Host`), nor by a request across sites (stopped by the check of `Origin`).

use std::net::IpAddr;

use super::request::{Method, Request};
use super::response::{FORBIDDEN, MISDIRECTED, Status, UNAUTHORIZED};
use crate::client::users::{DEFAULT_USER, Users};

/// Asks the browser for a password ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
pub(super) const ASK_PASSWORD: &str =
    "WWW-Authenticate: Basic realm=\"threadbare\", charset=\"UTF-8\"\r\n";

/// Checks a request.
///
/// # Errors
/// The status of the refusal.
pub(super) fn check(request: &Request, users: &Users) -> Result<(), Status> {
    let host = request.header("host").ok_or(MISDIRECTED)?;
    if !is_own_name(host) {
        return Err(MISDIRECTED);
    }
    let is_foreign = |origin: &str| origin.strip_prefix("http://") != Some(host);
    if request.method == Method::Post && request.header("origin").is_none_or(is_foreign) {
        return Err(FORBIDDEN);
    }
    match is_known(request, users) {
        true => Ok(()),
        false => Err(UNAUTHORIZED),
    }
}

/// Returns whether a page at this host is this server's. Another site can point its own name here, but
/// neither an address nor `localhost`.
fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    name.eq_ignore_ascii_case("localhost") || address.unwrap_or(name).parse::<IpAddr>().is_ok()
}

/// Returns whether no password is needed, or the request has the name and the password of a user with
/// all rights. Without a name the default user is meant, as in AUTH.
fn is_known(request: &Request, users: &Users) -> bool {
    if users.default_user().is_open() {
        return true;
    }
    let credentials = request.header("authorization").and_then(credentials);
    let Some((name, password)) = credentials else {
        return false;
    };
    let name = if name.is_empty() { DEFAULT_USER } else { &name };
    let user = users.find(name);
    user.is_some_and(|user| user.has_all_rights() && user.rules().accepts(&password))
}

/// Returns name and password of `Basic`, followed by both in base64.
fn credentials(header: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = from_base64(text.trim().as_bytes())?;
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    Some((bytes[..colon].to_vec(), bytes[colon + 1..].to_vec()))
}

/// Decodes base64 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648), section 4).
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    let digits = text.get(..text.len().checked_sub(padding).filter(|_| padding <= 2)?)?;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in digits.chunks(4) {
        let mut bits = 0;
        for &byte in group {
            bits = bits << 6 | digit(byte)?;
        }
        bits <<= 6 * (4 - group.len());
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend_from_slice(&[first, second, third][..group.len() - 1]);
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_or_refused() {
        // RFC 4648, section 10.
        let vectors = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ];
        for (text, bytes) in vectors {
            assert_eq!(from_base64(text.as_bytes()), Some(bytes.into()));
        }
        for text in ["Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zm9\n", "Zm=v"] {
            assert_eq!(from_base64(text.as_bytes()), None, "{text}");
        }
    }

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
            assert!(is_own_name(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:8080",
            "[::1",
            "[example]:1",
        ] {
            assert!(!is_own_name(host), "{host}");
        }
    }
}
