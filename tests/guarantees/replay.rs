//! A restart finds the same data that memory held.
//!
//! Several clients at once send random writes. Then the test reads all data, restarts the server,
//! and reads all data again.

use std::collections::BTreeMap;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use super::writer::Writer;
use crate::support::{Client, Reply, TestServer, seed, wait_for};

const CLIENTS: u64 = 4;
const DATABASES: u64 = 16;
const ROUNDS: u64 = 3;

/// Everything that a client can learn about a key.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    kind: String,
    expires: i64,
    content: Content,
}

/// Fields with values and expiry. A string is the value of a field without a name, and an element
/// of a list the value of its index. A member of a set is a field without a value. Members and
/// scores of a sorted set are as the elements of a list.
type Content = BTreeMap<Vec<u8>, (Reply, i64)>;

/// The expiry of a key or field, if it is not in the past or in the next moments.
fn lasting(reply: &Reply) -> Option<i64> {
    let expires = reply.integer();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let is_lasting = expires == -1 || expires > now.as_millis() as i64 + 500_000;
    is_lasting.then_some(expires)
}

fn held(client: &mut Client, key: &str) -> Option<Held> {
    let expires = lasting(&client.ask(&["PEXPIRETIME", key]))?;
    let kind = client.ask(&["TYPE", key]).text();
    let content = match kind.as_str() {
        "string" => BTreeMap::from([(Vec::new(), (client.ask(&["GET", key]), -1))]),
        "hash" => held_fields(client, key)?,
        "list" => held_elements(&client.ask(&["LRANGE", key, "0", "-1"])),
        "zset" => held_elements(&client.ask(&["ZRANGE", key, "0", "-1", "WITHSCORES"])),
        "set" => held_members(&client.ask(&["SMEMBERS", key])),
        // A hash whose last field has just expired.
        "none" => return None,
        other => panic!("{key} is of type {other}"),
    };
    Some(Held {
        kind,
        expires,
        content,
    })
}

fn held_elements(list: &Reply) -> Content {
    let places = (0_u64..).map(|index| index.to_be_bytes().to_vec());
    let elements = list.array().iter().map(|element| (element.clone(), -1));
    places.zip(elements).collect()
}

fn held_members(set: &Reply) -> Content {
    let member = |member: &Reply| match member {
        Reply::Bulk(bytes) => (bytes.clone(), (Reply::Null, -1)),
        other => panic!("a member was expected, not {other:?}"),
    };
    set.array().iter().map(member).collect()
}

fn held_fields(client: &mut Client, key: &str) -> Option<Content> {
    let names = client.ask(&["HKEYS", key]).texts();
    if names.is_empty() {
        // The last field has just expired.
        return None;
    }
    let count = names.len().to_string();
    let mut request = vec!["HPEXPIRETIME", key, "FIELDS", &count];
    request.extend(names.iter().map(String::as_str));
    let expiry = client.ask(&request);
    let fields = names.iter().zip(expiry.array()).map(|(name, expires)| {
        let expires = lasting(expires)?;
        let value = client.ask(&["HGET", key, name]);
        Some((name.clone().into_bytes(), (value, expires)))
    });
    fields.collect()
}

/// Returns the data of all databases, once all keys that expire soon are gone.
fn all_held(client: &mut Client) -> BTreeMap<String, Held> {
    wait_for("an end of what expires soon", || {
        let mut all = BTreeMap::new();
        for database in 0..DATABASES {
            client.ask(&["SELECT", &database.to_string()]);
            for key in client.ask(&["KEYS", "*"]).texts() {
                let held = held(client, &key)?;
                all.insert(format!("{key} in {database}"), held);
            }
        }
        Some(all)
    })
}

/// Starts several clients that write at once.
fn write(server: &TestServer, seed: u64) {
    let writer = |number| Writer::new(server.address(), seed.wrapping_add(number));
    let writers: Vec<Writer> = (0..CLIENTS).map(writer).collect();
    thread::scope(|scope| {
        for mut writer in writers {
            scope.spawn(move || writer.write());
        }
    });
}

#[test]
fn a_restart_finds_what_memory_held() {
    let seed = seed();
    let mut server = TestServer::start();
    for round in 0..ROUNDS {
        write(&server, seed.wrapping_add(round * CLIENTS));
        let before = all_held(&mut server.connect());
        server = server.restart();
        let after = all_held(&mut server.connect());
        for (key, held) in &before {
            assert_eq!(after.get(key), Some(held), "{key}");
        }
        assert!(after.keys().eq(before.keys()), "some keys came back");
    }
}
