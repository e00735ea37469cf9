use crate::support::{Client, TestServer, wait_for};

fn wait_for_blocked(client: &mut Client, count: u64) {
    wait_for("the blocked clients", || {
        (client.info_number("blocked_clients") == count).then_some(())
    });
}

#[test]
fn a_pause_of_writes_postpones_them_only() {
    let server = TestServer::start();
    let mut admin = server.connect();
    let mut writer = server.connect();
    let mut counter = server.connect();
    admin.expect_exchanges(&[
        ("PFADD hll a", ":1\r\n"),
        ("CLIENT PAUSE 100000 WRITE", "+OK\r\n"),
    ]);
    writer.send(b"GET k\r\nSET k v\r\nGET k\r\n");
    counter.send(b"PFCOUNT hll\r\n");
    writer.expect(b"$-1\r\n");
    wait_for_blocked(&mut admin, 2);
    admin.expect_exchanges(&[
        ("GET k", "$-1\r\n"),
        (
            "SET k",
            "-ERR wrong number of arguments for 'set' command\r\n",
        ),
        ("CLIENT UNPAUSE", "+OK\r\n"),
    ]);
    writer.expect(b"+OK\r\n$1\r\nv\r\n");
    counter.expect(b":1\r\n");
    wait_for_blocked(&mut admin, 0);
}

#[test]
fn a_pause_begins_after_the_transaction_and_holds_the_next_one() {
    let server = TestServer::start();
    let mut admin = server.connect();
    let mut other = server.connect();
    other.expect_exchanges(&[("MULTI", "+OK\r\n"), ("SET other v", "+QUEUED\r\n")]);
    admin.send(b"MULTI\r\nSET a 1\r\nCLIENT PAUSE 100000 WRITE\r\nSET b 2\r\nEXEC\r\n");
    admin.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    other.send(b"EXEC\r\n");
    wait_for_blocked(&mut admin, 1);
    admin.expect_exchanges(&[
        ("MGET a b other", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n"),
        ("CLIENT UNPAUSE", "+OK\r\n"),
    ]);
    other.expect(b"*1\r\n+OK\r\n");
}

#[test]
fn a_pause_of_all_ends_by_itself() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("CLIENT PAUSE 50", "+OK\r\n"),
        ("GET k", "$-1\r\n"),
        ("CLIENT PAUSE 0", "+OK\r\n"),
        ("SET k v", "+OK\r\n"),
        ("CLIENT PAUSE 9223372036854775807 WRITE", "+OK\r\n"),
        ("CLIENT UNPAUSE", "+OK\r\n"),
        (
            "CLIENT PAUSE x",
            "-ERR timeout is not an integer or out of range\r\n",
        ),
        ("CLIENT PAUSE -1", "-ERR timeout is negative\r\n"),
        (
            "CLIENT PAUSE 1 some",
            "-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n",
        ),
    ]);
}

#[test]
fn a_postponed_client_can_be_killed_but_not_unblocked() {
    let server = TestServer::start();
    let mut admin = server.connect();
    let mut writer = server.connect();
    let id = writer.ask_line("CLIENT ID").integer();
    admin.expect_exchanges(&[("CLIENT PAUSE 100000 WRITE", "+OK\r\n")]);
    writer.send(b"SET k v\r\n");
    wait_for_blocked(&mut admin, 1);
    admin.expect_exchanges(&[
        (&format!("CLIENT UNBLOCK {id}"), ":0\r\n"),
        (&format!("CLIENT KILL ID {id}"), ":1\r\n"),
    ]);
    writer.expect_end();
    wait_for_blocked(&mut admin, 0);
    admin.expect_exchanges(&[("CLIENT UNPAUSE", "+OK\r\n"), ("EXISTS k", ":0\r\n")]);
}

#[test]
fn expired_keys_are_absent_but_stay_during_a_pause() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(b"MULTI\r\nSET k v PX 5\r\nCLIENT PAUSE 100000 WRITE\r\nEXEC\r\n");
    client.expect(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n");
    wait_for("the key to expire", || {
        (client.ask_line("EXISTS k").integer() == 0).then_some(())
    });
    assert_eq!(client.info_number("expired_keys"), 0);
    client.expect_exchanges(&[("CLIENT UNPAUSE", "+OK\r\n")]);
    wait_for("the key to be removed", || {
        (client.info_number("expired_keys") == 1).then_some(())
    });
}
