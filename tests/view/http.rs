//! The page's server against browsers that are slow, wrong or hostile.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::browser::{Site, connect, exchange, status};
use crate::support::{outer_address, skip, wait_for};

#[test]
fn the_page_is_one_file_that_runs_only_its_own_script() {
    let site = Site::start_with(|_| {});
    let nonce = |response: &str| {
        let policy = response
            .split("script-src 'nonce-")
            .nth(1)
            .expect("a policy");
        policy.split('\'').next().expect("a nonce").to_owned()
    };
    let [first, second] = [(); 2].map(|()| site.get("/", ""));
    assert_eq!(status(&first), 200);
    let (head, body) = first.split_once("\r\n\r\n").expect("a body");
    for line in [
        "default-src 'none'",
        "nosniff",
        "no-store",
        "frame-ancestors 'none'",
    ] {
        assert!(head.contains(line), "{head}");
    }
    assert!(body.contains(&nonce(&first)), "the script has its nonce");
    assert_ne!(nonce(&first), nonce(&second));
    for other in ["src=", "href=\"http", "import ", "url("] {
        let found = body.lines().find(|line| line.contains(other));
        assert_eq!(found, None, "the page would load something else");
    }
}

#[test]
fn other_paths_lead_nowhere() {
    let site = Site::start_with(|_| {});
    for path in [
        "/index.html",
        "//",
        "/.",
        "/..",
        "/../../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/events/",
        "/%65vents",
        "/events%00",
        "/classroom/kill",
        "/classroom/",
        "/page.js",
    ] {
        assert_eq!(status(&site.get(path, "")), 404, "{path}");
    }
    assert_eq!(status(&site.get("/?a=b", "")), 200);
    assert_eq!(status(&site.post("/", "")), 405);
    assert_eq!(status(&site.post("/events", "")), 405);
}

