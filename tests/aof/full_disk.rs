//! A full disk. A limit on the size of files stands for it: a write beyond the limit is an error,
//! once the signal that precedes it is ignored.

use std::fs::OpenOptions;
use std::process::Command;

use crate::support::{Client, Process, Reply, TempDir, encode, skip, wait_for};

const LIMITED: &str = "trap '' XFSZ; ulimit -S -f 8";
const UNLIMITED: &str = "trap '' XFSZ";
/// Options for the server.
const DEBUG: &str = "set -- \"$@\" --enable-debug-command yes";

fn value_of(number: usize) -> String {
    number.to_string().repeat(1000)
}

/// Sets keys until the disk is full and the last request gets no reply. Returns the number of
/// acknowledged keys and the client that still waits.
fn fill_the_disk(server: &Process, bystander: &mut Client) -> (usize, Client) {
    let mut client = server.connect();
    let keys_before = bystander.ask(&["DBSIZE"]).integer() as usize;
    for number in 0.. {
        client.send(encode(&["SET", &number.to_string(), &value_of(number)]));
        let is_full = wait_for("the file to grow or fail", || {
            let keys = bystander.ask(&["DBSIZE"]).integer() as usize;
            let is_full = bystander.info("aof_last_write_status") == "err";
            let is_written = bystander.info("aof_buffer_length") == "0";
            (keys > keys_before + number && (is_full || is_written)).then_some(is_full)
        });
        if is_full {
            return (number, client);
        }
        client.expect("+OK\r\n");
    }
    unreachable!("numbers do not end")
}

/// Limits the size of files of `server`. Returns `false` if this machine cannot do that.
fn set_room(server: &Process, bytes: &str) -> bool {
    let pid = server.id().to_string();
    let limit = format!("--fsize={bytes}:unlimited");
    let changed = Command::new("prlimit")
        .args([&limit, "--pid", &pid])
        .status();
    let is_changed = changed.is_ok_and(|status| status.success());
    if !is_changed {
        skip("there is no program 'prlimit' to make room with");
    }
    is_changed
}

fn expect_values(client: &mut Client, count: usize) {
    for number in 0..count {
        let value = client.ask(&["GET", &number.to_string()]).text();
        assert_eq!(value, value_of(number));
    }
}

#[test]
fn on_a_full_disk_writers_wait_readers_go_on_and_no_acknowledged_write_is_lost() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let mut bystander = server.connect();
    let (answered, _waiting) = fill_the_disk(&server, &mut bystander);
    assert!(answered > 0, "no room at all");
    server.wait_for_line("Error writing to the AOF file");
    expect_values(&mut bystander, answered);
    server.kill();

    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    expect_values(&mut client, answered);
    client.expect_exchanges(&[("SET k v", "+OK\r\n")]);
}

#[test]
fn when_there_is_room_again_everything_goes_on() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let mut bystander = server.connect();
    let (answered, mut waiting) = fill_the_disk(&server, &mut bystander);

    if !set_room(&server, "unlimited") {
        return;
    }
    waiting.expect("+OK\r\n");
    server.wait_for_line("The AOF file can be written again.");
    assert_eq!(bystander.info("aof_last_write_status"), "ok");
    waiting.expect_exchanges(&[("SET k v", "+OK\r\n")]);
    server.kill();

    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    expect_values(&mut client, answered + 1);
    client.expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
}

/// The written part of a record that does not fit can be as long as the part that somebody has cut
/// off.
#[test]
fn a_file_that_was_cut_before_a_write_failed_is_replaced() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k acknowledged", "+OK\r\n")]);
    let file = OpenOptions::new()
        .write(true)
        .open(directory.aof())
        .unwrap();
    file.set_len(file.metadata().unwrap().len() - 10).unwrap();
    let mut waiting = server.connect();
    waiting.send(encode(&["SET", "big", &"x".repeat(10_000)]));
    server.wait_for_line("Error writing to the AOF file");

    if !set_room(&server, "unlimited") {
        return;
    }
    waiting.expect("+OK\r\n");
    server.kill();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("GET k", "$12\r\nacknowledged\r\n"),
        ("STRLEN big", ":10000\r\n"),
    ]);
}

