//! Sorted sets: members in the order of their scores.

mod add;
mod basic;
mod combine;
mod pop;
mod random;
mod ranges;
mod scan;

use crate::support::{Client, encode};

/// Adds the members `m0` to `m<count - 1>` to the sorted set `key`, with their numbers as scores.
fn fill(client: &mut Client, key: &str, count: usize) {
    for first in (0..count).step_by(10_000) {
        let mut request = vec!["ZADD".to_owned(), key.to_owned()];
        let numbers = first..count.min(first + 10_000);
        request.extend(
            numbers
                .clone()
                .flat_map(|it| [it.to_string(), format!("m{it}")]),
        );
        client.send(encode(&request));
        client.expect(format!(":{}\r\n", numbers.len()));
    }
}
