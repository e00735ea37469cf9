//! ACL: users, their rights, and what happens to their clients.

use std::fs;
use std::sync::Arc;

use crate::support::{Client, TempDir, TestServer};

const OK: &str = "+OK\r\n";
const NO_KEY: &str =
    "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
const NO_GET: &str = "-NOPERM this user has no permissions to run the 'get' command\r\n";

/// Defines the user `bob` with these rules, and returns a client of his.
fn bob(server: &TestServer, rules: &str) -> Client {
    let line = format!("ACL SETUSER bob on nopass {rules}");
    server.connect().expect_exchanges(&[(&line, OK)]);
    let mut client = server.connect();
    client.expect_exchanges(&[("AUTH bob x", OK)]);
    client
}

#[test]
fn a_user_may_only_run_the_commands_that_its_rules_name() {
    let server = TestServer::start();
    let mut client = bob(&server, "~* +@string -get +config|get +select|1 +object");
    client.expect_exchanges(&[
        ("SET a 1", OK),
        ("GET a", NO_GET),
        ("CONFIG GET nothing", "*0\r\n"),
        (
            "CONFIG SET timeout 1",
            "-NOPERM this user has no permissions to run the 'config|set' command\r\n",
        ),
        ("SELECT 1", OK),
        (
            "SELECT 0",
            "-NOPERM this user has no permissions to run the 'select' command\r\n",
        ),
        // These need no rights.
        (
            "HELLO 2 SETNAME",
            "-ERR Syntax error in HELLO option 'SETNAME'\r\n",
        ),
        ("RESET", "+RESET\r\n"),
        ("GET a", "$1\r\n1\r\n"),
    ]);
}

#[test]
fn a_pattern_allows_to_read_or_to_write_keys() {
    let server = TestServer::start();
    let mut client = bob(&server, "+@all %R~r* %W~w* ~b*");
    client.expect_exchanges(&[
        ("GET r", "$-1\r\n"),
        ("SET r 1", NO_KEY),
        ("SET w 1", OK),
        ("SET w 1 GET", NO_KEY),
        ("GET w", NO_KEY),
        ("SET b 1 GET", "$-1\r\n"),
        ("MGET r b x", NO_KEY),
        ("COPY r w", ":0\r\n"),
        ("COPY w r", NO_KEY),
        // The requests are wrong, and name no keys.
        (
            "SINTERCARD 9 x",
            "-ERR Number of keys can't be greater than number of args\r\n",
        ),
        ("STRLEN r", ":0\r\n"),
        ("STRLEN x", NO_KEY),
    ]);
}

#[test]
fn a_request_needs_one_selector_that_grants_all_of_it() {
    let server = TestServer::start();
    let mut client = bob(&server, "(+@write ~w*) (+@read ~r*)");
    client.expect_exchanges(&[
        ("SET w 1", OK),
        ("GET r", "$-1\r\n"),
        ("GET w", NO_KEY),
        ("SET r 1", NO_KEY),
        (
            "PING",
            "-NOPERM this user has no permissions to run the 'ping' command\r\n",
        ),
    ]);
    server
        .connect()
        .expect_exchanges(&[("ACL SETUSER bob clearselectors", OK)]);
    client.expect_exchanges(&[("GET r", NO_GET)]);
}

#[test]
fn sort_follows_a_pattern_only_for_users_that_may_read_all_keys() {
    let server = TestServer::start();
    let mut client = bob(&server, "+sort ~list ~w*");
    client.expect_exchanges(&[
        (
            "SORT list BY w*",
            "-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n",
        ),
        (
            "SORT list GET #",
            "-ERR GET option of SORT denied due to insufficient ACL permissions.\r\n",
        ),
        ("SORT list BY nosort", "*0\r\n"),
    ]);
    server
        .connect()
        .expect_exchanges(&[("ACL SETUSER bob %R~*", OK)]);
    client.expect_exchanges(&[("SORT list BY w* GET #", "*0\r\n")]);
}

#[test]
fn rights_are_checked_when_a_command_is_queued_and_when_it_runs() {
    let server = TestServer::start();
    let mut client = bob(&server, "+@all ~a -get");
    client.expect_exchanges(&[
        ("MULTI", OK),
        ("GET a", NO_GET),
        (
            "EXEC",
            "-EXECABORT Transaction discarded because of previous errors.\r\n",
        ),
        ("MULTI", OK),
        ("SET a 1", "+QUEUED\r\n"),
        ("INCR a", "+QUEUED\r\n"),
    ]);
    let mut other = server.connect();
    other.expect_exchanges(&[("ACL SETUSER bob -incr", OK)]);
    client.expect_exchanges(&[(
        "EXEC",
        "*2\r\n+OK\r\n-NOPERM ACLs rules changed between the moment the transaction was \
         accumulated and the EXEC call. This command is no longer allowed for the following \
         reason: no permission to execute the command or subcommand\r\n",
    )]);
    other.expect_exchanges(&[("ACL SETUSER bob -exec", OK)]);
    client.expect_exchanges(&[
        ("MULTI", OK),
        (
            "EXEC",
            "-EXECABORT Transaction discarded because of: NOPERM this user has no permissions to \
             run the 'exec' command\r\n",
        ),
    ]);
}