/// It is discarded even if there was room when its commands were queued.
#[test]
fn on_a_full_disk_a_transaction_that_writes_is_discarded() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let (mut writer, mut reader) = (server.connect(), server.connect());
    writer.expect_exchanges(&[("MULTI", "+OK\r\n"), ("SET k v", "+QUEUED\r\n")]);
    let mut late = server.connect();
    late.expect_exchanges(&[("MULTI", "+OK\r\n"), ("SET k v", "+QUEUED\r\n")]);
    reader.expect_exchanges(&[("MULTI", "+OK\r\n"), ("EXISTS k", "+QUEUED\r\n")]);
    let (_, _waiting) = fill_the_disk(&server, &mut server.connect());

    let reply = writer.ask_line("EXEC");
    let expected = "EXECABORT Transaction discarded because of: MISCONF Errors writing to the AOF";
    assert!(reply.error().unwrap().starts_with(expected), "{reply:?}");
    let refused = late.ask_line("SET k v");
    assert!(
        refused.error().unwrap().starts_with("MISCONF"),
        "{refused:?}"
    );
    let reply = late.ask_line("EXEC");
    assert!(reply.error().unwrap().starts_with(expected), "{reply:?}");
    reader.expect_exchanges(&[("EXEC", "*1\r\n:0\r\n")]);
}

#[test]
fn a_rewrite_on_a_full_disk_loses_no_acknowledged_write() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let mut bystander = server.connect();
    let (answered, mut waiting) = fill_the_disk(&server, &mut bystander);
    bystander.ask_line("BGREWRITEAOF");
    wait_for("the rewrite to fail", || {
        (bystander.info("aof_last_bgrewrite_status") == "err").then_some(())
    });
    server.kill();
    waiting.expect_end();

    let server = Process::start(&directory, &[]);
    expect_values(&mut server.connect(), answered);
}

#[test]
fn without_room_for_the_first_file_the_log_stays_off_and_writes_go_on() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let mut client = server.connect();
    let big = "x".repeat(1_000_000);
    client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
    let before = directory.aof_bytes();
    client.ask(&["SET", "k", &big]);
    for _ in 0..3 {
        client.expect_exchanges(&[(
            "CONFIG SET appendonly yes",
            "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn \
             on AOF: File too large\r\n",
        )]);
        assert_eq!(client.info("aof_last_bgrewrite_status"), "err");
        assert_eq!(client.info("aof_last_write_status"), "ok");
        assert_eq!(client.info("aof_enabled"), "0");
        client.expect_exchanges(&[("SET small 1", "+OK\r\n")]);
    }
    assert_eq!(directory.aof_bytes(), before);
    client.expect_exchanges(&[
        ("DEL k", ":1\r\n"),
        ("CONFIG SET appendonly yes", "+OK\r\n"),
    ]);
    assert_eq!(client.info("aof_last_bgrewrite_status"), "ok");
}

#[test]
fn on_a_full_disk_no_client_waits_for_ever_for_room_in_the_log() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let (mut writer, mut client) = (server.connect(), server.connect());
    // More bytes than may wait for the log.
    let big = vec![b'x'; 40_000_000];
    writer.send(encode(&[b"SET", &b"big"[..], &big]));
    server.wait_for_line("Error writing to the AOF file");
    client.expect_exchanges(&[("WATCH k", "+OK\r\n")]);
    let reply = client.ask_line("SET k v");
    assert!(reply.error().unwrap().starts_with("MISCONF"), "{reply:?}");
    writer.expect_end();
}