#[test]
fn a_request_that_can_be_read_in_two_ways_is_refused() {
    let site = Site::start_with(|_| {});
    let line = "GET / HTTP/1.1\r\n";
    let host = "Host: localhost\r\n";
    let long = "x".repeat(9_000);
    let cases = [
        (400, format!("{line}{host}{host}\r\n")),
        (400, format!("{line}Host : localhost\r\n\r\n")),
        (400, format!("{line}{host} folded: yes\r\n\r\n")),
        (400, format!("{line}{host}no colon\r\n\r\n")),
        (400, format!("{line}{host}: no name\r\n\r\n")),
        (400, format!("{line}{host}a: b\nc: d\r\n\r\n")),
        (400, format!("{line}{host}a: b\0c\r\n\r\n")),
        (400, format!("GET  / HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET / HTTP/1.1 \r\n{host}\r\n")),
        (400, format!("GET / HTTP/2.0\r\n{host}\r\n")),
        (400, format!("GET /\r\n{host}\r\n")),
        (400, format!("GET http://localhost/ HTTP/1.1\r\n{host}\r\n")),
        (400, format!("GET * HTTP/1.1\r\n{host}\r\n")),
        (400, format!("\r\n{line}{host}\r\n")),
        (400, "*1\r\n$4\r\nPING\r\n\r\n\r\n".to_owned()),
        (
            400,
            format!("{line}{host}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
        ),
        (400, format!("{line}{host}Content-Length: +1\r\n\r\nx")),
        (400, format!("{line}{host}Content-Length: 1, 1\r\n\r\nx")),
        (400, format!("{line}{host}Content-Length:\r\n\r\n")),
        (
            413,
            format!("{line}{host}Content-Length: 99999999999999999999999\r\n\r\n"),
        ),
        (
            413,
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 9000\r\n\r\n{long}"),
        ),
        (431, format!("{line}{host}a: {long}\r\n\r\n")),
        (431, format!("GET /{long}")),
        (
            501,
            format!("{line}{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        (501, format!("PUT / HTTP/1.1\r\n{host}\r\n")),
        (501, format!("get / HTTP/1.1\r\n{host}\r\n")),
        (421, format!("{line}\r\n")),
    ];
    for (expected, request) in cases {
        let response = exchange(site.port, request.as_bytes());
        assert_eq!(status(&response), expected, "{request:?}");
    }
    let not_text = [line.as_bytes(), host.as_bytes(), b"a: \xff\r\n\r\n"].concat();
    assert_eq!(status(&exchange(site.port, &not_text)), 400);
}

#[test]
fn a_request_may_come_in_pieces_and_only_the_first_is_answered() {
    let site = Site::start_with(|_| {});
    let request = format!(
        "GET /nothing HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        site.port
    );
    let mut stream = connect(site.port);
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).expect("a server that reads");
    }
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    assert_eq!(status(&response), 404);
    let both = exchange(site.port, request.repeat(2).as_bytes());
    assert_eq!(both.matches("HTTP/1.1").count(), 1);
}

#[test]
fn pages_of_other_sites_reach_nothing() {
    let site = Site::classroom();
    let port = site.port;
    for host in [
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org:80",
        "",
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(&exchange(port, request.as_bytes())), 421, "{host}");
    }
    for origin in [
        String::new(),
        "Origin: null\r\n".to_owned(),
        "Origin: http://example.org\r\n".to_owned(),
        format!("Origin: https://localhost:{port}\r\n"),
        format!("Origin: http://localhost:{}\r\n", port + 1),
        format!("Origin: http://localhost:{port}.example.org\r\n"),
    ] {
        let request = format!(
            "POST /classroom/disk HTTP/1.1\r\nHost: localhost:{port}\r\n{origin}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\nms=100"
        );
        assert_eq!(status(&exchange(port, request.as_bytes())), 403, "{origin}");
    }
    let foreign = "Sec-Fetch-Site: cross-site\r\n";
    let to =
        |dest: &str| format!("{foreign}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: {dest}\r\n");
    assert_eq!(status(&site.get("/", &to("document"))), 200, "a link");
    for (path, headers) in [
        ("/", foreign.to_owned()),
        ("/", to("iframe")),
        ("/events", foreign.to_owned()),
        ("/events", to("iframe")),
        ("/events", to("document")),
    ] {
        let response = site.get(path, &headers);
        assert_eq!(status(&response), 403, "{path} {headers}");
    }
}

/// A browser without `Sec-Fetch-Site` asks for it, and then does not show it.
#[test]
fn nothing_stands_in_a_frame_of_another_page() {
    let site = Site::classroom();
    let mut events = connect(site.port);
    let request = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    events.write_all(request).expect("a request");
    let mut head = [0; 512];
    let length = events.read(&mut head).expect("a head");
    let events = String::from_utf8_lossy(&head[..length]).into_owned();
    for response in [
        events,
        site.get("/", ""),
        site.get("/nothing", ""),
        site.post("/classroom/disk", "ms=0"),
        site.post("/classroom/disk", "ms=x"),
        exchange(site.port, b"?\r\n\r\n"),
    ] {
        let policy = "Content-Security-Policy: frame-ancestors 'none'\r\n";
        assert!(response.contains(policy), "{response}");
    }
}

#[test]
fn behind_a_password_the_page_asks_for_it() {
    let site = Site::start_with(|config| config.requirepass = "secret".to_owned());
    let mut client = site.server.connect();
    client.ask_line("AUTH secret");
    client.ask_line("ACL SETUSER reader on >reading ~* +get");
    client.ask_line("ACL SETUSER teacher on >teaching ~* &* +@all");
    let refused = site.get("/", "");
    assert_eq!(status(&refused), 401);
    assert!(refused.contains("WWW-Authenticate: Basic"), "{refused}");
    for (expected, credentials) in [
        (200, "Basic OnNlY3JldA=="),             // :secret
        (200, "basic ZGVmYXVsdDpzZWNyZXQ="),     // default:secret
        (200, "Basic dGVhY2hlcjp0ZWFjaGluZw=="), // teacher:teaching
        (401, "Basic cmVhZGVyOnJlYWRpbmc="),     // reader:reading
        (401, "Basic Ondyb25n"),                 // :wrong
        (401, "Basic c2VjcmV0"),                 // secret
        (401, "Basic ???"),
        (401, "Bearer secret"),
        (401, ""),
    ] {
        let response = site.get("/", &format!("Authorization: {credentials}\r\n"));
        assert_eq!(status(&response), expected, "{credentials}");
    }
    assert_eq!(status(&site.get("/events", "")), 401);
}

