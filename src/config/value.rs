//! Parses and prints values of settings as redis.conf has them. The errors are Redis's texts.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sys::system_text;

pub(super) fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

pub(super) fn boolean(value: &str) -> Result<bool, String> {
    match value {
        _ if value.eq_ignore_ascii_case("yes") => Ok(true),
        _ if value.eq_ignore_ascii_case("no") => Ok(false),
        _ => Err("argument must be 'yes' or 'no'".to_owned()),
    }
}

/// Returns the name of `value` in `all`.
pub(super) fn name_of<T: PartialEq>(all: &[(T, &str)], value: T) -> String {
    let row = all.iter().find(|row| row.0 == value);
    row.map_or("", |row| row.1).to_owned()
}

/// Returns the value with the name `name` in `all`, in letters of any case.
pub(super) fn named<T: Copy>(all: &[(T, &str)], name: &str) -> Option<T> {
    let row = all.iter().find(|row| row.1.eq_ignore_ascii_case(name));
    row.map(|row| row.0)
}

/// Returns the word of `words` that equals `value`, in letters of any case.
pub(super) fn one_of<'a>(words: &[&'a str], value: &str) -> Result<&'a str, String> {
    let word = words.iter().find(|word| word.eq_ignore_ascii_case(value));
    word.copied().ok_or_else(|| {
        format!(
            "argument(s) must be one of the following: {}",
            words.join(", ")
        )
    })
}

pub(super) fn integer(value: &str, min: i64, max: i64) -> Result<i64, String> {
    let number = crate::num::integer::parse(value.as_bytes())
        .ok_or("argument couldn't be parsed into an integer")?;
    within(number, min, max)
}

/// Returns the directory `value`, relative to `current`. It must exist and the process must be able
/// to enter it: Redis enters its directory.
pub(super) fn directory(current: &Path, value: &str) -> Result<PathBuf, String> {
    if value.is_empty() {
        return Err("No such file or directory".to_owned());
    }
    let found = fs::canonicalize(current.join(value));
    let entered = found.and_then(|path| fs::metadata(path.join(".")).map(|_| path));
    entered.map_err(|error| system_text(&error))
}

/// Parses an octal number, such as the permissions of a file. As in Redis, an empty text is 0.
pub(super) fn octal(value: &str, min: i64, max: i64) -> Result<i64, String> {
    let number = match value {
        "" => 0,
        _ => i64::from_str_radix(value, 8)
            .map_err(|_| "argument couldn't be parsed as an octal number")?,
    };
    match (min..=max).contains(&number) {
        true => Ok(number),
        false => Err(format!(
            "argument must be between {min:o} and {max:o} inclusive"
        )),
    }
}

/// Parses a number of bytes.
pub(super) fn memory(value: &str, min: u64, max: u64) -> Result<u64, String> {
    within(
        bytes(value).ok_or("argument must be a memory value")?,
        min,
        max,
    )
}

fn within<T: PartialOrd + fmt::Display>(number: T, min: T, max: T) -> Result<T, String> {
    if (&min..=&max).contains(&&number) {
        Ok(number)
    } else {
        Err(format!(
            "argument must be between {min} and {max} inclusive"
        ))
    }
}

/// Parses a number of bytes, or a percentage up to `100%`. Returns the text for CONFIG GET.
pub(super) fn memory_or_percent(value: &str) -> Result<String, String> {
    let percent = || {
        let number = value.strip_suffix('%')?;
        crate::num::integer::parse(number.as_bytes()).filter(|percent| *percent >= 0)
    };
    // As in Redis, a percentage is a negative number, and so is a number of 2^63 bytes or more.
    let number = match bytes(value) {
        Some(bytes) => bytes as i64,
        None => -percent().ok_or("argument must be a memory or percent value")?,
    };
    match number {
        0.. => Ok(number.to_string()),
        -100..0 => Ok(format!("{}%", -number)),
        _ => Err("percentage argument must be less or equal to 100".to_owned()),
    }
}

/// Parses pairs of seconds and changes. Returns them with one space between numbers.
pub(super) fn save_points(value: &str) -> Result<String, String> {
    let invalid = || "Invalid save parameters".to_owned();
    let mut numbers = Vec::new();
    for (index, word) in value.split_ascii_whitespace().enumerate() {
        let min = if index.is_multiple_of(2) { 1 } else { 0 };
        let number = integer(word, min, i64::from(i32::MAX)).map_err(|_| invalid())?;
        numbers.push(number.to_string());
    }
    if !numbers.len().is_multiple_of(2) {
        return Err(invalid());
    }
    Ok(numbers.join(" "))
}

/// Returns options of SHUTDOWN in the order of Redis.
pub(super) fn shutdown_flags(value: &str) -> Result<String, String> {
    const FLAGS: [&str; 5] = ["default", "save", "nosave", "now", "force"];
    let mut given = Vec::new();
    for word in value.split(' ') {
        given.push(one_of(&FLAGS, word)?);
    }
    if given.contains(&"save") && given.contains(&"nosave") {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".to_owned());
    }
    let flags: Vec<&str> = FLAGS[1..]
        .iter()
        .copied()
        .filter(|flag| given.contains(flag))
        .collect();
    match flags.is_empty() {
        true => Ok("default".to_owned()),
        false => Ok(flags.join(" ")),
    }
}

/// Parses a number of bytes: `1k` is 1000, `1kb` 1024, and so on, in letters of any case. As in
/// Redis, a missing number is 0, and a product of more than 64 bits loses its upper bits.
pub(crate) fn bytes(value: &str) -> Option<u64> {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &value[..value.len() - unit.len()];
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    let number = match digits {
        "" => 0,
        // A number of more than 64 bits becomes the greatest one.
        _ => digits.parse().unwrap_or(u64::MAX),
    };
    Some(number.wrapping_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes() {
        for (text, expected) in [
            ("", 0),
            ("0", 0),
            ("k", 0),
            ("1k", 1000),
            ("1kb", 1024),
            ("1MB", 1 << 20),
            ("2m", 2_000_000),
            ("3Gb", 3 << 30),
            ("7b", 7),
            ("99999999999999999999", u64::MAX),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for text in ["1x", "-1", "+1", "1.5k", " 1", "1 ", "5%"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn reads_percentages() {
        for (text, expected) in [
            ("1kb", Ok("1024")),
            ("0%", Ok("0")),
            ("5%", Ok("5%")),
            ("100%", Ok("100%")),
            (
                "101%",
                Err("percentage argument must be less or equal to 100"),
            ),
            ("-5%", Err("argument must be a memory or percent value")),
            ("%", Err("argument must be a memory or percent value")),
        ] {
            let found = memory_or_percent(text);
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
