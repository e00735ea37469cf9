//! `CONFIG SET appendonly`: when the reply arrives, the log is on or off.

mod shared;

use std::fs;

use threadbare::config::Protected;

use crate::support::{Client, Process, TempDir, TestServer, encode, wait_for};

const OFF: &str = "-ERR nothing is saved while 'appendonly' is off; CONFIG SET appendonly yes\r\n";

/// Starts a server without a log and with many keys, so that its first file takes a while.
fn with_keys(directory: &TempDir) -> (Process, Client) {
    let args = ["--appendonly", "no", "--enable-debug-command", "yes"];
    let server = Process::start(directory, &args);
    let mut client = server.connect();
    client.expect_exchanges(&[("DEBUG POPULATE 200000", "+OK\r\n")]);
    (server, client)
}

/// Sends CONFIG SET appendonly yes, and waits until the first file is being made.
fn switch_on(server: &Process) -> Client {
    let (mut client, mut bystander) = (server.connect(), server.connect());
    client.send(encode(&["CONFIG", "SET", "appendonly", "yes"]));
    wait_for("the first file to be begun", || {
        (bystander.info("aof_rewrite_in_progress") == "1" || bystander.info("aof_enabled") == "1")
            .then_some(())
    });
    client
}

fn keys_after_restart(directory: &TempDir) -> i64 {
    let server = Process::start(directory, &[]);
    server.connect().ask_line("DBSIZE").integer()
}

#[test]
fn writes_acknowledged_after_the_reply_survive_kill_9() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    client.expect_exchanges(&[
        ("CONFIG SET appendonly yes", "+OK\r\n"),
        ("SET late 1", "+OK\r\n"),
    ]);
    server.kill();
    assert_eq!(keys_after_restart(&directory), 200_001);
}

#[test]
fn writes_during_the_making_of_the_first_file_are_in_it() {
    const WRITES: usize = 500;
    let directory = TempDir::new();
    let (server, mut writer) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    writer.ask_line("SELECT 3");
    for number in 0..WRITES {
        let number = number.to_string();
        writer.send(encode(&["SET", &number, &number]));
        writer.expect("+OK\r\n");
        writer.ask_line("INCR count");
    }
    waiting.expect("+OK\r\n");
    writer.ask_line("INCR count");
    server.kill();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.expect_exchanges(&[("DBSIZE", ":200000\r\n"), ("SELECT 3", "+OK\r\n")]);
    assert_eq!(client.ask_line("DBSIZE").integer() as usize, WRITES + 1);
    assert_eq!(
        client.ask_line("GET count").text(),
        (WRITES + 1).to_string()
    );
}

/// Starts a server, stops it while its first file is being made, and returns the number of keys
/// after a restart. If `is_patient`, the stop waits until clients have received their replies.
fn keys_after_stop(is_patient: bool, stop: impl FnOnce(&Process)) -> i64 {
    let directory = TempDir::new();
    let (mut server, mut writer) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    writer.expect_exchanges(&[("SET late 1", "+OK\r\n")]);
    stop(&server);
    let reply = waiting.try_reply();
    assert!(reply.is_ok() || !is_patient, "{reply:?}");
    // If the file was completed just before, the reply is OK.
    let error = reply.as_ref().ok().and_then(|reply| reply.error());
    let error = error.unwrap_or("the server is stopping");
    assert!(error.ends_with("the server is stopping"), "{error}");
    assert_eq!(server.exit(), Some(0));
    keys_after_restart(&directory)
}

#[test]
fn a_stop_in_good_order_completes_the_first_file() {
    for (stop, is_patient) in [("SHUTDOWN\r\n", true), ("SHUTDOWN NOSAVE NOW\r\n", false)] {
        let keys = keys_after_stop(is_patient, |server| server.connect().send(stop));
        assert_eq!(keys, 200_001);
    }
    let keys = keys_after_stop(true, |server| server.signal("TERM"));
    assert_eq!(keys, 200_001);
}

#[test]
fn a_forced_stop_does_not_wait_for_the_first_file() {
    let keys = keys_after_stop(true, |server| server.connect().send("SHUTDOWN FORCE\r\n"));
    // The file may just have been completed.
    assert!([0, 200_001].contains(&keys), "{keys} keys");
}

#[test]
fn switching_off_ends_a_rewrite() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.ask_line("DEBUG POPULATE 50000");
    for _ in 0..10 {
        client.expect_exchanges(&[
            (
                "BGREWRITEAOF",
                "+Background append only file rewriting started\r\n",
            ),
            ("CONFIG SET appendonly no", "+OK\r\n"),
        ]);
        assert_eq!(client.info("aof_rewrite_in_progress"), "0");
        assert_eq!(client.info("aof_rewrite_scheduled"), "0");
        assert!(!server.directory.join("appendonly.aof.rewrite").exists());
        client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
    }
}

