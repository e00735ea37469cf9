//! DEBUG DIGEST and DEBUG DIGEST-VALUE: 160 bits that are the same for the same data.
//!
//! They differ from Redis's. The hashes of keys, and of elements with names, are added, so that
//! their order does not count.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::commands::{Call, ReplyError};
use crate::store::Databases;
use crate::store::keyspace::Keyspace;
use crate::store::types::Entry;

/// A sum of hashes, three of them side by side.
#[derive(Clone, Copy, Default, Hash)]
struct Digest([u64; 3]);

impl Digest {
    fn add(&mut self, what: impl Hash) {
        for (part, sum) in self.0.iter_mut().enumerate() {
            let mut hasher = DefaultHasher::new();
            part.hash(&mut hasher);
            what.hash(&mut hasher);
            *sum = sum.wrapping_add(hasher.finish());
        }
    }

    /// 40 hexadecimal digits.
    fn text(self) -> String {
        let [first, second, third] = self.0;
        format!("{first:016x}{second:016x}{:08x}", third as u32)
    }
}

pub(super) fn of_all(call: &mut Call, databases: &Databases) -> Result<(), ReplyError> {
    let mut digest = Digest::default();
    for (index, keyspace) in databases.iter().enumerate() {
        for (key, entry) in keyspace.iter(call.now_ms()) {
            digest.add((index, &key[..], of_entry(entry, call.now_ms())));
        }
    }
    call.reply.simple(&digest.text());
    Ok(())
}

pub(super) fn of_values(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    call.reply.array(call.args.len() - 2);
    for key in call.args.from(2) {
        let entry = keyspace.get(key, call.now_ms());
        let digest = entry.map(|entry| of_entry(entry, call.now_ms()));
        call.reply.simple(&digest.unwrap_or_default().text());
    }
    Ok(())
}

fn of_entry(entry: &Entry, now_ms: u64) -> Digest {
    let mut digest = Digest::default();
    digest.add((entry.value().type_name(), entry.expires_at()));
    let has_names = entry.value().name_count() > 0;
    let mut index = 0;
    entry.value().visit(&mut |element| {
        if !element.has_expired(now_ms) {
            // Elements with names have no order that counts.
            let place = if has_names { 0 } else { index };
            digest.add((place, &*element.name, &*element.value, element.expires_at));
            index += 1;
        }
    });
    digest
}
