//! `CONFIG SET appendonly`: it is so when it is answered.

use std::fs::{self, File};
use std::net::TcpListener;

use threadbare::config::Protected;

use crate::support::{Client, Process, TempDir, TestServer, encode, wait_for};

const OFF: &str = "-ERR nothing is saved while 'appendonly' is off; CONFIG SET appendonly yes\r\n";

/// A server without a file, with so many keys that the first file is not there at once.
fn with_keys(directory: &TempDir) -> (Process, Client) {
    let args = ["--appendonly", "no", "--enable-debug-command", "yes"];
    let server = Process::start(directory, &args);
    let mut client = server.connect();
    client.expect_exchanges(&[("DEBUG POPULATE 200000", "+OK\r\n")]);
    (server, client)
}

/// Asks for the log to be switched on, and waits until the first file is being made.
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
fn what_is_acknowledged_after_the_answer_survives_kill_9() {
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
fn what_is_written_while_the_first_file_is_made_is_in_it() {
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

/// Starts a server, has it stopped while its first file is being made, and returns how many keys
/// another one finds. A stop that `is_patient` lets clients take their answers.
fn keys_after_stop(is_patient: bool, stop: impl FnOnce(&Process)) -> i64 {
    let directory = TempDir::new();
    let (mut server, mut writer) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    writer.expect_exchanges(&[("SET late 1", "+OK\r\n")]);
    stop(&server);
    let reply = waiting.try_reply();
    assert!(reply.is_ok() || !is_patient, "{reply:?}");
    // If it has been completed just before, the answer is OK.
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
    // It may just have been completed.
    assert!([0, 200_001].contains(&keys), "{keys} keys");
}

#[test]
fn all_agree_at_once_on_whether_it_is_on() {
    let server = TestServer::start();
    let (mut client, mut other) = (server.connect(), server.connect());
    client.ask_line("SET k v");
    for _ in 0..20 {
        client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
        assert_eq!(other.info("aof_enabled"), "0");
        other.expect_exchanges(&[
            ("SAVE", OFF),
            ("BGSAVE", OFF),
            ("BGREWRITEAOF", OFF),
            (
                "CONFIG GET appendonly",
                "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
            ),
        ]);
        client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
        assert_eq!(other.info("aof_enabled"), "1");
        other.expect_exchanges(&[
            ("SAVE", "+OK\r\n"),
            (
                "CONFIG GET appendonly",
                "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n",
            ),
            ("WAITAOF 1 0 0", "*2\r\n:1\r\n:0\r\n"),
        ]);
    }
}

#[test]
fn a_rewrite_is_over_when_it_is_switched_off() {
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
fn a_rewrite_is_under_way_when_it_is_asked_for() {
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
fn switched_off_while_the_first_file_is_made_it_is_off_for_both_clients() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
    let reply = waiting.reply();
    if let Some(error) = reply.error() {
        assert_eq!(
            error,
            "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn \
             on AOF: it has been switched off meanwhile"
        );
    }
    for left in ["appendonly.aof.rewrite", "appendonly.aof.meanwhile"] {
        assert!(!directory.join(left).exists(), "{left}");
    }
    client.expect_exchanges(&[
        ("SAVE", OFF),
        (
            "CONFIG GET appendonly",
            "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
        ),
    ]);
    assert_eq!(client.info("aof_rewrite_in_progress"), "0");
}

#[test]
fn two_clients_may_switch_it_on_at_once() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
    waiting.expect("+OK\r\n");
    assert_eq!(client.info("aof_rewrites"), "1");
    client.ask_line("SET late 1");
    server.kill();
    assert_eq!(keys_after_restart(&directory), 200_001);
}

#[test]
fn a_client_that_cannot_have_all_it_wants_does_not_switch_off_for_another() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    let mut waiting = switch_on(&server);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().port().to_string();
    let reply = client.ask(&["CONFIG", "SET", "appendonly", "yes", "port", &taken]);
    assert!(reply.error().is_some(), "{reply:?}");
    waiting.expect("+OK\r\n");
    client.expect_exchanges(&[("SAVE", "+OK\r\n")]);
}

/// Whoever switches, in whatever order: settings, log and file are of one mind in the end.
#[test]
fn clients_that_switch_against_each_other_leave_one_state() {
    let server = TestServer::start();
    let mut client = server.connect();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let mut client = server.connect();
            scope.spawn(move || {
                for round in 0..25 {
                    let value = ["yes", "no"][(number + round) % 2];
                    client.ask(&["CONFIG", "SET", "appendonly", value]);
                    client.ask_line("INCR k");
                }
            });
        }
    });
    let is_on = client.info("aof_enabled") == "1";
    let setting = client.ask_line("CONFIG GET appendonly").texts();
    assert_eq!(setting[1], if is_on { "yes" } else { "no" });
    assert_eq!(client.ask_line("SAVE").error().is_none(), is_on);
    client.expect_exchanges(&[
        ("CONFIG SET appendonly yes", "+OK\r\n"),
        ("SAVE", "+OK\r\n"),
    ]);
    let server = server.restart();
    assert_eq!(server.connect().ask_line("GET k").text(), "100");
}

#[test]
fn a_client_that_has_gone_is_not_missed() {
    let directory = TempDir::new();
    let (server, mut client) = with_keys(&directory);
    drop(switch_on(&server));
    wait_for("the log to be on", || {
        (client.info("aof_enabled") == "1").then_some(())
    });
    client.expect_exchanges(&[("SET late 1", "+OK\r\n")]);
    server.kill();
    assert_eq!(keys_after_restart(&directory), 200_001);
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

    // A directory cannot be written to as a file.
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
fn in_a_transaction_it_is_switched_at_its_end() {
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
fn a_file_of_earlier_is_replaced_only_when_the_first_one_is_complete() {
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

#[test]
fn another_server_is_not_robbed_of_its_file() {
    let directory = TempDir::new();
    let owner = Process::start(&directory, &[]);
    let mut owners = owner.connect();
    owners.ask_line("SET k 1");
    let other = Process::start(&directory, &["--appendonly", "no"]);
    let mut client = other.connect();
    client.expect_exchanges(&[
        (
            "CONFIG SET appendonly yes",
            "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn \
             on AOF: another server is using it\r\n",
        ),
        ("SET k 2", "+OK\r\n"),
        (
            "CONFIG GET appendonly",
            "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
        ),
    ]);
    owners.ask_line("BGREWRITEAOF");
    owners.ask_line("SET k 3");
    wait_for("the rewrite", || {
        (owners.info("aof_rewrites") == "1").then_some(())
    });
    owners.ask_line("INCR k");
    owner.kill();
    client.expect_exchanges(&[("CONFIG SET appendonly yes", "+OK\r\n")]);
    other.kill();
    let server = Process::start(&directory, &[]);
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\n2\r\n")]);
}

#[test]
fn switched_off_another_server_can_have_the_file_at_once() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("SET k 1", "+OK\r\n"),
        ("CONFIG SET appendonly no", "+OK\r\n"),
    ]);
    File::open(directory.aof()).unwrap().try_lock().unwrap();
}
