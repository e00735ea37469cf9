//! Somebody removes or changes the file while the server runs. The server notices that and makes a
//! fresh file from memory.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread;

use crate::support::{Client, Process, TempDir, encode, wait_for};

const KEYS: i64 = 20_000;

/// A change of the file at a path, and the text that the server logs about it.
type Harm = (&'static str, fn(&Path), &'static str);

const REMOVED: &str = "it has been removed or renamed";
const REPLACED: &str = "another file is in its place";
const LENGTH: &str = "bytes, not the";

const HARM: &[Harm] = &[
    ("rm", |aof| fs::remove_file(aof).unwrap(), REMOVED),
    (
        "mv",
        |aof| fs::rename(aof, aof.with_extension("moved")).unwrap(),
        REMOVED,
    ),
    ("truncate", |aof| set_len(aof, |_| 0), LENGTH),
    ("cut in half", |aof| set_len(aof, |bytes| bytes / 2), LENGTH),
    (
        "grown by foreign bytes",
        |aof| append(aof, b"FOREIGN BYTES\r\n"),
        LENGTH,
    ),
    (
        "grown by commands",
        |aof| append(aof, &encode(&["SET", "foreign", "1"])),
        LENGTH,
    ),
    (
        "another moved over it",
        |aof| {
            let other = aof.with_extension("other");
            fs::write(&other, encode(&["SET", "foreign", "1"])).unwrap();
            fs::rename(&other, aof).unwrap();
        },
        REPLACED,
    ),
];

fn set_len(aof: &Path, length: fn(u64) -> u64) {
    let file = OpenOptions::new().write(true).open(aof).unwrap();
    let bytes = file.metadata().unwrap().len();
    file.set_len(length(bytes)).unwrap();
}

fn append(aof: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).open(aof).unwrap();
    file.write_all(bytes).unwrap();
}

/// Changes the file of a server with data, at a moment that `prepare` chooses, and goes on writing.
/// Asserts that after `kill -9` all acknowledged writes are there, and nothing else.
fn survive((name, harm, said): Harm, prepare: fn(&mut Client)) {
    let directory = TempDir::new();
    let server = Process::start(&directory, &["--enable-debug-command", "yes"]);
    let mut client = server.connect();
    client.ask(&["DEBUG", "POPULATE", &KEYS.to_string()]);
    prepare(&mut client);
    harm(&directory.aof());
    let mut written = 0;
    wait_for("a fresh file", || {
        let reply = client.ask(&["SET", &format!("meanwhile:{written}"), "1"]);
        match reply.error() {
            None => written += 1,
            Some(error) => assert!(error.starts_with("MISCONF"), "{name}: {error}"),
        }
        let is_lost = client.info("aof_lost_files") != "0";
        let is_good = client.info("aof_last_write_status") == "ok";
        let is_made = client.info("aof_rewrite_in_progress") == "0";
        (is_lost && is_good && is_made).then_some(())
    });
    server.wait_for_line(said);
    client.expect_exchanges(&[("SET after 1", "+OK\r\n"), ("SAVE", "+OK\r\n")]);
    let made = client.info_number("aof_rewrites");
    client.expect_exchanges(&[(
        "BGREWRITEAOF",
        "+Background append only file rewriting started\r\n",
    )]);
    client.expect_exchanges(&[("SET last 1", "+OK\r\n")]);
    wait_for("a rewrite", || {
        (client.info_number("aof_rewrites") > made).then_some(())
    });
    assert_eq!(client.info("aof_last_bgrewrite_status"), "ok", "{name}");
    let keys = client.ask_line("DBSIZE").integer();
    assert_eq!(keys, KEYS + written + 2, "{name}");
    server.kill();
    let kept = fs::read(directory.join("appendonly.aof.foreign")).ok();
    let foreign = (said == REPLACED).then(|| encode(&["SET", "foreign", "1"]));
    assert_eq!(kept, foreign, "{name}");

    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    assert_eq!(client.ask_line("DBSIZE").integer(), keys, "{name}");
    client.expect_exchanges(&[("MGET after last", "*2\r\n$1\r\n1\r\n$1\r\n1\r\n")]);
}

