use crate::commands::{SYNTAX, WRONG_TYPE};
use crate::support::TestServer;

const NO_NUMBER: &str = "-ERR timeout is not a float or out of range\r\n";
const NEGATIVE: &str = "-ERR timeout is negative\r\n";
const NUMKEYS: &str = "-ERR numkeys should be greater than 0\r\n";
const COUNT: &str = "-ERR count should be greater than 0\r\n";

#[test]
fn an_element_that_is_there_comes_at_once() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("RPUSH l a b c d e f g h", ":8\r\n"),
        ("BLPOP none l 0", "*2\r\n$1\r\nl\r\n$1\r\na\r\n"),
        ("BRPOP l none 0", "*2\r\n$1\r\nl\r\n$1\r\nh\r\n"),
        ("BLMOVE l m RIGHT LEFT 0", "$1\r\ng\r\n"),
        ("BLMOVE l m LEFT RIGHT 0", "$1\r\nb\r\n"),
        ("BRPOPLPUSH l m 0", "$1\r\nf\r\n"),
        ("LRANGE m 0 -1", "*3\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nb\r\n"),
        (
            "BLMPOP 0 2 none l RIGHT COUNT 2",
            "*2\r\n$1\r\nl\r\n*2\r\n$1\r\ne\r\n$1\r\nd\r\n",
        ),
        ("BLMPOP 0 1 l LEFT", "*2\r\n$1\r\nl\r\n*1\r\n$1\r\nc\r\n"),
        ("EXISTS l", ":0\r\n"),
    ]);
}

#[test]
fn after_the_timeout_the_reply_is_null() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("BLPOP a b 0.01", "*-1\r\n"),
        ("BRPOP a 1e-400", "*-1\r\n"),
        ("BLMOVE a b LEFT LEFT 0.01", "*-1\r\n"),
        ("BRPOPLPUSH a b 0.001", "*-1\r\n"),
        ("BLMPOP 0.01 2 a b LEFT COUNT 3", "*-1\r\n"),
    ]);
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("BLPOP a 0x0.1p-6", "_\r\n"),
        ("BLMOVE a b LEFT LEFT 0.01", "_\r\n"),
    ]);
}

#[test]
fn a_timeout_is_a_number_of_seconds() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BLPOP l abc", NO_NUMBER),
        ("BLPOP l ' 1'", NO_NUMBER),
        ("BLPOP l nan", NO_NUMBER),
        ("BLPOP l -1", NEGATIVE),
        ("BLPOP l 1e400", NEGATIVE),
        ("BLPOP l inf", NEGATIVE),
        ("BLPOP l 9223372036854776", NEGATIVE),
        ("BLMOVE a b UP LEFT abc", SYNTAX),
        ("BLMOVE a b LEFT LEFT abc", NO_NUMBER),
        ("BRPOPLPUSH a b -0.01", NEGATIVE),
        ("BLMPOP abc 1 l LEFT", NO_NUMBER),
    ]);
}

#[test]
fn blmpop_checks_its_options_before_the_timeout() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("BLMPOP abc 0 l LEFT", NUMKEYS),
        ("BLMPOP abc -1 l LEFT", NUMKEYS),
        ("BLMPOP abc 9223372036854775807 l LEFT", SYNTAX),
        ("BLMPOP abc 2 l LEFT", SYNTAX),
        ("BLMPOP abc 1 l UP", SYNTAX),
        ("BLMPOP abc 1 l LEFT COUNT 0", COUNT),
        ("BLMPOP abc 1 l LEFT COUNT", SYNTAX),
        ("BLMPOP abc 1 l LEFT COUNT 1 COUNT 1", SYNTAX),
    ]);
}

#[test]
fn a_key_of_another_type_is_an_error_if_it_comes_first() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET s x", "+OK\r\n"),
        ("RPUSH l a b", ":2\r\n"),
        ("BLPOP none s l 0", WRONG_TYPE),
        ("BLPOP l s 0", "*2\r\n$1\r\nl\r\n$1\r\na\r\n"),
        ("BLMPOP 0 2 s l LEFT", WRONG_TYPE),
        ("BLMOVE s l LEFT LEFT 0", WRONG_TYPE),
        ("BLMOVE l s LEFT LEFT 0", WRONG_TYPE),
        ("BRPOPLPUSH l s 0", WRONG_TYPE),
        // Only a source that exists makes the destination count.
        ("BLMOVE none s LEFT LEFT 0.01", "*-1\r\n"),
        ("LRANGE l 0 -1", "*1\r\n$1\r\nb\r\n"),
    ]);
}

#[test]
fn a_transaction_never_waits() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("BLPOP l 0", "+QUEUED\r\n"),
        ("BLMOVE l m LEFT LEFT 0", "+QUEUED\r\n"),
        ("BRPOPLPUSH l m 0", "+QUEUED\r\n"),
        ("BLMPOP 0 1 l LEFT", "+QUEUED\r\n"),
        ("RPUSH l a", "+QUEUED\r\n"),
        ("BRPOP l 0", "+QUEUED\r\n"),
        (
            "EXEC",
            "*6\r\n*-1\r\n$-1\r\n$-1\r\n*-1\r\n:1\r\n*2\r\n$1\r\nl\r\n$1\r\na\r\n",
        ),
    ]);
}
