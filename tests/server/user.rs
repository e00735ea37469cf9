//! Lines `user ...`: whether clients may log in, and with which passwords.

use std::sync::Arc;

use crate::support::{TempDir, TestServer, program, run};

const NO_AUTH: &str = "-NOAUTH Authentication required.\r\n";
const WRONG_PASS: &str = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
const NO_PASSWORD: &str = "-ERR AUTH <password> called without any password configured for the \
                           default user. Are you sure your configuration is correct?\r\n";

fn start(lines: &str) -> TestServer {
    let directory = Arc::new(TempDir::new());
    let file = directory.write("redis.conf", lines);
    let args = [file.to_str().unwrap()];
    TestServer::start_with_args(Arc::clone(&directory), &args)
}

#[test]
fn each_of_several_passwords_is_accepted() {
    let server = start(
        "user default on >a ~* &* +@all \
         #3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\n",
    );
    for (line, reply) in [
        ("AUTH a", "+OK\r\n"),
        ("AUTH b", "+OK\r\n"),
        ("AUTH default b", "+OK\r\n"),
        ("AUTH c", WRONG_PASS),
        ("AUTH default ''", WRONG_PASS),
        ("AUTH somebody a", WRONG_PASS),
    ] {
        let next = if reply == WRONG_PASS {
            NO_AUTH
        } else {
            "+PONG\r\n"
        };
        let mut client = server.connect();
        client.expect_exchanges(&[("PING", NO_AUTH), (line, reply), ("PING", next)]);
    }
    let introduced = server.connect().ask_line("HELLO 2 AUTH default b");
    assert_eq!(introduced.array().len(), 14);
}

#[test]
fn a_user_that_is_off_cannot_log_in() {
    for (line, auth) in [
        ("user default off >a ~* &* +@all\n", WRONG_PASS),
        ("user default off nopass ~* &* +@all\n", NO_PASSWORD),
        // Without rules, the user has no password and is off.
        ("user default\n", WRONG_PASS),
    ] {
        start(line).connect().expect_exchanges(&[
            ("PING", NO_AUTH),
            ("AUTH a", auth),
            ("AUTH default a", WRONG_PASS),
            ("AUTH default ''", WRONG_PASS),
            ("HELLO 2 AUTH default a", WRONG_PASS),
            ("PING", NO_AUTH),
        ]);
    }
}

#[test]
fn nopass_admits_all_clients() {
    start("requirepass b\nuser default on nopass ~* &* +@all\n")
        .connect()
        .expect_exchanges(&[
            ("PING", "+PONG\r\n"),
            ("AUTH b", NO_PASSWORD),
            ("AUTH default anything", "+OK\r\n"),
        ]);
}

/// A line `user default` takes precedence over `requirepass` in any order. CONFIG SET changes the
/// user.
#[test]
fn requirepass_sets_the_users_only_password_while_the_server_runs() {
    for lines in [
        "user default on >a >b ~* &* +@all\nrequirepass c\n",
        "requirepass c\nuser default on >a >b ~* &* +@all\n",
    ] {
        let server = start(lines);
        server.connect().expect_exchanges(&[
            ("AUTH c", WRONG_PASS),
            ("AUTH a", "+OK\r\n"),
            (
                "CONFIG GET requirepass",
                "*2\r\n$11\r\nrequirepass\r\n$1\r\nc\r\n",
            ),
            ("CONFIG SET requirepass d", "+OK\r\n"),
            // An authenticated client stays so.
            ("PING", "+PONG\r\n"),
            ("AUTH b", WRONG_PASS),
        ]);
        server.connect().expect_exchanges(&[
            ("PING", NO_AUTH),
            ("AUTH d", "+OK\r\n"),
            ("CONFIG SET requirepass ''", "+OK\r\n"),
            ("AUTH d", NO_PASSWORD),
        ]);
        server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
    }
}

/// A server whose rules are not all understood must not start.
#[test]
fn wrong_rules_end_the_start() {
    let directory = TempDir::new();
    for (lines, reason) in [
        (
            "user default foo",
            "Error in user declaration 'user': Syntax error",
        ),
        (
            "user bob on +@all -nothing",
            "Error loading ACL rule '-nothing' for the user named 'bob': Unknown command or \
             category name in ACL",
        ),
        (
            "user default off\nuser default on nopass ~* &* +@all",
            "Error in user declaration 'default': Duplicate user found. A user can only be \
             defined once in config files",
        ),
        ("user", "Bad directive or wrong number of arguments"),
        (
            "aclfile nowhere.acl",
            "Aborting Redis startup because of ACL errors: Error loading ACLs, opening file \
             'nowhere.acl': No such file or directory",
        ),
        (
            "aclfile nowhere.acl\nuser bob on",
            "please define either an ACL file or declare users directly in your redis.conf, but \
             not both.",
        ),
    ] {
        let file = directory.write("redis.conf", format!("port 0\n{lines}"));
        let outcome = run(program().arg(file));
        assert_eq!(outcome.code, Some(1), "{lines}");
        let said = format!("{reason}\n");
        assert!(outcome.err.ends_with(&said), "{lines}: {}", outcome.err);
    }
}