#[test]
fn a_file_that_somebody_has_changed_is_replaced_from_memory() {
    thread::scope(|scope| {
        for harm in HARM {
            scope.spawn(|| survive(*harm, |_| {}));
        }
    });
}

#[test]
fn also_if_that_happens_while_it_is_rewritten() {
    thread::scope(|scope| {
        for harm in HARM {
            scope.spawn(|| {
                survive(*harm, |client| {
                    client.ask_line("BGREWRITEAOF");
                });
            });
        }
    });
}

/// Less than a second passes, so only the stop can notice it.
#[test]
fn a_stop_in_good_order_notices_it_too() {
    thread::scope(|scope| {
        for (name, harm, _) in HARM {
            scope.spawn(move || {
                let directory = TempDir::new();
                let mut server = Process::start(&directory, &[]);
                let mut client = server.connect();
                client.expect_exchanges(&[("SET a 1", "+OK\r\n"), ("SET b 2", "+OK\r\n")]);
                harm(&directory.aof());
                server.signal("TERM");
                assert_eq!(server.exit(), Some(0), "{name}");
                let server = Process::start(&directory, &[]);
                server.connect().expect_exchanges(&[(
                    "MGET a b foreign",
                    "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n",
                )]);
            });
        }
    });
}

/// Sets a key until the reply is an error that contains `expected`, and returns that error. A
/// request that arrives just before the server notices waits for a fresh file and gets no reply.
fn refusal(server: &Process, expected: &str) -> String {
    wait_for(expected, || {
        let mut client = server.connect();
        client.send("SET refused 1\r\n");
        let reply = client.try_reply().ok()?;
        let error = reply.error()?;
        error.contains(expected).then(|| error.to_owned())
    })
}

fn wait_until_accepted(server: &Process) {
    let mut client = server.connect();
    wait_for("a write to be accepted", || {
        (client.ask_line("SET accepted 1").error().is_none()).then_some(())
    });
}

#[test]
fn without_its_directory_writes_are_refused_until_it_is_back() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.ask_line("SET k 1");
    let gone = directory.with_extension("gone");
    fs::rename(&*directory, &gone).unwrap();
    assert_eq!(
        refusal(&server, "No such file"),
        "MISCONF Errors writing to the AOF file: No such file or directory"
    );
    assert_eq!(client.info("aof_last_write_status"), "err");
    client.expect_exchanges(&[("GET k", "$1\r\n1\r\n")]);
    fs::create_dir(&*directory).unwrap();
    wait_until_accepted(&server);
    server.kill();
    fs::remove_dir_all(&gone).unwrap();
    let server = Process::start(&directory, &[]);
    server
        .connect()
        .expect_exchanges(&[("MGET k accepted", "*2\r\n$1\r\n1\r\n$1\r\n1\r\n")]);
}

#[test]
fn a_stop_that_cannot_leave_a_file_says_so() {
    let directory = TempDir::new();
    let mut server = Process::start(&directory, &[]);
    server.connect().ask_line("SET k 1");
    fs::remove_dir_all(&*directory).unwrap();
    server.signal("TERM");
    assert_eq!(server.exit(), Some(1));
    server.wait_for_line("Stopping without a complete append-only file: No such file or directory");
}

#[test]
fn a_server_whose_file_was_moved_away_takes_none_from_another_server() {
    let directory = TempDir::new();
    let first = Process::start(&directory, &[]);
    let mut firsts = first.connect();
    firsts.ask_line("SET k first");
    fs::rename(directory.aof(), directory.join("moved")).unwrap();
    let second = Process::start(&directory, &[]);
    let mut seconds = second.connect();
    seconds.expect_exchanges(&[("SET k second", "+OK\r\n")]);
    assert_eq!(
        refusal(&first, "another server"),
        "MISCONF Errors writing to the AOF file: another server is using it"
    );
    firsts.ask_line("BGREWRITEAOF");
    seconds.ask_line("BGREWRITEAOF");
    wait_for("a rewrite", || {
        (seconds.info("aof_rewrites") == "1").then_some(())
    });
    seconds.expect_exchanges(&[("APPEND k !", ":7\r\n")]);
    second.kill();
    wait_until_accepted(&first);
    first.kill();
    let server = Process::start(&directory, &[]);
    server
        .connect()
        .expect_exchanges(&[("GET k", "$5\r\nfirst\r\n")]);
}