/// DEBUG POPULATE changes data although the row of DEBUG does not say so.
#[test]
fn on_a_full_disk_no_write_runs_and_reads_remove_nothing() {
    let directory = TempDir::new();
    let server = Process::start_after(&format!("{LIMITED}; {DEBUG}"), &directory);
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n"),
        ("SET expired v PX 1", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("DEBUG POPULATE 2", "+QUEUED\r\n"),
    ]);
    let mut bystander = server.connect();
    let (_, _waiting) = fill_the_disk(&server, &mut bystander);
    let keys = bystander.ask_line("DBSIZE");
    let reply = client.ask_line("EXEC");
    assert!(reply.error().unwrap().contains("MISCONF"), "{reply:?}");
    let reply = client.ask_line("DEBUG POPULATE 2");
    assert!(reply.error().unwrap().starts_with("MISCONF"), "{reply:?}");
    // It keeps others from the data, but changes nothing.
    client.expect_exchanges(&[("DEBUG SLEEP 0", "+OK\r\n")]);
    client.expect_exchanges(&[("GET expired", "$-1\r\n")]);
    client.ask_line("SCAN 0 COUNT 1000");
    client.ask_line("RANDOMKEY");
    client.expect_exchanges(&[("WATCH expired", "+OK\r\n")]);
    assert_eq!(bystander.ask_line("DBSIZE"), keys);
}

/// A transaction that has begun runs to its end, and the log contains all of it, the removal of an
/// expired key too.
#[test]
fn a_transaction_during_which_the_disk_fills_up_is_in_the_file_whole() {
    let directory = TempDir::new();
    let server = Process::start_after(&format!("{UNLIMITED}; {DEBUG}"), &directory);
    let (mut client, mut bystander) = (server.connect(), server.connect());
    if !set_room(&server, "unlimited") {
        return;
    }
    client.expect_exchanges(&[("DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n")]);
    let value = wait_for("a transaction that the log lets begin", || {
        client.expect_exchanges(&[("SET k 41 PX 1", "+OK\r\n")]);
        wait_for("the key to expire", || {
            (client.ask_line("KEYS k") == Reply::Array(vec![])).then_some(())
        });
        let bytes = directory.aof_bytes().len();
        set_room(&server, &(bytes + 1000).to_string());
        // ECHO needs no lock, so that the SET goes to the log before EXEC runs.
        let lines = "ECHO x\r\nMULTI\r\nDEBUG SLEEP 0.3\r\nINCR k\r\nEXEC\r\n";
        client.send(format!("SET big {}\r\n{lines}", "x".repeat(50_000)));
        wait_for("the write to fail", || {
            (bystander.info("aof_last_write_status") == "err").then_some(())
        });
        // Answered when the transaction has released the lock. GET would remove the key if the
        // transaction has not begun.
        bystander.ask_line("DBSIZE");
        set_room(&server, "unlimited");
        let replies: Vec<_> = (0..6).map(|_| client.reply()).collect();
        match &replies[5] {
            Reply::Array(results) => Some(results[1].integer()),
            _ => None,
        }
    });
    assert_eq!(value, 1);
    server.kill();

    let server = Process::start(&directory, &[]);
    server
        .connect()
        .expect_exchanges(&[("GET k", "$1\r\n1\r\n")]);
}

/// The full disk stands for a server that dies before it writes the record.
#[test]
fn subscribers_learn_of_a_write_when_its_record_is_in_the_file() {
    let directory = TempDir::new();
    let server = Process::start_after(LIMITED, &directory);
    let mut bystander = server.connect();
    bystander.expect_exchanges(&[("CONFIG SET notify-keyspace-events E$", "+OK\r\n")]);
    let mut subscriber = server.connect();
    subscriber.ask_line("SUBSCRIBE __keyevent@0__:set");
    let (answered, mut waiting) = fill_the_disk(&server, &mut bystander);
    let key = |client: &mut Client| client.reply().texts()[2].clone();
    for number in 0..answered {
        assert_eq!(key(&mut subscriber), number.to_string());
    }
    // No event precedes this.
    let refusal = subscriber.ask_line("PING").error().map(str::to_owned);
    assert!(refusal.is_some_and(|text| text.starts_with("MISCONF")));

    if !set_room(&server, "unlimited") {
        return;
    }
    waiting.expect("+OK\r\n");
    assert_eq!(key(&mut subscriber), answered.to_string());
}
