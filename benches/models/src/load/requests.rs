//! The requests of a load, as bytes.
//!
//! A request is a template whose twelve key digits are overwritten. Building one costs a copy of
//! its bytes and a division per nonzero digit.

use super::Load;
use super::random::Random;

/// The key `key:000000000000`, in the format of redis-benchmark's keys.
const ZEROES: &str = "key:000000000000";

/// An endless supply of requests.
pub(super) struct Requests {
    get: Template,
    set: Template,
    get_percent: u64,
    keys: u64,
    order: Order,
}

/// The order of the keys.
enum Order {
    Random(Random),
    Ascending(u64),
}

impl Requests {
    /// Returns the mix of `load`, with random keys.
    pub(super) fn mixed(load: &Load) -> Requests {
        Requests {
            get: Template::get(load),
            set: Template::set(load),
            get_percent: u64::from(load.get_percent),
            keys: load.keys,
            order: Order::Random(Random::new(load.seed)),
        }
    }

    /// Returns writes only, of one key after the other.
    pub(super) fn filling(load: &Load) -> Requests {
        Requests {
            get_percent: 0,
            order: Order::Ascending(0),
            ..Requests::mixed(load)
        }
    }

    /// Appends one request to `output`.
    pub(super) fn push(&mut self, output: &mut Vec<u8>) {
        let (key, percent) = match &mut self.order {
            Order::Random(random) => (random.below(self.keys), random.below(100)),
            Order::Ascending(next) => {
                *next += 1;
                ((*next - 1) % self.keys, 0)
            }
        };
        let template = if percent < self.get_percent {
            &self.get
        } else {
            &self.set
        };
        template.push(key, output);
    }
}

/// A request whose key digits are zeroes.
struct Template {
    bytes: Vec<u8>,
    digits_end: usize,
}

impl Template {
    fn get(load: &Load) -> Template {
        match &load.hash {
            None => Template::new(&["GET", ZEROES], 1),
            Some(hash) => Template::new(&["HGET", hash, ZEROES], 2),
        }
    }

    fn set(load: &Load) -> Template {
        let value = "x".repeat(load.value_bytes);
        match &load.hash {
            None => Template::new(&["SET", ZEROES, &value], 1),
            Some(hash) => Template::new(&["HSET", hash, ZEROES, &value], 2),
        }
    }

    /// `key` is the index of the key among the arguments.
    fn new(arguments: &[&str], key: usize) -> Template {
        let mut bytes = format!("*{}\r\n", arguments.len());
        let mut digits_end = 0;
        for (place, argument) in arguments.iter().enumerate() {
            bytes += &format!("${}\r\n{argument}", argument.len());
            if place == key {
                digits_end = bytes.len();
            }
            bytes += "\r\n";
        }
        Template {
            bytes: bytes.into_bytes(),
            digits_end,
        }
    }

    fn push(&self, key: u64, output: &mut Vec<u8>) {
        let mut digit = output.len() + self.digits_end;
        output.extend_from_slice(&self.bytes);
        let mut rest = key;
        while rest > 0 {
            digit -= 1;
            output[digit] += (rest % 10) as u8;
            rest /= 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(requests: &mut Requests, count: usize) -> String {
        let mut output = Vec::new();
        (0..count).for_each(|_| requests.push(&mut output));
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn filling_sets_one_key_after_the_other() {
        let load = Load {
            value_bytes: 3,
            keys: 11,
            ..Load::default()
        };
        let requests = text(&mut Requests::filling(&load), 11);
        assert!(
            requests.starts_with("*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$3\r\nxxx\r\n")
        );
        assert!(requests.ends_with("$16\r\nkey:000000000010\r\n$3\r\nxxx\r\n"));
    }

    #[test]
    fn the_mix_is_as_asked_for() {
        let load = Load {
            get_percent: 90,
            ..Load::default()
        };
        let requests = text(&mut Requests::mixed(&load), 10_000);
        let sets = requests.matches("SET").count();
        assert!((900..1100).contains(&sets), "{sets} SETs");
        assert_eq!(requests.matches("GET").count(), 10_000 - sets);
    }

    #[test]
    fn all_keys_are_in_range() {
        let load = Load {
            get_percent: 100,
            keys: 3,
            ..Load::default()
        };
        let requests = text(&mut Requests::mixed(&load), 100);
        let known = (0..3).map(|key| requests.matches(&format!("key:{key:012}\r\n")).count());
        assert_eq!(known.sum::<usize>(), 100);
    }

    #[test]
    fn a_hash_has_the_keys_as_fields() {
        let load = Load {
            hash: Some("h".into()),
            get_percent: 100,
            keys: 1,
            ..Load::default()
        };
        let request = text(&mut Requests::mixed(&load), 1);
        assert_eq!(
            request,
            "*3\r\n$4\r\nHGET\r\n$1\r\nh\r\n$16\r\nkey:000000000000\r\n"
        );
    }
}
