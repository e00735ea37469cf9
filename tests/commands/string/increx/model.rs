//! Random INCREXs against a model, which counts in whole quarters. The server's integers and floats
//! are exact there.

use crate::support::{Random, Reply, TestServer, seed};

const REQUESTS: usize = 1500;
const KEYS: u64 = 3;

/// Quarters in one.
const ONE: i128 = 4;
/// A number with more quarters is not exact as a float.
const MOST_AS_FLOAT: i128 = 1 << 60;

const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
const CROSSED_BOUNDS: &str = "ERR LBOUND can't be greater than UBOUND";
const NO_DIFFERENCE: &str = "ERR applied increment would overflow";

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    quarters: i128,
    /// In milliseconds since 1970.
    expires_at: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Expiry {
    Unset,
    Persist,
    Past,
    At(u64),
}

/// A request, in quarters.
#[derive(Debug)]
struct Request {
    is_float: bool,
    increment: i128,
    lower: Option<i128>,
    upper: Option<i128>,
    saturates: bool,
    expiry: Expiry,
    keeps_old_expiry: bool,
}

impl Request {
    fn random(random: &mut Random, held: Option<Held>) -> Request {
        let is_exact = held.is_none_or(|held| held.quarters.abs() < MOST_AS_FLOAT);
        let is_float = is_exact && random.next(3) == 0;
        let increment = number(random, is_float);
        let mut bound = || (random.next(3) == 0).then(|| 2 * number(random, is_float));
        let (lower, upper) = (bound(), bound());
        let expiry = match random.next(6) {
            0 => Expiry::Persist,
            1 => Expiry::Past,
            2 | 3 => Expiry::At(9_000_000_000_000 + random.next(1000)),
            _ => Expiry::Unset,
        };
        let may_keep = matches!(expiry, Expiry::Past | Expiry::At(_));
        Request {
            is_float,
            increment,
            lower,
            upper,
            saturates: random.next(2) == 0,
            expiry,
            keeps_old_expiry: may_keep && random.next(2) == 0,
        }
    }

    /// Returns the options, in any order.
    fn options(&self, random: &mut Random) -> String {
        let by = if self.is_float { "BYFLOAT" } else { "BYINT" };
        let bound = |name, bound: Option<i128>| bound.map(|it| format!("{name} {}", text(it)));
        let mut options = vec![
            Some(format!("{by} {}", text(self.increment))),
            bound("LBOUND", self.lower),
            bound("UBOUND", self.upper),
            self.saturates.then(|| "SATURATE".to_owned()),
            self.keeps_old_expiry.then(|| "ENX".to_owned()),
            match self.expiry {
                Expiry::Unset => None,
                Expiry::Persist => Some("PERSIST".to_owned()),
                Expiry::Past => Some("EXAT 1".to_owned()),
                Expiry::At(ms) => Some(format!("PXAT {ms}")),
            },
        ];
        let turns = random.index(options.len());
        options.rotate_left(turns);
        options.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Returns the reply, in quarters, and what the key holds afterwards.
    fn run(&self, held: Option<Held>) -> Result<([i128; 2], Option<Held>), &'static str> {
        let (least, most) = match self.is_float {
            true => (i128::MIN / 2, i128::MAX / 2),
            false => (ONE * i128::from(i64::MIN), ONE * i128::from(i64::MAX)),
        };
        let (lower, upper) = (self.lower.unwrap_or(least), self.upper.unwrap_or(most));
        if lower > upper {
            return Err(CROSSED_BOUNDS);
        }
        let old = held.map_or(0, |held| held.quarters);
        if !self.is_float && old % ONE != 0 {
            return Err(NOT_AN_INTEGER);
        }
        let sum = old + self.increment;
        let new = sum.clamp(lower, upper);
        if new != sum && !self.saturates {
            return Ok(([old, 0], held));
        }
        if !(least..=most).contains(&(new - old)) {
            return Err(NO_DIFFERENCE);
        }
        let old_expiry = held.and_then(|held| held.expires_at);
        let expires_at = match self.expiry {
            Expiry::Past | Expiry::At(_) if self.keeps_old_expiry && old_expiry.is_some() => {
                old_expiry
            }
            Expiry::Past => return Ok(([new, new - old], None)),
            Expiry::At(ms) => Some(ms),
            Expiry::Persist => None,
            Expiry::Unset => old_expiry,
        };
        let held = Held {
            quarters: new,
            expires_at,
        };
        Ok(([new, new - old], Some(held)))
    }
}

/// Returns a small number, and sometimes the least or the greatest integer.
fn number(random: &mut Random, is_float: bool) -> i128 {
    let small = i128::from(random.next(81)) - 40;
    match (is_float, random.next(20)) {
        (true, _) => small,
        (false, 0) => ONE * i128::from(i64::MAX - 3) / 2 / ONE * ONE,
        (false, 1) => ONE * i128::from(i64::MIN) / 2 / ONE * ONE,
        (false, _) => small * ONE,
    }
}

/// Returns quarters as INCREX prints them.
fn text(quarters: i128) -> String {
    let sign = if quarters < 0 { "-" } else { "" };
    let size = quarters.unsigned_abs();
    let fraction = ["", ".25", ".5", ".75"][(size % 4) as usize];
    format!("{sign}{}{fraction}", size / 4)
}

#[test]
fn random_requests_do_what_the_model_does() {
    let mut random = Random::new(seed());
    let server = TestServer::start();
    let mut client = server.connect();
    let mut keys = [None; KEYS as usize];
    for _ in 0..REQUESTS {
        let number = random.index(keys.len());
        let request = Request::random(&mut random, keys[number]);
        let line = format!("INCREX k{number} {}", request.options(&mut random));
        let reply = client.ask_line(&line);
        let before = keys[number];
        let expected = match request.run(before) {
            Ok((numbers, held)) => {
                keys[number] = held;
                Reply::Array(numbers.map(|it| reply_of(it, request.is_float)).to_vec())
            }
            Err(error) => Reply::Error(error.to_owned()),
        };
        assert_eq!(reply, expected, "{line} of {before:?}");
        assert_eq!(
            found(&mut client, number),
            keys[number].map(shown),
            "{line} of {before:?}"
        );
    }
    let server = server.restart();
    let mut client = server.connect();
    for (number, held) in keys.into_iter().enumerate() {
        assert_eq!(
            found(&mut client, number),
            held.map(shown),
            "after a restart"
        );
    }
}

fn reply_of(quarters: i128, is_float: bool) -> Reply {
    match is_float {
        true => Reply::Bulk(text(quarters).into_bytes()),
        false => Reply::Integer(i64::try_from(quarters / ONE).expect("an integer")),
    }
}

/// What a client finds at a key: the text, and the time of PEXPIRETIME.
fn found(client: &mut crate::support::Client, number: usize) -> Option<(String, i64)> {
    let time = client.ask_line(&format!("PEXPIRETIME k{number}")).integer();
    match client.ask_line(&format!("GET k{number}")) {
        Reply::Null => None,
        value => Some((value.text(), time)),
    }
}

fn shown(held: Held) -> (String, i64) {
    let time = held.expires_at.map_or(-1, |ms| ms as i64);
    (text(held.quarters), time)
}
