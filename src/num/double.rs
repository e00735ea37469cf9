//! Floating-point numbers as C's `strtod` parses them: the scores by which SORT sorts.

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
    if let Some(number) = integer::parse(text) {
        return Some(number as f64);
    }
    let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+"));
    if let [b'0', b'x' | b'X', ..] = unsigned.unwrap_or(text) {
        let number = float::parse(text)?;
        let is_zero = number == float::parse(b"0")?;
        return Some(number.to_f64()).filter(|it| it.is_normal() || is_zero);
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
        _ if number.is_nan() => false,
        _ if number.is_infinite() => has_letter(b'i'),
        _ => number.is_normal() || !has_digits(),
    };
    is_exact.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

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
