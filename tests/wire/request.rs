//! Valid and invalid requests.

use crate::support::{TestServer, encode};

const MAX_LINE_BYTES: usize = 64 * 1024;

/// Invalid requests and Redis's errors. No bytes follow the error: a socket that is closed with
/// unread input may lose the reply.
const NO_REQUESTS: &[(&[u8], &[u8])] = &[
    (b"*abc\r\n", b"invalid multibulk length"),
    (b"*\r\n", b"invalid multibulk length"),
    (b"*01\r\n", b"invalid multibulk length"),
    (b"*+1\r\n", b"invalid multibulk length"),
    (b"*-0\r\n", b"invalid multibulk length"),
    (b"* 1\r\n", b"invalid multibulk length"),
    (b"*1 \r\n", b"invalid multibulk length"),
    // Redis allows 2,147,483,647 arguments here, which no client needs.
    (b"*1048577\r\n", b"invalid multibulk length"),
    (b"*2147483648\r\n", b"invalid multibulk length"),
    (b"*9223372036854775808\r\n", b"invalid multibulk length"),
    (b"*1\r\n$abc\r\n", b"invalid bulk length"),
    (b"*1\r\n$\r\n", b"invalid bulk length"),
    (b"*1\r\n$04\r\n", b"invalid bulk length"),
    (b"*1\r\n$-1\r\n", b"invalid bulk length"),
    (b"*1\r\n$536870913\r\n", b"invalid bulk length"),
    (b"*1\r\n$9223372036854775808\r\n", b"invalid bulk length"),
    (b"*1\r\nPING\r\n", b"expected '$', got 'P'"),
    (b"*1\r\n:3\r\n", b"expected '$', got ':'"),
    (b"*1\r\n*1\r\n", b"expected '$', got '*'"),
    (b"*1\r\n\r\n", b"expected '$', got ' '"),
    (b"*1\r\n\n\r\n", b"expected '$', got ' '"),
    (b"*1\r\n\xff\r\n", b"expected '$', got '\xff'"),
    (b"*2\r\n$4\r\nECHO\r\n+hi\r\n", b"expected '$', got '+'"),
    (b"GET \"k\r\n", b"unbalanced quotes in request"),
    (b"GET 'k\r\n", b"unbalanced quotes in request"),
    (b"GET \"k\"k\r\n", b"unbalanced quotes in request"),
    (b"GET 'k'k\n", b"unbalanced quotes in request"),
    (b"\"\n", b"unbalanced quotes in request"),
];

/// Invalid requests before AUTH.
const NO_REQUESTS_BEFORE_AUTH: &[(&[u8], &[u8])] = &[
    (b"*11\r\n", b"unauthenticated multibulk length"),
    (b"*2147483648\r\n", b"invalid multibulk length"),
    (b"*abc\r\n", b"invalid multibulk length"),
    (b"*10\r\n$16385\r\n", b"unauthenticated bulk length"),
    (
        b"*2\r\n$4\r\nAUTH\r\n$16385\r\n",
        b"unauthenticated bulk length",
    ),
    (b"*1\r\n$-1\r\n", b"invalid bulk length"),
];

/// Asserts that each gets its error and closes its own connection only.
fn expect_protocol_errors(server: &TestServer, cases: &[(&[u8], &[u8])]) {
    let mut bystander = server.connect();
    bystander.ask_line("AUTH default secret");
    for (bytes, error) in cases {
        let mut client = server.connect();
        client.send(bytes);
        client.expect([b"-ERR Protocol error: ", *error, b"\r\n"].concat());
        client.expect_end();
        bystander.expect_exchanges(&[("PING", "+PONG\r\n")]);
    }
}

#[test]
fn an_invalid_request_gets_redis_s_error_and_closes_its_connection_only() {
    expect_protocol_errors(&TestServer::start(), NO_REQUESTS);
}

#[test]
fn before_auth_requests_have_lower_limits() {
    let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    expect_protocol_errors(&server, NO_REQUESTS_BEFORE_AUTH);
}

