//! SCAN and HSCAN return each element that is there from start to end exactly once, whatever is
//! inserted or deleted meanwhile.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread;

use crate::support::{Client, Reply, TestServer, encode};

const STAYING: usize = 10_000;
const PASSING: usize = 100_000;
/// The number of elements in one request.
const BATCH: usize = 500;

/// A collection that is scanned, with commands that begin with these words.
struct Collection {
    insert: &'static [&'static str],
    remove: &'static [&'static str],
    scan: &'static [&'static str],
    /// Whether the scan returns values too.
    has_values: bool,
}

const KEYS: Collection = Collection {
    insert: &["MSET"],
    remove: &["DEL"],
    scan: &["SCAN"],
    has_values: false,
};

const HASH: Collection = Collection {
    insert: &["HSET", "hash"],
    remove: &["HDEL", "hash"],
    scan: &["HSCAN", "hash"],
    has_values: true,
};

impl Collection {
    /// Returns the request that inserts elements, each with its name as value.
    fn insert(&self, names: &[String]) -> Vec<u8> {
        let pairs = names.iter().flat_map(|name| [name.as_str(); 2]);
        encode(&self.insert.iter().copied().chain(pairs).collect::<Vec<_>>())
    }

    fn remove(&self, names: &[String]) -> Vec<u8> {
        let names = names.iter().map(String::as_str);
        encode(&self.remove.iter().copied().chain(names).collect::<Vec<_>>())
    }

    /// Scans from start to end and returns how often each name was returned.
    fn scan(&self, client: &mut Client) -> HashMap<String, usize> {
        let mut came = HashMap::new();
        let mut cursor = "0".to_owned();
        loop {
            let options = [&cursor, "COUNT", "300"];
            let request = self.scan.iter().copied().chain(options);
            let reply = client.ask(&request.collect::<Vec<_>>());
            let [next, elements] = reply.array() else {
                panic!("a cursor and elements were expected, not {reply:?}");
            };
            for name in self.names(elements) {
                *came.entry(name).or_default() += 1;
            }
            cursor = next.text();
            if cursor == "0" {
                return came;
            }
        }
    }

    /// Returns the names among `elements`, and compares values with them.
    fn names(&self, elements: &Reply) -> Vec<String> {
        let texts = elements.texts();
        if !self.has_values {
            return texts;
        }
        let name = |pair: &[String]| {
            assert_eq!(pair[0], pair[1]);
            pair[0].clone()
        };
        texts.chunks(2).map(name).collect()
    }
}

fn names(kind: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{kind}:{number}"))
        .collect()
}

/// Inserts all temporary elements, so that the collection grows many times over, and deletes them
/// again.
fn let_pass(collection: &Collection, address: SocketAddr) {
    let mut client = Client::connect(address);
    let passing = names("passing", PASSING);
    let insertions = passing.chunks(BATCH).map(|names| collection.insert(names));
    let removals = passing.chunks(BATCH).map(|names| collection.remove(names));
    for request in insertions.chain(removals) {
        client.send(request);
        let reply = client.reply();
        assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
    }
}

#[track_caller]
fn expect_each_once(collection: &Collection) {
    let server = TestServer::start();
    let address = server.address();
    let mut client = server.connect();
    let staying = names("staying", STAYING);
    for names in staying.chunks(BATCH) {
        client.send(collection.insert(names));
        client.reply();
    }
    thread::scope(|scope| {
        let passing = scope.spawn(|| let_pass(collection, address));
        let mut most = 0;
        while !passing.is_finished() {
            let came = collection.scan(&mut client);
            for name in &staying {
                assert_eq!(came.get(name), Some(&1), "{name}");
            }
            most = most.max(came.len());
        }
        assert!(most > STAYING, "nothing passed while it was scanned");
    });
    // No other element is left at the end.
    assert_eq!(collection.scan(&mut client).len(), STAYING);
}

#[test]
fn scan_returns_each_key_that_stays_exactly_once() {
    expect_each_once(&KEYS);
}

#[test]
fn hscan_returns_each_field_that_stays_exactly_once() {
    expect_each_once(&HASH);
}
