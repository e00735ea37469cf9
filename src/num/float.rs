//! Floating-point numbers as INCRBYFLOAT and HINCRBYFLOAT parse and print them.
//!
//! Redis parses with C's `strtold` and prints with `%.17Lf`, without zeros at the end. This module
//! gives the same results bit by bit and byte by byte, with [`Extended`] as the number. Both
//! directions convert between base ten and base two, which is rarely exact. So both compute exactly
//! in whole numbers and round once. Usual numbers fit into 128 bits. `Big` serves the others, of up
//! to 5,119 digits.

use super::big::Big;
use super::extended::{Extended, shift_right};

/// The longest text that is parsed: the buffer of Redis (`MAX_LONG_DOUBLE_CHARS`) without the NUL.
const MAX_TEXT_BYTES: usize = 5 * 1024 - 1;

/// A larger exponent counts as this one. A text of at most [`MAX_TEXT_BYTES`] digits cannot
/// compensate for it.
const EXPONENT_LIMIT: i32 = 1_000_000;

/// How many digits a number can have before the decimal point: 10^4933 is too great. If negative,
/// how many zeros it can have after the point: 10^-4951 rounds to zero.
const MAGNITUDES: std::ops::RangeInclusive<i32> = -4950..=4933;

/// The largest number of printed digits after the decimal point.
const PRINTED_DECIMALS: u32 = 17;

/// Parses a number as Redis's `string2ld` does: decimal or hexadecimal, with or without sign, point
/// and exponent; or an infinity. Returns `None` for anything else, such as spaces and NaN, and if
/// the number is too great or would round to zero.
///
/// ```
/// use threadbare::num::float::{parse, to_text};
/// let sum = parse(b"0.1").unwrap() + parse(b"2e-1").unwrap();
/// assert_eq!(to_text(sum), "0.3");
/// assert_eq!(parse(b"0.1 "), None);
/// ```
pub fn parse(text: &[u8]) -> Option<Extended> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let (negative, unsigned) = split_sign(text);
    if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
        return Some(Extended::infinity(negative));
    }
    let (bits, exponent) = match unsigned {
        [b'0', b'x' | b'X', rest @ ..] => {
            Spelling::of(rest, u8::is_ascii_hexdigit, b'p')?.base_16()
        }
        _ => Spelling::of(unsigned, u8::is_ascii_digit, b'e')?.base_10()?,
    };
    let value = Extended::round(negative, bits, exponent);
    let vanished = value.is_zero() && bits != 0;
    (value.is_finite() && !vanished).then_some(value)
}

/// Prints a number as Redis's `ld2string` does for people: with up to 17 digits after the decimal
/// point, without zeros at the end, and never with an exponent.
pub fn to_text(value: Extended) -> String {
    let (significand, exponent) = value.parts();
    let digits = if !value.is_finite() {
        "inf".to_string()
    } else if exponent > 0 {
        let mut whole = Big::new(significand);
        whole.shift_left(exponent as usize);
        whole.into_text()
    } else {
        fixed_point(significand, exponent.unsigned_abs())
    };
    let sign = if value.is_negative() && digits != "0" {
        "-"
    } else {
        ""
    };
    [sign, &digits].concat()
}

/// Returns the text of `significand` / 2^`places`.
fn fixed_point(significand: u64, places: u32) -> String {
    const ONE: u128 = 10u128.pow(PRINTED_DECIMALS);
    let scaled = shift_right(u128::from(significand) * ONE, places);
    let (whole, fraction) = (scaled / ONE, scaled % ONE);
    if fraction == 0 {
        return whole.to_string();
    }
    let text = format!(
        "{whole}.{fraction:0width$}",
        width = PRINTED_DECIMALS as usize
    );
    text.trim_end_matches('0').to_string()
}

/// The parts of a number's text: the digits before and after the point, and the exponent of ten or,
/// for hexadecimal digits, of two.
struct Spelling<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i32,
}

