use crate::commands::{NOT_AN_INTEGER, WRONG_TYPE};
use crate::support::TestServer;

#[test]
fn ranges_count_from_either_end() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LRANGE l 0 -1", "*0\r\n"),
        ("RPUSH l a b c d", ":4\r\n"),
        ("LRANGE l 1 2", "*2\r\n$1\r\nb\r\n$1\r\nc\r\n"),
        ("LRANGE l -2 -1", "*2\r\n$1\r\nc\r\n$1\r\nd\r\n"),
        ("LRANGE l -100 0", "*1\r\n$1\r\na\r\n"),
        ("LRANGE l 3 9223372036854775807", "*1\r\n$1\r\nd\r\n"),
        ("LRANGE l 4 5", "*0\r\n"),
        ("LRANGE l 2 1", "*0\r\n"),
        (
            "LRANGE l -9223372036854775808 -9223372036854775808",
            "*0\r\n",
        ),
        ("LRANGE l a 1", NOT_AN_INTEGER),
        ("LRANGE missing 0 a", NOT_AN_INTEGER),
    ]);
}

#[test]
fn single_elements_and_the_length_are_read() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LLEN l", ":0\r\n"),
        ("LINDEX l a", "$-1\r\n"),
        ("RPUSH l a b", ":2\r\n"),
        ("LLEN l", ":2\r\n"),
        ("LINDEX l 1", "$1\r\nb\r\n"),
        ("LINDEX l -2", "$1\r\na\r\n"),
        ("LINDEX l 2", "$-1\r\n"),
        ("LINDEX l -3", "$-1\r\n"),
        ("LINDEX l -9223372036854775808", "$-1\r\n"),
        ("LINDEX l a", NOT_AN_INTEGER),
    ]);
}

#[test]
fn strings_are_refused() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("LLEN k", WRONG_TYPE),
        ("LINDEX k a", WRONG_TYPE),
        ("LRANGE k 0 1", WRONG_TYPE),
        ("LRANGE k a 1", NOT_AN_INTEGER),
    ]);
}

/// In a list of some thousand elements, each position leads to its own element.
#[test]
fn every_position_of_a_long_list_is_found() {
    let server = TestServer::start();
    let mut client = server.connect();
    let numbers: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
    let mut request = vec!["RPUSH", "l"];
    request.extend(numbers.iter().map(String::as_str));
    assert_eq!(client.ask(&request).integer(), 5000);
    let ranges = ["LRANGE l 0 -1", "LRANGE l -4999 -2"];
    for (line, expected) in ranges.iter().zip([&numbers[..], &numbers[1..4999]]) {
        assert_eq!(client.ask_line(line).texts(), expected, "{line}");
        client.expect_exchanges(&[("MULTI", "+OK\r\n"), (line, "+QUEUED\r\n")]);
        let reply = client.ask_line("EXEC");
        assert_eq!(reply.array()[0].texts(), expected, "{line}");
    }
    for index in (0..5000).step_by(7) {
        let number = index.to_string();
        assert_eq!(client.ask(&["LINDEX", "l", &number]).text(), number);
        let stop = (index + 3).min(4999);
        let range = client.ask(&["LRANGE", "l", &number, &stop.to_string()]);
        assert_eq!(range.texts(), numbers[index..=stop]);
    }
}