#[test]
fn before_auth_ten_arguments_of_16_kilobytes_are_allowed() {
    let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    let mut client = server.connect();
    let long = vec![b'x'; 16 * 1024];
    client.send(encode(&[b"AUTH".as_slice(), &long]));
    client.expect("-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    client.send(encode(&["PING"; 10]));
    client.expect("-NOAUTH Authentication required.\r\n");

    client.send(encode(&["AUTH", "secret"]));
    client.expect("+OK\r\n");
    client.send(encode(&[b"ECHO".as_slice(), &[b'y'; 16 * 1024 + 1]]));
    client.expect("$16385\r\n");
}

#[test]
fn an_unfinished_line_is_an_error_after_64_kilobytes() {
    let server = TestServer::start();
    let cases = [
        ("*", "too big mbulk count string"),
        ("*1\r\n$", "too big bulk count string"),
        ("1", "too big inline request"),
    ];
    for (head, error) in cases {
        let line = head.rsplit('\n').next().unwrap();
        let mut client = server.connect();
        client.send(head);
        client.send("1".repeat(MAX_LINE_BYTES + 1 - line.len()));
        client.expect(format!("-ERR Protocol error: {error}\r\n"));
        client.expect_end();
    }
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[test]
fn a_line_may_have_64_kilobytes() {
    let server = TestServer::start();
    let mut client = server.connect();
    let word = "x".repeat(MAX_LINE_BYTES - "ECHO ".len());
    client.send(format!("ECHO {word}\n"));
    client.expect(format!("${}\r\n{word}\r\n", word.len()));
}

#[test]
fn requests_before_a_protocol_error_are_answered() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\nGET k\r\n*abc\r\n");
    client.expect("+OK\r\n$1\r\nv\r\n-ERR Protocol error: invalid multibulk length\r\n");
    client.expect_end();
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
}

#[test]
fn lines_are_commands_too() {
    let server = TestServer::start();
    let mut client = server.connect();
    for (line, reply) in [
        ("PING\r\n", "+PONG\r\n"),
        ("PING\n", "+PONG\r\n"),
        ("  \t ping  \r\n", "+PONG\r\n"),
        ("\"PING\"\r\n", "+PONG\r\n"),
        ("ECHO \"a b\"\r\n", "$3\r\na b\r\n"),
        ("ECHO 'a b'\r\n", "$3\r\na b\r\n"),
        ("ECHO a\"b c\"\r\n", "$4\r\nab c\r\n"),
        ("ECHO 'it\\'s'\r\n", "$4\r\nit's\r\n"),
        ("ECHO '\\n'\r\n", "$2\r\n\\n\r\n"),
        ("ECHO \"\\\"\\\\\\q\"\r\n", "$3\r\n\"\\q\r\n"),
        ("ECHO \"\\n\\r\\t\\b\\a\"\r\n", "$5\r\n\n\r\t\x08\x07\r\n"),
        ("ECHO \"\\x41\\x00\\x7F\"\r\n", "$3\r\nA\0\x7f\r\n"),
        ("ECHO \"\\xZZ\"\r\n", "$3\r\nxZZ\r\n"),
        ("ECHO \"\"\r\n", "$0\r\n\r\n"),
        ("ECHO ''\n", "$0\r\n\r\n"),
        (
            "ECHO a\rb\r\n",
            "-ERR wrong number of arguments for 'echo' command\r\n",
        ),
        (
            "\"\" a\r\n",
            "-ERR unknown command '', with args beginning with: 'a' \r\n",
        ),
    ] {
        client.send(line);
        client.expect(reply);
    }
}

#[test]
fn blank_lines_and_empty_arrays_are_skipped() {
    let server = TestServer::start();
    let mut client = server.connect();
    for nothing in ["\r\n", "\n", " \t \r\n", "*0\r\n", "*-1\r\n", "*-9\r\n"] {
        client.send(nothing);
        client.send("PING\r\n");
        client.expect("+PONG\r\n");
        client.send(nothing.repeat(100));
        client.send("*1\r\n$4\r\nPING\r\n");
        client.expect("+PONG\r\n");
    }
}

#[test]
fn lines_and_arrays_may_alternate() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("SET k 1\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n\r\nGET k\n*1\r\n$4\r\nPING\r\nPING\r\n");
    client.expect("+OK\r\n$1\r\n1\r\n$1\r\n1\r\n+PONG\r\n+PONG\r\n");
}

#[test]
fn the_two_bytes_after_a_bulk_string_may_be_any() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send("*2\r\n$4\r\nECHOxx$2\r\nhi\0\0*1\rx$4\ryPING\n\r");
    client.expect("$2\r\nhi\r\n+PONG\r\n");
}

#[test]
fn a_request_may_have_a_million_arguments() {
    let server = TestServer::start();
    let mut client = server.connect();
    let sending = client.send_aside(encode(&vec!["EXISTS"; 1024 * 1024]));
    client.expect(":0\r\n");
    sending.join().unwrap();
}
