//! Floating-point numbers as C's `strtod` parses them and `printf("%.17g")` prints them: scores.

use super::{float, integer};

/// Parses a number that takes all of `text`: decimal or hexadecimal, with or without sign, point
/// and exponent; or an infinity. Returns `None` for anything else, such as spaces and NaN, and if
/// the number is too great or too small for all bits of a double (C's `ERANGE`).
///
/// ```
/// use threadbare::num::double::parse;
/// assert_eq!(parse(b"-1.5e3"), Some(-1500.0));
/// assert_eq!(parse(b"0x10"), Some(16.0));
/// assert_eq!(parse(b"1e400"), None);
/// ```
pub fn parse(text: &[u8]) -> Option<f64> {
    match read(text)? {
        Read::Exact(number) => Some(number),
        Read::OutOfRange(_) => None,
    }
}

/// Parses a number as [`parse`] does, but takes one that has lost bits because it is small.
pub fn score(text: &[u8]) -> Option<f64> {
    match read(text)? {
        Read::OutOfRange(number) if number == 0.0 || number.is_infinite() => None,
        Read::Exact(number) | Read::OutOfRange(number) => Some(number),
    }
}

/// Parses a bound of a range as C does if nobody looks at `ERANGE`: what is too great is infinite.
/// Spaces may precede the number, a NUL ends it, and no text is 0.
pub fn bound(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    let spaces = text.iter().take_while(|byte| is_space(byte)).count();
    match read(&text[spaces..]) {
        _ if text.is_empty() => Some(0.0),
        Some(Read::Exact(number) | Read::OutOfRange(number)) => Some(number),
        None => None,
    }
}

/// What `strtod` makes of a text.
enum Read {
    Exact(f64),
    /// Infinite, zero or with fewer bits, because the number is too great or too small.
    OutOfRange(f64),
}

/// Reads a number that takes all of `text`.
fn read(text: &[u8]) -> Option<Read> {
    if let Some(number) = integer::parse(text) {
        return Some(Read::Exact(number as f64));
    }
    let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
    if let [b'0', b'x' | b'X', ..] = unsigned.unwrap_or(text) {
        let number = float::parse(text)?;
        let is_zero = number == float::parse(b"0")?;
        let number = number.to_f64();
        let is_exact = number.is_normal() || is_zero;
        return Some(Read::of(number, is_exact));
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let has_letter = |letter: u8| text.iter().any(|byte| byte.eq_ignore_ascii_case(&letter));
    let has_digits = || {
        let digits = text
            .iter()
            .take_while(|byte| !byte.eq_ignore_ascii_case(&b'e'));
        digits.clone().any(|digit| matches!(digit, b'1'..=b'9'))
    };
    let is_exact = match number {
        _ if number.is_nan() => return None,
        _ if number.is_infinite() => has_letter(b'i'),
        _ => number.is_normal() || !has_digits(),
    };
    Some(Read::of(number, is_exact))
}

impl Read {
    fn of(number: f64, is_exact: bool) -> Read {
        match is_exact {
            true => Read::Exact(number),
            false => Read::OutOfRange(number),
        }
    }
}

/// The significant digits that tell any two doubles apart.
const DIGITS: i32 = 17;

/// Returns the text of a number, with 17 significant digits without zeros at the end.
///
/// ```
/// use threadbare::num::double::text;
/// assert_eq!(text(1.5), "1.5");
/// assert_eq!(text(0.1), "0.10000000000000001");
/// assert_eq!(text(1e17), "1e+17");
/// assert_eq!(text(f64::NEG_INFINITY), "-inf");
/// ```
pub fn text(number: f64) -> String {
    if let Some(whole) = short_integer(number) {
        return whole.to_string();
    }
    if !number.is_finite() {
        return format!("{number}").to_ascii_lowercase();
    }
    let scientific = format!("{:.*e}", DIGITS as usize - 1, number.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::with_capacity(32);
    if number.is_sign_negative() {
        text.push('-');
    }
    match exponent {
        0..DIGITS => {
            let (whole, fraction) = rest.split_at(exponent as usize);
            push_decimal(&mut text, &[first, whole], &[fraction]);
        }
        -4..0 => {
            let zeros = &"000"[..(-1 - exponent) as usize];
            push_decimal(&mut text, &["0"], &[zeros, first, rest]);
        }
        _ => {
            push_decimal(&mut text, &[first], &[rest]);
            let sign = if exponent < 0 { '-' } else { '+' };
            text.push_str(&format!("e{sign}{:02}", exponent.abs()));
        }
    }
    text
}

/// Returns the number as an integer, if its digits are all printed. Most scores are
/// integers, and their text is simple.
fn short_integer(number: f64) -> Option<i64> {
    const TOO_LONG: f64 = 1e17;
    let integer = number as i64;
    let is_same = integer as f64 == number && number.abs() < TOO_LONG;
    let is_negative_zero = integer == 0 && number.is_sign_negative();
    (is_same && !is_negative_zero).then_some(integer)
}

/// Appends a number whose digits come in parts, without zeros at the end of the fraction.
fn push_decimal(text: &mut String, whole: &[&str], fraction: &[&str]) {
    whole.iter().for_each(|digits| text.push_str(digits));
    text.push('.');
    fraction.iter().for_each(|digits| text.push_str(digits));
    let length = text.trim_end_matches('0').trim_end_matches('.').len();
    text.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as `printf("%.17g")` of glibc has it.
    #[test]
    fn prints_as_printf() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0"),
            (-0.0, "-0"),
            (100.0, "100"),
            (-3.5, "-3.5"),
            (3.2, "3.2000000000000002"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1.5e300, "1.5000000000000001e+300"),
            (0.0001, "0.0001"),
            (-0.00123, "-0.00123"),
            (0.5, "0.5"),
            (-99999999999999984.0, "-99999999999999984"),
            (1e-300, "1e-300"),
            (1234567.8900000001, "1234567.8900000001"),
            (0.00001, "1.0000000000000001e-05"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::INFINITY, "inf"),
        ];
        for (number, expected) in cases {
            assert_eq!(text(*number), *expected);
        }
    }

    /// Each as `strtod` of glibc has it.
    #[test]
    fn parses_as_strtod() {
        let cases: &[(&str, Option<f64>)] = &[
            ("0", Some(0.0)),
            ("-0", Some(0.0)),
            ("+1", Some(1.0)),
            ("007", Some(7.0)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("1e3", Some(1000.0)),
            ("0e9999", Some(0.0)),
            ("9223372036854775808", Some(9_223_372_036_854_775_808.0)),
            ("2.2250738585072014e-308", Some(f64::MIN_POSITIVE)),
            ("2.2250738585072011e-308", None),
            ("1e-400", None),
            ("1e400", None),
            ("-1e400", None),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("nan", None),
            ("0x1p3", Some(8.0)),
            ("-0X.8", Some(-0.5)),
            ("0x0", Some(0.0)),
            ("0x1p1024", None),
            ("0x1p-1080", None),
            ("0x", None),
            ("", None),
            (".", None),
            ("e5", None),
            ("1e", None),
            ("1 ", None),
            (" 1", None),
            ("+-1", None),
            ("1_0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text.as_bytes()), *expected, "{text:?}");
        }
    }
}
