//! The requests of a load, as bytes.
//!
//! A request is a template whose number, of twelve digits, is overwritten. Building one costs a copy of
//! its bytes and a division per nonzero digit.

use super::Load;
use super::random::Random;

/// In a command, stands for the twelve digits of a number, as in redis-benchmark's commands.
const NUMBER: &str = "__rand_int__";
/// A key in the format of redis-benchmark's keys.
const KEY: &str = "key:__rand_int__";
const ZEROES: &str = "000000000000";

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

/// A request whose number is zero.
struct Template {
    bytes: Vec<u8>,
    /// The end of the number's digits in `bytes`, if the request has a number.
    digits_end: Option<usize>,
}

impl Template {
    fn get(load: &Load) -> Template {
        Template::new(&["GET", KEY], load)
    }

    fn set(load: &Load) -> Template {
        let value = "x".repeat(load.value_bytes);
        Template::new(&["SET", KEY, &value], load)
    }

    /// Returns the command of `load`, or else `arguments`.
    fn new(arguments: &[&str], load: &Load) -> Template {
        match &load.command {
            None => Template::of(arguments.iter().copied()),
            Some(command) => Template::of(command.split_ascii_whitespace()),
        }
    }

    fn of<'a>(arguments: impl Iterator<Item = &'a str> + Clone) -> Template {
        let mut bytes = format!("*{}\r\n", arguments.clone().count());
        let mut digits_end = None;
        for argument in arguments {
            bytes += &format!("${}\r\n", argument.len());
            if let Some(start) = argument.find(NUMBER) {
                digits_end = Some(bytes.len() + start + ZEROES.len());
            }
            bytes += &argument.replace(NUMBER, ZEROES);
            bytes += "\r\n";
        }
        Template {
            bytes: bytes.into_bytes(),
            digits_end,
        }
    }

    fn push(&self, number: u64, output: &mut Vec<u8>) {
        let start = output.len();
        output.extend_from_slice(&self.bytes);
        let Some(digits_end) = self.digits_end else {
            return;
        };
        let mut digit = start + digits_end;
        let mut rest = number;
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
    fn a_command_replaces_the_mix() {
        let load = Load {
            command: Some("HSET h f:__rand_int__: v".into()),
            ..Load::default()
        };
        let requests = text(&mut Requests::filling(&load), 2);
        let request =
            |digits| format!("*4\r\n$4\r\nHSET\r\n$1\r\nh\r\n$15\r\nf:{digits}:\r\n$1\r\nv\r\n");
        let expected = ["000000000000", "000000000001"].map(request).concat();
        assert_eq!(requests, expected);
    }

    #[test]
    fn a_command_without_a_number_is_sent_as_it_is() {
        let load = Load {
            command: Some("LPOP list".into()),
            ..Load::default()
        };
        let requests = text(&mut Requests::mixed(&load), 2);
        assert_eq!(requests, "*2\r\n$4\r\nLPOP\r\n$4\r\nlist\r\n".repeat(2));
    }
}
