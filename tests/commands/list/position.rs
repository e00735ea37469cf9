use crate::commands::{NOT_AN_INTEGER, SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

#[test]
fn lpos_finds_the_first_match_of_a_rank() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPOS l c", "$-1\r\n"),
        ("RPUSH l a b c 1 2 3 c c", ":8\r\n"),
        ("LPOS l c", ":2\r\n"),
        ("LPOS l x", "$-1\r\n"),
        ("LPOS l c RANK 2", ":6\r\n"),
        ("LPOS l c rank -1", ":7\r\n"),
        ("LPOS l c RANK -3", ":2\r\n"),
        ("LPOS l c RANK 4", "$-1\r\n"),
    ]);
}

#[test]
fn lpos_returns_several_matches_in_the_order_of_the_search() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPOS l c COUNT 1", "*0\r\n"),
        ("RPUSH l a b c 1 2 3 c c", ":8\r\n"),
        ("LPOS l c COUNT 0", "*3\r\n:2\r\n:6\r\n:7\r\n"),
        ("LPOS l c COUNT 2", "*2\r\n:2\r\n:6\r\n"),
        ("LPOS l c COUNT 5 RANK -2", "*2\r\n:6\r\n:2\r\n"),
        ("LPOS l x COUNT 0", "*0\r\n"),
        ("LPOS l c COUNT 0 MAXLEN 7", "*2\r\n:2\r\n:6\r\n"),
        ("LPOS l c COUNT 0 RANK -1 MAXLEN 1", "*1\r\n:7\r\n"),
        ("LPOS l c MAXLEN 2", "$-1\r\n"),
    ]);
}

#[test]
fn lpos_checks_its_options() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET s v", "+OK\r\n"),
        ("LPOS s a", WRONG_TYPE),
        (
            "LPOS s a RANK 0",
            "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
             or use negative to start from the end of the list\r\n",
        ),
        // Redis 7.0.15 overflows here. Later versions refuse it.
        (
            "LPOS s a RANK -9223372036854775808",
            "-ERR value is out of range, value must between -9223372036854775807 and \
             9223372036854775807\r\n",
        ),
        ("LPOS s a RANK x", NOT_AN_INTEGER),
        ("LPOS s a COUNT -1", "-ERR COUNT can't be negative\r\n"),
        ("LPOS s a MAXLEN x", "-ERR MAXLEN can't be negative\r\n"),
        ("LPOS s a COUNT", SYNTAX),
        ("LPOS s a FIRST 1", SYNTAX),
    ]);
}
