use crate::commands::SYNTAX;
use crate::support::TestServer;

const NO_AUTH: &str = "-NOAUTH Authentication required.\r\n";
const WRONG_PASS: &str = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
const NO_PASSWORD_SET: &str = "-ERR AUTH <password> called without any password configured for \
                               the default user. Are you sure your configuration is correct?\r\n";

fn server_with_password() -> TestServer {
    TestServer::start_with(|config| config.requirepass = "secret".to_owned())
}

#[test]
fn without_the_password_no_command_is_executed() {
    let server = server_with_password();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("PING", NO_AUTH),
        ("SET k v", NO_AUTH),
        ("COMMAND COUNT", NO_AUTH),
        ("SHUTDOWN", NO_AUTH),
        // These checks come first in Redis too.
        (
            "foo",
            "-ERR unknown command 'foo', with args beginning with: \r\n",
        ),
        (
            "GET",
            "-ERR wrong number of arguments for 'get' command\r\n",
        ),
        (
            "CONFIG FOO",
            "-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\r\n",
        ),
        ("AUTH secret", "+OK\r\n"),
        ("DBSIZE", ":0\r\n"),
    ]);
    let mut client = server.connect();
    client.expect_exchanges(&[("QUIT", "+OK\r\n")]);
    client.expect_end();
}

#[test]
fn only_the_right_password_authenticates() {
    let server = server_with_password();
    server.connect().expect_exchanges(&[
        ("AUTH wrong", WRONG_PASS),
        ("AUTH ''", WRONG_PASS),
        ("AUTH secre", WRONG_PASS),
        ("AUTH secrets", WRONG_PASS),
        ("AUTH SECRET", WRONG_PASS),
        ("AUTH secretsecret", WRONG_PASS),
        ("AUTH default wrong", WRONG_PASS),
        ("AUTH somebody secret", WRONG_PASS),
        ("AUTH default secret more", SYNTAX),
        ("PING", NO_AUTH),
        ("AUTH default secret", "+OK\r\n"),
        ("PING", "+PONG\r\n"),
        // A wrong password later does not end the authentication.
        ("AUTH wrong", WRONG_PASS),
        ("PING", "+PONG\r\n"),
    ]);
}

#[test]
fn without_a_password_the_default_user_accepts_any() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("AUTH x", NO_PASSWORD_SET),
        ("AUTH default x", "+OK\r\n"),
        ("AUTH somebody x", WRONG_PASS),
        ("PING", "+PONG\r\n"),
    ]);
}

#[test]
fn a_new_password_is_required_of_new_clients_only() {
    let server = TestServer::start();
    let mut early = server.connect();
    let mut setter = server.connect();
    early.expect_exchanges(&[("PING", "+PONG\r\n")]);
    setter.expect_exchanges(&[("CONFIG SET requirepass secret", "+OK\r\n")]);
    early.expect_exchanges(&[("PING", "+PONG\r\n")]);
    setter.expect_exchanges(&[("PING", "+PONG\r\n")]);
    server
        .connect()
        .expect_exchanges(&[("PING", NO_AUTH), ("AUTH secret", "+OK\r\n")]);
    setter.expect_exchanges(&[("CONFIG SET requirepass ''", "+OK\r\n")]);
    server
        .connect()
        .expect_exchanges(&[("PING", "+PONG\r\n"), ("AUTH x", NO_PASSWORD_SET)]);
}

#[test]
fn the_requests_of_one_pipeline_can_authenticate_and_go_on() {
    let server = server_with_password();
    let mut client = server.connect();
    client.send("PING\r\nAUTH secret\r\nPING\r\n*11\r\n");
    client.send("$6\r\nEXISTS\r\n".to_owned() + &"$1\r\na\r\n".repeat(10));
    client.expect(format!("{NO_AUTH}+OK\r\n+PONG\r\n:0\r\n"));
}

#[test]
fn reset_takes_effect_for_the_next_request_of_the_pipeline() {
    for (name, request, error) in [
        ("reset", "*11\r\n", "multibulk"),
        ("RESET", "*2\r\n$4\r\nECHO\r\n$16385\r\n", "bulk"),
    ] {
        let server = server_with_password();
        let mut client = server.connect();
        client.send(format!("AUTH secret\r\nPING\r\n{name}\r\n{request}"));
        client.expect("+OK\r\n+PONG\r\n+RESET\r\n");
        client.expect(format!(
            "-ERR Protocol error: unauthenticated {error} length\r\n"
        ));
        client.expect_end();
    }
}

/// Returns the reply of HELLO in a version of RESP.
fn introduction(protocol: i64, id: i64) -> String {
    let map = if protocol == 2 { "*14" } else { "%7" };
    format!(
        "{map}\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n\
         $5\r\nproto\r\n:{protocol}\r\n$2\r\nid\r\n:{id}\r\n$4\r\nmode\r\n\
         $10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
    )
}

#[test]
fn hello_introduces_the_server_and_chooses_a_protocol() {
    let server = TestServer::start();
    let mut client = server.connect();
    let id = client.ask_line("CLIENT ID").integer();
    for (line, protocol) in [
        ("HELLO", 2),
        ("HELLO 2", 2),
        ("hello 3", 3),
        ("HELLO", 3),
        ("HELLO 2", 2),
    ] {
        client.expect_exchanges(&[(line, &introduction(protocol, id))]);
    }
}