#[test]
fn a_rewrite_is_in_progress_when_the_client_gets_its_reply() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut client = server.connect();
    client.ask_line("DEBUG POPULATE 50000");
    client.send("BGREWRITEAOF\r\nINFO persistence\r\n");
    client.expect("+Background append only file rewriting started\r\n");
    let info = client.reply().text();
    let is_made = info.contains("aof_rewrites:1");
    assert!(
        is_made || info.contains("aof_rewrite_in_progress:1"),
        "{info}"
    );
    wait_for("the rewrite", || {
        (client.info("aof_rewrite_in_progress") == "0").then_some(())
    });
}

#[test]
fn databases_may_be_swapped_and_emptied_and_the_policy_changed_meanwhile() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    client.expect_exchanges(&[
        ("SET a 1", "+OK\r\n"),
        ("SWAPDB 0 1", "+OK\r\n"),
        ("CONFIG SET appendfsync always", "+OK\r\n"),
        ("SET b 2", "+OK\r\n"),
        ("SWAPDB 0 2", "+OK\r\n"),
        ("SET c 3", "+OK\r\n"),
        ("SWAPDB 0 1", "+OK\r\n"),
        ("FLUSHDB", "+OK\r\n"),
        ("SET d 4", "+OK\r\n"),
    ]);
    waiting.expect("+OK\r\n");
    server.kill();
    let server = Process::start(&directory, &[]);
    server.connect().expect_exchanges(&[
        ("GET d", "$1\r\n4\r\n"),
        ("DBSIZE", ":1\r\n"),
        ("SELECT 1", "+OK\r\n"),
        ("GET c", "$1\r\n3\r\n"),
        ("SELECT 2", "+OK\r\n"),
        ("GET b", "$1\r\n2\r\n"),
    ]);
}

#[test]
fn several_settings_are_set_or_none() {
    let server = TestServer::start_with(|config| config.appendonly = false);
    let mut client = server.connect();
    let reply = client.ask_line("CONFIG SET appendonly yes timeout 7 appendfsync sometimes");
    assert!(reply.error().is_some());
    assert_eq!(client.info("aof_enabled"), "0");
    assert_eq!(fs::read_dir(&**server.directory).unwrap().count(), 0);

    // A directory cannot be opened as a file.
    fs::create_dir(server.directory.aof()).unwrap();
    client.expect_exchanges(&[
        (
            "CONFIG SET timeout 7 appendonly yes",
            "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn \
             on AOF: Is a directory\r\n",
        ),
        ("CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n"),
    ]);
    fs::remove_dir(server.directory.aof()).unwrap();
    client.expect_exchanges(&[
        ("CONFIG SET timeout 7 appendonly yes", "+OK\r\n"),
        ("CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n7\r\n"),
        ("SAVE", "+OK\r\n"),
    ]);
}

#[test]
fn in_a_transaction_the_log_is_switched_at_the_end() {
    let server = TestServer::start_with(|config| config.appendonly = false);
    let mut client = server.connect();
    client.send(
        "MULTI\r\nSET a 1\r\nCONFIG SET appendonly yes\r\nGET a\r\nBGREWRITEAOF\r\n\
         CONFIG SET appendonly maybe\r\nSET b 2\r\nEXEC\r\nSAVE\r\n",
    );
    client.expect("+OK\r\n".to_owned() + &"+QUEUED\r\n".repeat(6));
    client.expect(
        "*6\r\n+OK\r\n+OK\r\n$1\r\n1\r\n".to_owned()
            + OFF
            + "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - argument must \
               be 'yes' or 'no'\r\n+OK\r\n+OK\r\n",
    );
    client.send("MULTI\r\nBGREWRITEAOF\r\nSET c 3\r\nEXEC\r\n");
    client.expect(
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n\
         +Background append only file rewriting scheduled\r\n+OK\r\n",
    );
    wait_for("the rewrite", || {
        (client.info("aof_rewrites") == "2").then_some(())
    });
    let server = server.restart_with(|config| config.appendonly = true);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("MGET a b c", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n"),
        ("MULTI", "+OK\r\n"),
        ("SET d 4", "+QUEUED\r\n"),
        ("CONFIG SET appendonly no", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n+OK\r\n+OK\r\n"),
        ("SAVE", OFF),
    ]);
    let server = server.restart();
    server.connect().expect_exchanges(&[("DBSIZE", ":4\r\n")]);
}

#[test]
fn an_earlier_file_is_replaced_only_when_the_first_one_is_complete() {
    let directory = TempDir::new();
    directory.write("appendonly.aof", encode(&["SET", "earlier", "1"]));
    let (server, _client) = with_keys(&directory);
    let _waiting = switch_on(&server);
    let keys = {
        server.kill();
        keys_after_restart(&directory)
    };
    assert!([1, 200_000].contains(&keys), "{keys} keys");
}