impl<'a> Spelling<'a> {
    /// Splits `text` into its parts. Returns `None` if a part is missing or a byte is left over.
    fn of(text: &'a [u8], is_digit: fn(&u8) -> bool, exponent_mark: u8) -> Option<Spelling<'a>> {
        let split_digits = |text: &'a [u8]| {
            let length = text.iter().take_while(|byte| is_digit(byte)).count();
            text.split_at(length)
        };
        let (whole, rest) = split_digits(text);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => split_digits(rest),
            _ => rest.split_at(0),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [mark, rest @ ..] if mark.eq_ignore_ascii_case(&exponent_mark) => parse_exponent(rest)?,
            _ => return None,
        };
        Some(Spelling {
            whole,
            fraction,
            exponent,
        })
    }

    fn digits(&self) -> impl Iterator<Item = u8> + Clone {
        let digits = self.whole.iter().chain(self.fraction);
        digits.map(|&digit| (digit as char).to_digit(16).unwrap_or(0) as u8)
    }

    /// Returns the bits and the exponent for [`Extended::round`].
    fn base_16(&self) -> (u128, i32) {
        let mut bits = 0;
        let mut exponent = self.exponent - 4 * self.fraction.len() as i32;
        for digit in self.digits() {
            if bits >> 120 == 0 {
                bits = bits << 4 | u128::from(digit);
            } else {
                bits |= u128::from(digit != 0);
                exponent += 4;
            }
        }
        (bits, exponent)
    }

    /// Returns the bits and the exponent for [`Extended::round`], or `None` if the number is far
    /// too great or too small.
    fn base_10(&self) -> Option<(u128, i32)> {
        let digits = self.digits().skip_while(|&digit| digit == 0);
        let count = digits.clone().count() as i32;
        if count == 0 {
            return Some((0, 0));
        }
        let exponent = self.exponent - self.fraction.len() as i32;
        let magnitude = exponent + count;
        if !MAGNITUDES.contains(&magnitude) {
            return None;
        }
        // 10^37 is below 2^123, and 10^18 below 2^60: their quotient has 67 bits or more.
        if count <= 37 && magnitude <= 37 && exponent >= -18 {
            return Some(scale(digits, exponent));
        }
        Some(scale_big(&digits.collect::<Vec<u8>>(), exponent))
    }
}

/// Returns `digits` times ten to the power of `exponent`, for [`Extended::round`].
fn scale(digits: impl Iterator<Item = u8>, exponent: i32) -> (u128, i32) {
    let digits = digits.fold(0, |number, digit| number * 10 + u128::from(digit));
    let power = 10u128.pow(exponent.unsigned_abs());
    let (dividend, divisor) = if exponent < 0 {
        (digits, power)
    } else {
        (digits * power, 1)
    };
    let shift = dividend.leading_zeros() - 1;
    let dividend = dividend << shift;
    let inexact = u128::from(dividend % divisor != 0);
    ((dividend / divisor) | inexact, -(shift as i32))
}

/// Does the same for any number of digits. A power of ten is a power of five, which is computed
/// here, times a power of two, which goes into the result's exponent.
fn scale_big(digits: &[u8], exponent: i32) -> (u128, i32) {
    let mut dividend = Big::new(0);
    for group in digits.chunks(9) {
        let number = group
            .iter()
            .fold(0, |number, &digit| number * 10 + u32::from(digit));
        dividend.multiply_add(10u32.pow(group.len() as u32), number);
    }
    let mut divisor = Big::new(1);
    let scaled = if exponent < 0 {
        &mut divisor
    } else {
        &mut dividend
    };
    scaled.multiply_power(5, exponent.unsigned_abs());
    let (bits, bits_exponent) = dividend.quotient(divisor);
    (bits, bits_exponent + exponent)
}

fn parse_exponent(text: &[u8]) -> Option<i32> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let exponent = digits.iter().fold(0, |exponent, &digit| {
        (exponent * 10 + i32::from(digit - b'0')).min(EXPONENT_LIMIT)
    });
    Some(if negative { -exponent } else { exponent })
}

