//! What the loader makes of a file that was cut, changed or added to, at every place.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use threadbare::aof::{AppendOnlyFile, Behind, Fault, checksum_line};
use threadbare::execute::{self, Engine};
use threadbare::instance::Instance;
use threadbare::logger::Logger;
use threadbare::rdb::crc64;
use threadbare::registry::Client;
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;
use threadbare::session::Session;
use threadbare::{Config, Level};

use crate::support::{TempDir, TestServer, encode, wait_for};

/// How often the example does the same.
const ROUNDS: usize = 16;

const MAX_TAIL_BYTES: u64 = 1024 * 1024;

/// An engine without a file.
fn engine() -> Engine {
    let logger = Arc::new(Logger::open(Path::new(""), Level::Nothing).unwrap());
    let instance = Instance::new(Config::default(), logger, mpsc::channel().0);
    Engine::new(Arc::new(instance))
}

/// Asks an engine as a client would.
struct Asker<'a> {
    engine: &'a Engine,
    session: Session,
    reply: Reply,
}

impl<'a> Asker<'a> {
    fn new(engine: &'a Engine) -> Asker<'a> {
        Asker {
            engine,
            session: Session::new(Arc::new(Client::detached()), true),
            reply: Reply::default(),
        }
    }

    fn ask(&mut self, words: &[&str]) -> Vec<u8> {
        let request = Requests::from_list(words);
        let mut turn = self.engine.turn(&mut self.session);
        turn.execute(request.get(0), &mut self.reply);
        turn.end(None);
        let mut bytes = Vec::new();
        self.reply.take().write_all(&mut bytes).unwrap();
        bytes
    }
}

/// All that there is to know about what `example` leaves.
fn content(engine: &Engine) -> Vec<u8> {
    let mut asker = Asker::new(engine);
    let mut content = Vec::new();
    for database in ["0", "1"] {
        asker.ask(&["SELECT", database]);
        content.extend(asker.ask(&["DBSIZE"]));
        for key in ["a", "b", "c", "d"] {
            content.extend(asker.ask(&["GET", key]));
        }
        for field in ["f", "g"] {
            content.extend(asker.ask(&["HGET", "hash b", field]));
        }
        for round in 0..ROUNDS {
            content.extend(asker.ask(&["HGET", "hash a", &round.to_string()]));
        }
    }
    content
}

/// A file, and what is there after each record or transaction of it.
struct Example {
    bytes: Vec<u8>,
    steps: Vec<(usize, Vec<u8>)>,
    /// Where what was written at once begins.
    pieces: Vec<usize>,
}

impl Example {
    fn content_at(&self, offset: usize) -> Option<&Vec<u8>> {
        let step = self.steps.iter().rfind(|step| step.0 <= offset);
        step.map(|step| &step.1)
    }

