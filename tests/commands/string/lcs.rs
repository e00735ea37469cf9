use crate::commands::{NOT_AN_INTEGER, SYNTAX};
use crate::support::TestServer;

const NOT_STRINGS: &str = "-ERR The specified keys must contain string values\r\n";

fn server_with_texts() -> TestServer {
    let server = TestServer::start();
    server
        .connect()
        .expect_exchanges(&[("MSET a ohmytext b mynewtext", "+OK\r\n")]);
    server
}

#[test]
fn lcs_returns_the_subsequence_or_its_length() {
    let server = server_with_texts();
    server.connect().expect_exchanges(&[
        ("LCS a b", "$6\r\nmytext\r\n"),
        ("LCS a b LEN", ":6\r\n"),
        ("lcs a b len withmatchlen minmatchlen 5", ":6\r\n"),
        ("LCS a b WITHMATCHLEN", "$6\r\nmytext\r\n"),
        ("LCS a a LEN", ":8\r\n"),
    ]);
}

#[test]
fn indexes_are_returned_from_the_end() {
    let server = server_with_texts();
    let text = "*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n";
    let my = "*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n";
    let all = format!("*4\r\n$7\r\nmatches\r\n*2\r\n{text}{my}$3\r\nlen\r\n:6\r\n");
    let with_length = "*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n";
    let long = format!("*4\r\n$7\r\nmatches\r\n*1\r\n{with_length}$3\r\nlen\r\n:6\r\n");
    server.connect().expect_exchanges(&[
        ("LCS a b IDX", &all),
        ("LCS a b MINMATCHLEN -5 IDX", &all),
        ("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN", &long),
        (
            "LCS a b IDX MINMATCHLEN 5",
            "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:6\r\n",
        ),
    ]);
}

#[test]
fn indexes_are_a_map_in_resp3() {
    let server = server_with_texts();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[(
        "LCS a missing IDX",
        "%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n",
    )]);
}

#[test]
fn a_missing_key_is_an_empty_string() {
    let server = server_with_texts();
    server.connect().expect_exchanges(&[
        ("LCS a missing", "$0\r\n\r\n"),
        ("LCS missing missing LEN", ":0\r\n"),
    ]);
}

#[test]
fn the_types_are_checked_then_the_options_then_the_lengths() {
    let server = server_with_texts();
    let long = "SETRANGE long 60000000 v";
    server.connect().expect_exchanges(&[
        ("HSET h f v", ":1\r\n"),
        ("LCS h a FOO", NOT_STRINGS),
        ("LCS missing h", NOT_STRINGS),
        (long, ":60000001\r\n"),
        ("LCS long a FOO", SYNTAX),
        ("LCS long a MINMATCHLEN", SYNTAX),
        ("LCS long a MINMATCHLEN x", NOT_AN_INTEGER),
        (
            "LCS long a LEN IDX",
            "-ERR If you want both the length and indexes, please just use IDX.\r\n",
        ),
        (
            "LCS long a LEN",
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n",
        ),
    ]);
}

#[test]
fn the_replies_of_a_pipeline_and_of_a_transaction_stay_in_order() {
    let server = server_with_texts();
    let mut client = server.connect();
    client.send("SET c text\r\nLCS a c\r\nGET c\r\nMULTI\r\nLCS b c LEN\r\nDEL c\r\nEXEC\r\n");
    client.expect("+OK\r\n$4\r\ntext\r\n$4\r\ntext\r\n");
    client.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:4\r\n:1\r\n");
    assert_eq!(
        server.directory.aof_commands()[2..],
        ["SET c text", "DEL c"]
    );
}
