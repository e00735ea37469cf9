//! `rename-command`: clients use the new names, the append-only file the original ones.

use std::sync::Arc;

use crate::support::{TempDir, TestServer};

const LINES: &str = "rename-command GET fetch\n\
                     rename-command SET \"\"\n\
                     rename-command CONFIG cfg\n\
                     rename-command COMMAND kommand\n\
                     rename-command EXEC go\n\
                     rename-command HSET SET\n\
                     rename-command APPEND add\n\
                     # Commands of Redis's that are not here.\n\
                     rename-command EVAL \"\"\n\
                     rename-command XADD push\n";

fn renamed(directory: Arc<TempDir>, lines: &str) -> TestServer {
    let file = directory.write("redis.conf", lines);
    let args = [file.to_str().unwrap()];
    TestServer::start_with_args(directory, &args)
}

#[test]
fn only_the_new_name_calls_the_command() {
    let server = renamed(Arc::new(TempDir::new()), LINES);
    server.connect().expect_exchanges(&[
        ("ADD k v", ":1\r\n"),
        ("fetch k", "$1\r\nv\r\n"),
        ("Fetch k", "$1\r\nv\r\n"),
        (
            "GET k",
            "-ERR unknown command 'GET', with args beginning with: 'k' \r\n",
        ),
        (
            "eval x 0",
            "-ERR unknown command 'eval', with args beginning with: 'x' '0' \r\n",
        ),
        (
            "push k x",
            "-ERR unknown command 'push', with args beginning with: 'k' 'x' \r\n",
        ),
        // The name now calls another command.
        ("set h f v", ":1\r\n"),
        ("HGET h f", "$1\r\nv\r\n"),
        // Errors contain the original name, unless they show the request.
        (
            "fetch",
            "-ERR wrong number of arguments for 'get' command\r\n",
        ),
        (
            "cfg nosuch",
            "-ERR unknown subcommand 'nosuch'. Try CFG HELP.\r\n",
        ),
        (
            "cfg get",
            "-ERR wrong number of arguments for 'config|get' command\r\n",
        ),
        ("CFG GET rename-command", "*0\r\n"),
    ]);
    let help = server.connect().ask_line("cfg help").texts();
    assert!(help[0].starts_with("CFG <subcommand>"), "{help:?}");
}

#[test]
fn command_takes_new_names_and_returns_original_ones() {
    let plain = TestServer::start();
    let all = plain.connect().ask_line("COMMAND COUNT").integer();
    let server = renamed(Arc::new(TempDir::new()), LINES);
    let mut client = server.connect();
    // SET is disabled.
    assert_eq!(client.ask_line("kommand count").integer(), all - 1);
    let names = client.ask_line("kommand list").texts();
    for (name, is_listed) in [
        ("get", true),
        ("config", true),
        ("config|get", true),
        ("hset", true),
        ("fetch", false),
        ("set", false),
    ] {
        assert_eq!(names.iter().any(|it| it == name), is_listed, "{name}");
    }
    let described = client.ask_line("kommand info fetch set cfg|get get config|get");
    let described: Vec<String> = described
        .array()
        .iter()
        .map(|row| match row {
            crate::support::Reply::Array(fields) => fields[0].text(),
            _ => "nothing".to_owned(),
        })
        .collect();
    assert_eq!(
        described,
        ["get", "hset", "config|get", "nothing", "nothing"]
    );
    let documented = client.ask_line("kommand docs fetch get");
    assert_eq!(documented.array().len(), 2);
    assert_eq!(documented.array()[0].text(), "get");
}

#[test]
fn a_transaction_takes_new_names() {
    let directory = Arc::new(TempDir::new());
    let server = renamed(Arc::clone(&directory), LINES);
    server.connect().expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("ADD k v", "+QUEUED\r\n"),
        ("set h f v", "+QUEUED\r\n"),
        ("fetch k", "+QUEUED\r\n"),
        ("go", "*3\r\n:1\r\n:1\r\n$1\r\nv\r\n"),
        ("MULTI", "+OK\r\n"),
        (
            "GET k",
            "-ERR unknown command 'GET', with args beginning with: 'k' \r\n",
        ),
        (
            "go",
            "-EXECABORT Transaction discarded because of previous errors.\r\n",
        ),
    ]);
    assert_eq!(
        directory.aof_commands(),
        ["SELECT 0", "MULTI", "append k v", "hset h f v", "EXEC"]
    );
}

#[test]
fn the_file_can_be_loaded_under_any_names() {
    let directory = Arc::new(TempDir::new());
    let server = renamed(Arc::clone(&directory), LINES);
    let big = "x".repeat(100_000);
    server.connect().expect_exchanges(&[
        ("ADD k v", ":1\r\n"),
        // As with the original names.
        ("set h f v", ":1\r\n"),
        (&format!("set h big {big}"), ":1\r\n"),
        ("EXPIREAT k 99999999999", ":1\r\n"),
    ]);
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("fetch k", "$1\r\nv\r\n"), ("HSTRLEN h big", ":100000\r\n")]);
    server.stop();
    let other = "rename-command APPEND \"\"\nrename-command GET x\nrename-command HSET GET\n";
    for lines in ["", other] {
        let server = renamed(Arc::clone(&directory), lines);
        server.connect().expect_exchanges(&[
            ("STRLEN k", ":1\r\n"),
            ("HGET h f", "$1\r\nv\r\n"),
            ("HLEN h", ":2\r\n"),
        ]);
        server.stop();
    }
}

#[test]
fn an_option_renames_as_well() {
    let args = [
        "--rename-command",
        "FLUSHALL",
        "",
        "--rename-command",
        "flushdb",
        "clean",
    ];
    let server = TestServer::start_with_args(Arc::new(TempDir::new()), &args);
    server.connect().expect_exchanges(&[
        (
            "FLUSHALL",
            "-ERR unknown command 'FLUSHALL', with args beginning with: \r\n",
        ),
        ("CLEAN", "+OK\r\n"),
    ]);
}