#[test]
fn an_invalid_hello_changes_nothing() {
    let server = TestServer::start();
    let mut client = server.connect();
    let id = client.ask_line("CLIENT ID").integer();
    client.expect_exchanges(&[
        ("HELLO 1", "-NOPROTO unsupported protocol version\r\n"),
        ("HELLO 4", "-NOPROTO unsupported protocol version\r\n"),
        (
            "HELLO x",
            "-ERR Protocol version is not an integer or out of range\r\n",
        ),
        ("HELLO 3 foo", "-ERR Syntax error in HELLO option 'foo'\r\n"),
        (
            "HELLO 3 AUTH default",
            "-ERR Syntax error in HELLO option 'AUTH'\r\n",
        ),
        (
            "HELLO 3 SETNAME",
            "-ERR Syntax error in HELLO option 'SETNAME'\r\n",
        ),
        (
            "HELLO 3 SETNAME 'a b'",
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n",
        ),
        ("HELLO 3 AUTH somebody x", WRONG_PASS),
        ("HELLO 3 AUTH somebody x foo", WRONG_PASS),
        ("CLIENT GETNAME", "$-1\r\n"),
        ("HELLO", &introduction(2, id)),
    ]);
}

#[test]
fn hello_applies_its_options_one_after_the_other() {
    const FOO: &str = "-ERR Syntax error in HELLO option 'FOO'\r\n";
    let server = server_with_password();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HELLO 3 AUTH default secret SETNAME me FOO", FOO),
        ("PING", "+PONG\r\n"),
        ("CLIENT GETNAME", "$2\r\nme\r\n"),
        // The protocol has not changed.
        ("GET missing", "$-1\r\n"),
    ]);
}

#[test]
fn hello_can_authenticate_and_name_the_client() {
    const FIRST: &str = "-NOAUTH HELLO must be called with the client already authenticated, \
                         otherwise the HELLO AUTH <user> <pass> option can be used to \
                         authenticate the client and select the RESP protocol version at the \
                         same time\r\n";
    let server = server_with_password();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("HELLO", FIRST),
        ("HELLO 3", FIRST),
        ("HELLO 3 SETNAME me", FIRST),
        ("HELLO 3 AUTH default wrong", WRONG_PASS),
        ("PING", NO_AUTH),
    ]);
    client.ask_line("HELLO 3 AUTH default secret SETNAME me");
    client.expect_exchanges(&[
        ("PING", "+PONG\r\n"),
        ("CLIENT GETNAME", "$2\r\nme\r\n"),
        ("GET missing", "_\r\n"),
    ]);
}

#[test]
fn resp3_has_types_of_its_own() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[
        ("GET missing", "_\r\n"),
        ("HGET missing f", "_\r\n"),
        ("CLIENT GETNAME", "_\r\n"),
        ("HGETALL missing", "%0\r\n"),
        ("HSET h f v", ":1\r\n"),
        ("HGETALL h", "%1\r\n$1\r\nf\r\n$1\r\nv\r\n"),
        ("CONFIG GET timeout", "%1\r\n$7\r\ntimeout\r\n$1\r\n0\r\n"),
        (
            "INFO cluster",
            "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n",
        ),
        ("COMMAND INFO missing", "*1\r\n_\r\n"),
        ("GET h", crate::commands::WRONG_TYPE),
        ("PING", "+PONG\r\n"),
    ]);
    // Each client chooses for itself.
    server
        .connect()
        .expect_exchanges(&[("GET missing", "$-1\r\n")]);
}

const NO_AUTH_HELLO: &str = "-NOAUTH HELLO must be called with the client already authenticated, \
    otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select \
    the RESP protocol version at the same time\r\n";

/// As in Redis: whether a client may execute commands follows the password, but HELLO asks for
/// AUTH.
#[test]
fn clients_are_admitted_when_the_password_is_cleared() {
    let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    let (mut early, mut admin) = (server.connect(), server.connect());
    early.expect_exchanges(&[("GET k", NO_AUTH)]);
    admin.expect_exchanges(&[
        ("AUTH secret", "+OK\r\n"),
        ("CONFIG SET requirepass ''", "+OK\r\n"),
    ]);
    early.expect_exchanges(&[
        ("GET k", "$-1\r\n"),
        ("MULTI", "+OK\r\n"),
        ("GET k", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n$-1\r\n"),
        ("HELLO", NO_AUTH_HELLO),
        // While a password was needed, ten arguments were the limit.
        ("DEL 1 2 3 4 5 6 7 8 9 10 11", ":0\r\n"),
    ]);
    let mut late = server.connect();
    // The reply shows that the server has accepted the client.
    late.expect_exchanges(&[("PING", "+PONG\r\n")]);
    admin.expect_exchanges(&[("CONFIG SET requirepass other", "+OK\r\n")]);
    early.expect_exchanges(&[("GET k", NO_AUTH), ("HELLO", NO_AUTH_HELLO)]);
    // An authenticated client stays so until RESET.
    for client in [&mut late, &mut admin] {
        client.expect_exchanges(&[
            ("GET k", "$-1\r\n"),
            ("RESET", "+RESET\r\n"),
            ("GET k", NO_AUTH),
            (
                "AUTH secret",
                "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
            ),
            ("AUTH other", "+OK\r\n"),
            ("GET k", "$-1\r\n"),
        ]);
    }
    admin.expect_exchanges(&[("CONFIG SET requirepass ''", "+OK\r\n")]);
    early.expect_exchanges(&[("RESET", "+RESET\r\n")]);
    assert!(early.ask(&["HELLO"]).error().is_none());
}