/// Returns whether there is a minus sign, and the text after the sign.
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the reply of INCRBYFLOAT with `increment` to a key that holds `value`, or `None` for
    /// an error.
    fn increase(value: &str, increment: &str) -> Option<String> {
        let sum = parse(value.as_bytes())? + parse(increment.as_bytes())?;
        sum.is_finite().then(|| to_text(sum))
    }

    fn is_parsed(text: &str) -> bool {
        parse(text.as_bytes()).is_some()
    }

    // All expected texts are replies of a real server.

    #[test]
    fn decimal_fractions_add_up() {
        for (value, increment, sum) in [
            ("0.1", "0.2", "0.3"),
            ("3.0", "1.1", "4.1"),
            ("10.50", "0.1", "10.6"),
            ("5.0e3", "2.0e2", "5200"),
            ("-123.456", "100", "-23.456"),
            (".5", "5.", "5.5"),
            ("+5", "-1E+1", "-5"),
            ("1e30", "-1e30", "0"),
        ] {
            assert_eq!(increase(value, increment).as_deref(), Some(sum), "{value}");
        }
    }

    #[test]
    fn sums_round_to_64_bits_and_halves_to_even() {
        for (value, increment, sum) in [
            ("18446744073709551615", "0.5", "18446744073709551616"),
            ("18446744073709551614", "0.5", "18446744073709551614"),
            ("9223372036854775808", "0.25", "9223372036854775808"),
            ("9223372036854775808", "0.75", "9223372036854775809"),
            ("18446744073709551616", "1", "18446744073709551616"),
            ("18446744073709551616", "3", "18446744073709551620"),
            ("0x1p64", "0x1.8p0", "18446744073709551618"),
            ("17179869184", "1.00000000000000001", "17179869185"),
            ("0x1p63", "0x.8", "9223372036854775808"),
            ("0x1p63", "0x.8000000000000001", "9223372036854775809"),
            (
                "9223372036854775810",
                "-0x.8000000000000001",
                "9223372036854775809",
            ),
            ("1", "-0x1p-16445", "1"),
            ("-0x1p-16445", "0x1p-16445", "0"),
        ] {
            assert_eq!(increase(value, increment).as_deref(), Some(sum), "{value}");
        }
    }

    #[test]
    fn seventeen_decimals_are_printed_and_halves_round_to_even() {
        for (value, printed) in [
            ("0x1p-18", "0.00000381469726562"),
            ("0x3p-18", "0.00001144409179688"),
            ("0x5p-18", "0.00001907348632812"),
            ("1.23456789012345678901", "1.23456789012345679"),
            ("3e-17", "0.00000000000000003"),
            ("5e-18", "0"),
            ("-1e-30", "0"),
            ("-0", "0"),
        ] {
            assert_eq!(increase(value, "0").as_deref(), Some(printed), "{value}");
        }
    }

    #[test]
    fn large_numbers_are_printed_with_all_digits() {
        let power = "340282366920938463463374607431768211456";
        assert_eq!(increase(power, "0").as_deref(), Some(power));
        assert_eq!(increase("1e22", "0"), Some(format!("1{}", "0".repeat(22))));
        let large = increase("1e400", "0").unwrap();
        assert_eq!(large.len(), 401);
        assert!(large.starts_with("100000000000000000002818806839475865145864534336290520386259"));
        let largest = increase("0xffffffffffffffffp16320", "0").unwrap();
        assert_eq!(largest.len(), 4933);
        assert!(
            largest.starts_with("118973149535723176502126385303097020516906332229462420044032")
        );
    }

    #[test]
    fn all_forms_of_strtold_are_parsed() {
        for text in [
            "0",
            "-0",
            "5.",
            ".5",
            "1e5",
            "1E-5",
            "007",
            "0x1.8p3",
            "0X.8",
            "0xAp-1",
            "0x8.",
            "inf",
            "-INF",
            "+Infinity",
            "0e99999999999",
            "-0x0p-99999999999",
        ] {
            assert!(is_parsed(text), "{text:?}");
        }
    }

    #[test]
    fn no_other_form_is_parsed() {
        for text in [
            "", " 1", "1 ", "\t1", "1\0", "\0", ".", "-", "+-1", "e5", "1e", "1e+", "1e5.", "1,5",
            "1_0", "1f", "0x", "0x.", "0x.p1", "0x1p", "0x1p1.", "1p5", "infinit", "infe5", "nan",
            "-nan", "nan(1)", "abc",
        ] {
            assert!(!is_parsed(text), "{text:?}");
        }
    }

    #[test]
    fn numbers_that_overflow_or_round_to_zero_are_not_parsed() {
        for (text, read) in [
            ("1.18973149535723176505351e4932", true),
            ("1.18973149535723176505352e4932", false),
            ("0xffffffffffffffff7p16316", true),
            ("0xffffffffffffffff8p16316", false),
            ("1e99999999999999999999", false),
            ("0x1p-16446", false),
            ("0x1.0000001p-16446", true),
            ("1.82e-4951", false),
            ("1.83e-4951", true),
            ("-1e-99999999999999999999", false),
        ] {
            assert_eq!(is_parsed(text), read, "{text}");
        }
    }

    #[test]
    fn a_sum_that_is_too_great_is_infinite() {
        let largest = "0xffffffffffffffffp16320";
        assert_eq!(increase(largest, "0x1p16319"), None);
        assert!(increase(largest, "0x.ffffp16319").is_some());
        assert_eq!(increase("inf", "1"), None);
        assert_eq!(increase("inf", "-inf"), None);
        assert_eq!(to_text(parse(b"-infinity").unwrap()), "-inf");
    }

    #[test]
    fn a_late_digit_can_break_a_tie() {
        let half = "18446744073709551617.";
        for (digits, read) in [("0", "18446744073709551616"), ("1", "18446744073709551618")] {
            let text = format!("{half}{}{digits}", "0".repeat(5000));
            assert_eq!(increase(&text, "0").as_deref(), Some(read));
        }
    }

    #[test]
    fn up_to_5119_bytes_are_parsed() {
        assert!(is_parsed(&"0".repeat(5119)));
        assert!(!is_parsed(&"0".repeat(5120)));
        assert_eq!(
            increase(&format!("{}e-5000", "1".repeat(5001)), "0").as_deref(),
            Some("1.11111111111111111")
        );
    }
}