#[test]
fn a_removed_user_has_no_clients() {
    let server = TestServer::start();
    let mut client = bob(&server, "+@all ~*");
    let mut other = server.connect();
    other.expect_exchanges(&[
        ("CLIENT KILL USER nobody", "-ERR No such user 'nobody'\r\n"),
        (
            "ACL DELUSER default",
            "-ERR The 'default' user cannot be removed\r\n",
        ),
        ("ACL DELUSER bob nobody", ":1\r\n"),
        (
            "AUTH bob x",
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
        ),
    ]);
    client.expect_end();
    // A client that removes its own user still gets the reply.
    let mut client = bob(&server, "+@all ~*");
    client.send("ACL DELUSER bob\r\nPING\r\n");
    client.expect(":1\r\n");
    client.expect_end();
    let mut client = bob(&server, "+@all ~*");
    other.expect_exchanges(&[("CLIENT KILL USER bob", ":1\r\n")]);
    client.expect_end();
}

#[test]
fn refusals_are_listed_and_those_alike_are_counted() {
    let server = TestServer::start();
    let mut client = bob(&server, "+@all -get ~a");
    client.expect_exchanges(&[("GET a", NO_GET), ("GET b", NO_GET), ("SET b 1", NO_KEY)]);
    client.ask_line("AUTH bob2 secret");
    client.expect_exchanges(&[("MULTI", OK), ("GET a", NO_GET), ("DISCARD", OK)]);
    client.expect_exchanges(&[("ACL WHOAMI", "$3\r\nbob\r\n")]);
    let log = client.ask_line("ACL LOG");
    let field = |entry: usize, name: &str| {
        let entry = log.array()[entry].array();
        let mut pairs = entry.chunks(2);
        pairs.find(|pair| pair[0].text() == name).unwrap()[1].clone()
    };
    for (entry, reason, context, object, username) in [
        (0, "command", "multi", "get", "bob"),
        (1, "auth", "toplevel", "AUTH", "bob2"),
        (2, "key", "toplevel", "b", "bob"),
        (3, "command", "toplevel", "get", "bob"),
    ] {
        assert_eq!(field(entry, "reason").text(), reason);
        assert_eq!(field(entry, "context").text(), context);
        assert_eq!(field(entry, "object").text(), object);
        assert_eq!(field(entry, "username").text(), username);
    }
    assert_eq!(field(3, "count").integer(), 2);
    assert!(field(3, "client-info").text().contains("user=bob"));
    client.expect_exchanges(&[("CONFIG SET acllog-max-len 2", OK)]);
    client.ask_line("SET c 1");
    assert_eq!(client.ask_line("ACL LOG").array().len(), 2);
    client.expect_exchanges(&[("ACL LOG RESET", OK), ("ACL LOG", "*0\r\n")]);
}

#[test]
fn users_are_described_by_the_rules_that_define_them() {
    let server = TestServer::start();
    let mut client = server.connect();
    let define = "ACL SETUSER bob >a %R~r ~b &c* +@read -get (~x +set) +client|id";
    client.expect_exchanges(&[(define, OK)]);
    let hash = "#ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    let line = client.ask_line("ACL LIST").array()[0].text();
    assert_eq!(
        line,
        format!(
            "user bob off {hash} %R~r ~b resetchannels &c* -@all +@read -get +client|id (~x \
             resetchannels -@all +set)"
        )
    );
    client.expect_exchanges(&[
        ("ACL USERS", "*2\r\n$3\r\nbob\r\n$7\r\ndefault\r\n"),
        ("ACL GETUSER nobody", "$-1\r\n"),
        (
            "ACL DRYRUN bob GET r",
            "$53\r\nThis user has no permissions to run the 'get' command\r\n",
        ),
        ("ACL DRYRUN bob SET x 1", OK),
        (
            "ACL SETUSER bob +get +nothing",
            "-ERR Error in ACL SETUSER modifier '+nothing': Unknown command or category name in \
             ACL\r\n",
        ),
        (
            "ACL SETUSER bob ( +get",
            "-ERR Unmatched parenthesis in acl selector starting at '('.\r\n",
        ),
    ]);
    assert_eq!(client.ask_line("ACL LIST").array()[0].text(), line);
}

#[test]
fn an_acl_file_is_loaded_and_saved() {
    let directory = Arc::new(TempDir::new());
    let file = directory.write("users.acl", "user bob on nopass ~b* +@all\n");
    let args = ["--aclfile", "users.acl"];
    let server = TestServer::start_with_args(Arc::clone(&directory), &args);
    let mut client = server.connect();
    client.expect_exchanges(&[("AUTH bob x", OK), ("GET a", NO_KEY)]);
    let mut other = server.connect();
    other.expect_exchanges(&[("ACL SETUSER eve on nopass", OK), ("ACL SAVE", OK)]);
    let saved = fs::read_to_string(&file).unwrap();
    assert_eq!(
        saved,
        "user bob on nopass ~b* resetchannels +@all\n\
         user default on nopass ~* &* +@all\n\
         user eve on nopass resetchannels -@all\n"
    );
    directory.write("users.acl", "user eve on nopass +nothing\nuser\n");
    let error = other.ask_line("ACL LOAD");
    assert_eq!(
        error.error(),
        Some(
            "ERR users.acl:1: Error in applying operation '+nothing': Unknown command or category \
             name in ACL. users.acl:2 should start with user keyword followed by the username. \
             WARNING: ACL errors detected, no change to the previously active ACL rules was \
             performed"
        )
    );
    client.expect_exchanges(&[("GET b", "$-1\r\n")]);
    directory.write("users.acl", "user default on >a ~* +@all\n");
    other.expect_exchanges(&[
        ("MULTI", OK),
        ("ACL LOAD", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n+OK\r\n"),
    ]);
    client.expect_end();
    other.expect_exchanges(&[("ACL USERS", "*1\r\n$7\r\ndefault\r\n")]);
    server.connect().expect_exchanges(&[
        ("PING", "-NOAUTH Authentication required.\r\n"),
        ("AUTH a", OK),
    ]);
}