    fn full(&self) -> &Vec<u8> {
        &self.steps.last().unwrap().1
    }
}

/// More than 4 KB of records and transactions, in pieces with checksums if wanted.
fn example(has_checksums: bool) -> Example {
    let engine = engine();
    let mut asker = Asker::new(&engine);
    let mut bytes = Vec::new();
    let mut steps = vec![(0, content(&engine))];
    let mut pieces = Vec::new();
    for round in 0..ROUNDS {
        let begin = bytes.len();
        pieces.push(begin);
        let number = round.to_string();
        let database = (round % 2).to_string();
        let long = number.repeat(20 + round);
        let units: [&[&[&str]]; 5] = [
            &[&["SELECT", &database]],
            &[&["SET", "a", &number]],
            &[
                &["MULTI"],
                &["SET", "b", &number],
                &["HSET", "hash b", "f", &number, "g", "\r\n*1\r\n"],
                &["SET", "c", &long],
                &["EXEC"],
            ],
            &[&["HSET", "hash a", &number, "v"]],
            &[&["SET", "d", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nx\r"]],
        ];
        for unit in units {
            for command in unit {
                asker.ask(command);
                bytes.extend(encode(command));
            }
            steps.push((bytes.len(), content(&engine)));
        }
        if has_checksums {
            let crc = crc64(0, &bytes[begin..]);
            bytes.extend(checksum_line((bytes.len() - begin) as u64, crc).bytes());
            steps.push((bytes.len(), content(&engine)));
        }
    }
    assert!(bytes.len() > 4096, "{}", bytes.len());
    Example {
        bytes,
        steps,
        pieces,
    }
}

/// Opens a file, whose lock a process that another test is just starting may have, too.
fn open(path: &Path) -> AppendOnlyFile {
    wait_for("the file's lock", || AppendOnlyFile::open(path).ok())
}

/// What a start makes of a file.
#[derive(Debug)]
enum Outcome {
    /// It begins with this, from so many bytes of the file.
    Loaded(Vec<u8>, usize, Behind),
    Refused,
}

fn start(path: &Path) -> Outcome {
    let mut file = open(path);
    let mut report = file.check(0, &|| true).unwrap();
    let behind = file
        .look_behind(&mut report, MAX_TAIL_BYTES, &execute::belongs)
        .unwrap();
    if !matches!(behind, Behind::Nothing | Behind::Torn | Behind::Tail(_)) {
        return Outcome::Refused;
    }
    let good = report.good.bytes;
    let engine = engine();
    let replay = file.replay(good).unwrap();
    match execute::load(&engine, path, good, replay) {
        Ok(()) => Outcome::Loaded(content(&engine), good as usize, behind),
        Err(_) => Outcome::Refused,
    }
}

#[test]
fn a_file_cut_at_any_offset_starts_with_the_longest_whole_prefix() {
    for has_checksums in [false, true] {
        let example = example(has_checksums);
        let directory = TempDir::new();
        let path = directory.write("file", &example.bytes);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for end in (0..=example.bytes.len()).rev() {
            file.set_len(end as u64).unwrap();
            let Outcome::Loaded(content, good, behind) = start(&path) else {
                panic!("refused when cut at {end}");
            };
            assert!(content == *example.content_at(end).unwrap(), "cut at {end}");
            let whole = example.steps.iter().rfind(|step| step.0 <= end).unwrap().0;
            assert_eq!(good, whole, "cut at {end}");
            let is_torn = behind == Behind::Torn;
            assert_eq!(is_torn, good < end, "cut at {end}: {behind:?}");
        }
    }
}

/// Changes each bit of `example` in turn, and hands on what a start makes of that.
fn flip_each_bit(example: &Example, mut judge: impl FnMut(usize, Outcome)) {
    let directory = TempDir::new();
    let path = directory.write("file", &example.bytes);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    for (at, byte) in example.bytes.iter().enumerate() {
        for bit in 0..8 {
            file.write_at(&[byte ^ (1 << bit)], at as u64).unwrap();
            judge(at, start(&path));
        }
        file.write_at(&[*byte], at as u64).unwrap();
    }
}

#[test]
fn whatever_bit_changes_nothing_wrong_is_loaded_from_a_file_with_checksums() {
    let example = example(true);
    let last_piece = *example.pieces.last().unwrap();
    let mut loaded = 0;
    flip_each_bit(&example, |at, outcome| {
        let Outcome::Loaded(content, good, behind) = outcome else {
            // Of the last piece, nothing whole can follow.
            return assert!(at < last_piece, "refused with a change at {at}");
        };
        loaded += 1;
        assert!(
            content == *example.content_at(good).unwrap(),
            "a change at {at}, good up to {good}, {behind:?}"
        );
        if good < example.bytes.len() {
            assert_ne!(behind, Behind::Nothing, "a change at {at}");
        }
    });
    assert!(loaded > 0);
}

#[test]
fn whatever_bit_changes_a_file_without_checksums_is_loaded_or_refused() {
    let example = example(false);
    flip_each_bit(&example, |at, outcome| {
        if let Outcome::Loaded(_, good, behind) = outcome {
            assert!(
                good == example.bytes.len() || behind != Behind::Nothing,
                "{at}"
            );
        }
    });
}

/// Numbers that look random, the same ones each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn a_tail_of_nuls_or_noise_costs_nothing_before_it() {
    let example = example(true);
    let directory = TempDir::new();
    for tail in [vec![0; 4096], noise(4096)] {
        let path = directory.write("file", [&example.bytes[..], &tail].concat());
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for length in (1..=tail.len()).rev() {
            file.set_len((example.bytes.len() + length) as u64).unwrap();
            let Outcome::Loaded(content, good, behind) = start(&path) else {
                panic!("refused with {length} more bytes");
            };
            assert!(content == *example.full(), "{length} more bytes");
            assert_eq!(good, example.bytes.len());
            assert_ne!(behind, Behind::Nothing);
        }
    }
}

#[test]
fn a_server_puts_a_damaged_tail_aside_and_goes_on() {
    let example = example(true);
    for length in [1, 12, 4096] {
        let directory = Arc::new(TempDir::new());
        let tail = vec![0; length];
        directory.write("appendonly.aof", [&example.bytes[..], &tail].concat());
        let server = TestServer::start_in(Arc::clone(&directory), |_| {});
        server
            .connect()
            .expect_exchanges(&[("SELECT 1", "+OK\r\n"), ("GET a", "$2\r\n15\r\n")]);
        assert!(directory.aof_bytes() == example.bytes);
        let name = format!("appendonly.aof.damaged-at-{}", example.bytes.len());
        assert_eq!(std::fs::read(directory.join(name)).unwrap(), tail);
    }
}

#[test]
fn what_an_earlier_start_has_put_aside_is_kept() {
    let directory = Arc::new(TempDir::new());
    let whole = encode(&["SET", "k", "v"]);
    for tail in ["first", "second"] {
        directory.write("appendonly.aof", [&whole, tail.as_bytes()].concat());
        let server = TestServer::start_in(Arc::clone(&directory), |_| {});
        server.connect().expect_exchanges(&[("DBSIZE", ":1\r\n")]);
        server.stop();
    }
    let offset = whole.len();
    for (suffix, tail) in [("", "first"), (".1", "second")] {
        let name = format!("appendonly.aof.damaged-at-{offset}{suffix}");
        assert_eq!(
            std::fs::read(directory.join(name)).unwrap(),
            tail.as_bytes()
        );
    }
}

/// Asserts that a server refuses the file for a reason in which `expected` is, says how it
/// can be repaired, and leaves it as it is.
fn expect_refusal(bytes: &[u8], args: &[&str], expected: &str) {
    let directory = Arc::new(TempDir::new());
    let path = directory.write("appendonly.aof", bytes);
    let args = [&["--bind", "127.0.0.1"], args].concat();
    let server = TestServer::start_with_args(Arc::clone(&directory), &args);
    let error = server
        .outcome()
        .expect_err("a file that is refused")
        .to_string();
    assert!(error.contains(expected), "{error}");
    let repair = format!("threadbare --check-aof {} --fix", path.display());
    assert!(error.ends_with(&repair), "{error}");
    assert!(directory.aof_bytes() == bytes, "the file was changed");
    assert_eq!(std::fs::read_dir(&**directory).unwrap().count(), 1);
}

#[test]
fn damage_in_the_middle_is_refused() {
    for has_checksums in [false, true] {
        let example = example(has_checksums);
        let (third, fourth) = (example.pieces[3], example.pieces[4]);
        // Within the frame of a record, where it shows without a checksum as well.
        let at = third + encode(&["SELECT", "1"]).len();
        let mut bytes = example.bytes.clone();
        bytes[at + 6..at + 20].fill(0);
        let (offset, whole_at) = if has_checksums {
            (third, fourth)
        } else {
            (at, at + encode(&["SET", "a", "3"]).len())
        };
        expect_refusal(&bytes, &[], &format!("at offset {offset}: "));
        expect_refusal(&bytes, &[], &format!("whole from offset {whole_at} on."));
    }
}

#[test]
fn a_changed_value_in_the_middle_is_refused_if_there_are_checksums() {
    let example = example(true);
    let third = example.pieces[3];
    let mut bytes = example.bytes.clone();
    bytes[third + encode(&["SELECT", "1"]).len() - 3] = b'0';
    let expected = format!("at offset {third}: the checksum is not that of what is written");
    expect_refusal(&bytes, &[], &expected);
}

#[test]
fn a_damaged_length_that_swallows_the_rest_is_damage_in_the_middle() {
    let example = example(true);
    let third = example.pieces[3];
    let mut bytes = example.bytes.clone();
    let select = b"*2\r\n$6\r\n";
    // "$60000000": the value would reach behind the end of the file.
    bytes.splice(
        third + select.len() - 2..third + select.len(),
        *b"0000000\r\n",
    );
    let expected = "it ends within a command or a transaction. What follows is whole";
    expect_refusal(&bytes, &[], expected);
}

#[test]
fn how_much_damage_may_be_put_aside_and_whether_a_torn_end_may_be_cut_is_a_setting() {
    let whole = encode(&["SET", "k", "v"]);
    let damaged = [&whole[..], &[0; 100]].concat();
    let setting = "--aof-load-corrupt-tail-max-size";
    for limit in ["0", "99"] {
        let expected = "There are 100 bytes from there on, more than \
                        'aof-load-corrupt-tail-max-size'.";
        expect_refusal(&damaged, &[setting, limit], expected);
    }
    let directory = Arc::new(TempDir::new());
    directory.write("appendonly.aof", &damaged);
    let args = ["--bind", "127.0.0.1", setting, "100"];
    let server = TestServer::start_with_args(directory, &args);
    server.connect().expect_exchanges(&[("DBSIZE", ":1\r\n")]);

    let torn = [&whole[..], b"*3\r\n$3"].concat();
    let expected = format!("at offset {}: it ends within a command", whole.len());
    expect_refusal(&torn, &["--aof-load-truncated", "no"], &expected);
}

#[test]
fn a_file_in_which_nothing_is_good_is_not_put_aside_unless_it_is_void() {
    expect_refusal(
        b"[section]\nname = value\n",
        &[],
        "at offset 0: expected '*', got '['",
    );
    let directory = Arc::new(TempDir::new());
    directory.write("appendonly.aof", [0; 512]);
    let server = TestServer::start_in(directory, |_| {});
    server.connect().expect_exchanges(&[("DBSIZE", ":0\r\n")]);
}

#[test]
fn what_was_written_before_checksums_began_is_not_covered() {
    let before = encode(&["SET", "a", "1"]);
    let piece = encode(&["SET", "b", "2"]);
    let line = checksum_line(piece.len() as u64, crc64(0, &piece));
    let begin = checksum_line(0, 0);
    let directory = TempDir::new();
    let good = [&before, begin.as_bytes(), &piece, line.as_bytes()].concat();
    let path = directory.write("file", &good);
    let report = open(&path).check(0, &|| true).unwrap();
    assert_eq!(report.fault, None);
    assert_eq!(report.good.bytes, good.len() as u64);
    assert_eq!(report.good.checksummed, piece.len() as u64);

    let bad = [&before[..], &piece, line.as_bytes()].concat();
    directory.write("file", &bad);
    let report = open(&path).check(0, &|| true).unwrap();
    assert!(matches!(report.fault, Some(Fault::Damaged(_))));
    assert_eq!(report.good.bytes, 0);
}

/// Values are whatever clients want them to be, and it is the values of a damaged file that
/// are searched.
#[test]
fn a_search_for_something_whole_ends_whatever_there_is() {
    let nested = "$4\r\n*999\r\n".repeat(50_000);
    let sums = "\n#CRC64:400000:0000000000000000\r\n".repeat(25_000);
    let commands = String::from_utf8(encode(&["SET", "k", "v"]))
        .unwrap()
        .repeat(20_000);
    let directory = TempDir::new();
    for junk in [nested, sums, commands] {
        let path = directory.write("file", format!("*1\r\n$8\r\nFLUSHALL\r\n!{junk}!"));
        assert!(!matches!(
            start(&path),
            Outcome::Loaded(_, _, Behind::Nothing)
        ));
    }
}
