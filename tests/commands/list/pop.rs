use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const NOT_POSITIVE: &str = "-ERR value is out of range, must be positive\r\n";

#[test]
fn elements_are_popped_at_both_ends_and_the_key_goes_with_the_last() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPOP l", "$-1\r\n"),
        ("RPUSH l a b c", ":3\r\n"),
        ("LPOP l", "$1\r\na\r\n"),
        ("RPOP l", "$1\r\nc\r\n"),
        ("RPOP l", "$1\r\nb\r\n"),
        ("RPOP l", "$-1\r\n"),
        ("EXISTS l", ":0\r\n"),
        ("SET l v", "+OK\r\n"),
        ("LPOP l", WRONG_TYPE),
        ("RPOP l 1", WRONG_TYPE),
    ]);
}

#[test]
fn a_count_pops_several_in_the_order_from_the_end() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LPOP l 1", "*-1\r\n"),
        ("RPUSH l a b c d e f", ":6\r\n"),
        ("LPOP l 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
        ("RPOP l 2", "*2\r\n$1\r\nf\r\n$1\r\ne\r\n"),
        ("LPOP l 0", "*0\r\n"),
        ("LPOP l -1", NOT_POSITIVE),
        ("LPOP l a", NOT_POSITIVE),
        (
            "RPOP l 1 2",
            "-ERR wrong number of arguments for 'rpop' command\r\n",
        ),
        ("LPOP l 9223372036854775807", "*2\r\n$1\r\nc\r\n$1\r\nd\r\n"),
        ("EXISTS l", ":0\r\n"),
    ]);
}

#[test]
fn resp3_has_one_null_for_elements_and_lists() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("LPOP l", "_\r\n"),
        ("LPOP l 2", "_\r\n"),
        ("LMPOP 1 l LEFT", "_\r\n"),
        ("LMOVE l m LEFT LEFT", "_\r\n"),
        ("LPOS l a", "_\r\n"),
    ]);
}

#[test]
fn lmpop_pops_from_the_first_list_that_exists() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("LMPOP 2 l m LEFT", "*-1\r\n"),
        ("RPUSH m a b c d", ":4\r\n"),
        ("SET s v", "+OK\r\n"),
        ("LMPOP 2 l m LEFT", "*2\r\n$1\r\nm\r\n*1\r\n$1\r\na\r\n"),
        (
            "LMPOP 3 l m s RIGHT COUNT 2",
            "*2\r\n$1\r\nm\r\n*2\r\n$1\r\nd\r\n$1\r\nc\r\n",
        ),
        ("LMPOP 2 s m LEFT", WRONG_TYPE),
        (
            "LMPOP 1 m LEFT COUNT 9223372036854775807",
            "*2\r\n$1\r\nm\r\n*1\r\n$1\r\nb\r\n",
        ),
        ("EXISTS m", ":0\r\n"),
    ]);
}

#[test]
fn lmpop_checks_its_options() {
    let server = TestServer::start();
    let numkeys = "-ERR numkeys should be greater than 0\r\n";
    let count = "-ERR count should be greater than 0\r\n";
    server.connect().expect_exchanges(&[
        ("LMPOP 0 l LEFT", numkeys),
        ("LMPOP a l LEFT", numkeys),
        ("LMPOP 9223372036854775807 l LEFT", SYNTAX),
        ("LMPOP 2 l LEFT", SYNTAX),
        ("LMPOP 1 l UP", SYNTAX),
        ("LMPOP 1 l LEFT COUNT", SYNTAX),
        ("LMPOP 1 l LEFT COUNT 0", count),
        ("LMPOP 1 l LEFT COUNT a", count),
        ("LMPOP 1 l LEFT COUNT 1 COUNT 1", SYNTAX),
    ]);
}

#[test]
fn pops_are_recorded_and_lmpop_as_the_pop_that_it_was() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l a b c d e f", ":6\r\n"),
        ("LPOP l", "$1\r\na\r\n"),
        ("LPOP l 0", "*0\r\n"),
        ("LPOP m", "$-1\r\n"),
        ("RPOP l 1", "*1\r\n$1\r\nf\r\n"),
        (
            "LMPOP 2 m l RIGHT COUNT 2",
            "*2\r\n$1\r\nl\r\n*2\r\n$1\r\ne\r\n$1\r\nd\r\n",
        ),
        (
            "LMPOP 1 l LEFT COUNT 10",
            "*2\r\n$1\r\nl\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n",
        ),
    ]);
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "RPUSH l a b c d e f",
            "LPOP l",
            "RPOP l 1",
            "RPOP l 2",
            "LPOP l 2",
        ]
    );
}