/// As for AUTH, one entry counts refusals that are alike. A request without a password is none: so a
/// browser begins.
#[test]
fn acl_log_lists_wrong_passwords() {
    let site = Site::start_with(|config| config.requirepass = "secret".to_owned());
    let mut client = site.server.connect();
    client.ask_line("AUTH secret");
    for credentials in ["", "Authorization: Basic OnNlY3JldA==\r\n"] {
        site.get("/", credentials);
    }
    assert_eq!(client.ask_line("ACL LOG").array().len(), 0);
    for _ in 0..3 {
        let refused = site.get("/events", "Authorization: Basic cmVhZGVyOnJlYWRpbmc=\r\n");
        assert_eq!(status(&refused), 401);
    }
    let log = client.ask_line("ACL LOG");
    let [entry] = log.array() else {
        panic!("one entry was expected, not {log:?}");
    };
    let entry = entry.array();
    assert_eq!(entry[1].integer(), 3);
    let text = |index: usize| entry[index].text();
    let found = [3, 5, 7, 9].map(text);
    assert_eq!(found, ["auth", "toplevel", "page", "reader"]);
    assert!(text(13).starts_with("addr=127.0.0.1:"), "{log:?}");
}

#[test]
fn other_machines_need_a_password_as_at_the_port() {
    let Some(address) = outer_address() else {
        return skip("this machine has no address but the loopback interface's");
    };
    let site = Site::start_with(|config| config.view.bind = "0.0.0.0".to_owned());
    let open = |credentials: &str| {
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\n{credentials}\r\n");
        let mut stream = TcpStream::connect((address, site.port)).expect("a connection");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        status(&response)
    };
    let mut client = site.server.connect();
    assert_eq!(open(""), 403);
    assert_eq!(status(&site.get("/", "")), 200);
    client.ask_line("CONFIG SET protected-mode no");
    assert_eq!(open(""), 200);
    client.ask_line("CONFIG SET protected-mode yes requirepass secret");
    assert_eq!(open(""), 401);
    assert_eq!(open("Authorization: Basic OnNlY3JldA==\r\n"), 200);
}

#[test]
fn many_viewers_leave_room_for_a_page_and_its_buttons() {
    let site = Site::classroom();
    let mut viewers: Vec<_> = (0..48).map(|_| site.open()).collect();
    for viewer in &mut viewers {
        viewer.sample();
    }
    let refused = site.get("/events", "");
    assert_eq!(status(&refused), 503);
    assert!(refused.contains("Retry-After: 5\r\n"), "{refused}");
    assert!(refused.contains("As many pages"), "{refused}");
    assert_eq!(status(&site.get("/", "")), 200);
    assert_eq!(status(&site.post("/classroom/disk", "ms=0")), 204);
    assert_eq!(site.server.connect().ask_line("PING").text(), "PONG");
}

#[test]
fn more_browsers_than_there_is_room_for_are_refused() {
    let site = Site::start_with(|_| {});
    // They send nothing, so each has a thread that waits for a request.
    let mut silent: Vec<TcpStream> = (0..64).map(|_| connect(site.port)).collect();
    let refused = wait_for("a refusal", || {
        let response = site.get("/nothing", "");
        (!response.contains(" 404 ")).then_some(response)
    });
    // The refusal of a request that nobody has read may be a reset.
    assert!(refused.is_empty() || status(&refused) == 503, "{refused}");
    assert_eq!(site.server.connect().ask_line("PING").text(), "PONG");
    silent.clear();
    wait_for("room again", || {
        site.get("/nothing", "").contains(" 404 ").then_some(())
    });
}
