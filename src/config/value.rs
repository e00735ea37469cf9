//! Values of settings, as redis.conf writes them, with Redis's texts for what is none.

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

/// The name of `value` among `all`.
pub(super) fn name_of<T: PartialEq>(all: &[(T, &str)], value: T) -> String {
    let row = all.iter().find(|row| row.0 == value);
    row.map_or("", |row| row.1).to_owned()
}

/// What is called `name` among `all`, in letters of any case.
pub(super) fn named<T: Copy>(all: &[(T, &str)], name: &str) -> Option<T> {
    let row = all.iter().find(|row| row.1.eq_ignore_ascii_case(name));
    row.map(|row| row.0)
}

pub(super) fn integer(value: &str, least: i64, most: i64) -> Result<i64, String> {
    let number = crate::resp::integer::parse(value.as_bytes())
        .ok_or("argument couldn't be parsed into an integer")?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!(
            "argument must be between {least} and {most} inclusive"
        ))
    }
}

/// A number of bytes: `1k` is 1000, `1kb` 1024, and so on, in either case.
pub(super) fn memory(value: &str) -> Result<u64, String> {
    if value.is_empty() {
        return Ok(0);
    }
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match value[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => 0,
    };
    match digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
    {
        Some(bytes) if unit > 0 => Ok(bytes),
        _ => Err("argument must be a memory value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes() {
        for (text, bytes) in [
            ("", 0),
            ("0", 0),
            ("1k", 1000),
            ("1kb", 1024),
            ("1MB", 1 << 20),
            ("2m", 2_000_000),
            ("3Gb", 3 << 30),
            ("7b", 7),
        ] {
            assert_eq!(memory(text), Ok(bytes), "{text}");
        }
        for text in ["k", "1x", "-1", "1.5k", "99999999999gb"] {
            assert!(memory(text).is_err(), "{text}");
        }
    }
}
