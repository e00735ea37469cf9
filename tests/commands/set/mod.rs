//! Sets: members without values.

mod basic;
mod combine;
mod encoding;
mod random;
mod scan;

use crate::support::{Client, encode};

/// Adds the members `<name>0` to `<name><count - 1>` to the set `key`.
fn fill(client: &mut Client, key: &str, name: &str, count: usize) {
    for first in (0..count).step_by(10_000) {
        let mut request = vec!["SADD".to_owned(), key.to_owned()];
        let numbers = first..count.min(first + 10_000);
        request.extend(numbers.clone().map(|number| format!("{name}{number}")));
        client.send(encode(&request));
        client.expect(format!(":{}\r\n", numbers.len()));
    }
}
