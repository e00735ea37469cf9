//! Splits a line into words, as Redis's `sdssplitargs` does.
//!
//! The same rules hold for inline commands, which a person types into `telnet`, and for the lines
//! of a configuration file.

/// Splits `line` at white space. `"..."` may hold `\n \r \t \b \a \xHH` and escaped characters,
/// `'...'` only `\'`. White space or the end of the line must follow a closing quote. Returns
/// `None` if it does not, or if a quote is not closed.
///
/// ```
/// use threadbare::quoting::split_words;
/// assert_eq!(split_words(br#"set k "a b\x00""#).unwrap(), [&b"set"[..], b"k", b"a b\0"]);
/// assert_eq!(split_words(br#"get "k"#), None);
/// ```
pub fn split_words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = line;
    let mut words = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        // C's `isspace` counts the vertical tab, Rust's `is_ascii_whitespace` does not.
        while let [0x0b, tail @ ..] = rest {
            rest = tail.trim_ascii_start();
        }
        if rest.is_empty() || rest[0] == 0 {
            return Some(words);
        }
        let (word, tail) = take_word(rest)?;
        words.push(word);
        rest = tail;
    }
}

/// Takes one word from the head of `rest`, which is neither empty nor white space. A quote may also
/// open in the middle of a word: `a"b c"` is one word. Returns the word and the text after it.
fn take_word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t' | 0, ..] => return Some((word, rest)),
            [b'"', tail @ ..] => {
                rest = take_quoted(tail, b'"', &mut word)?;
                return Some((word, rest));
            }
            [b'\'', tail @ ..] => {
                rest = take_quoted(tail, b'\'', &mut word)?;
                return Some((word, rest));
            }
            [byte, tail @ ..] => {
                word.push(*byte);
                rest = tail;
            }
        }
    }
}

/// Reads up to the closing `quote` and returns the text after it.
fn take_quoted<'a>(mut rest: &'a [u8], quote: u8, word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match (quote, rest) {
            (_, []) => return None,
            (b'"', [b'\\', b'x', high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                tail
            }
            (b'"', [b'\\', escaped, tail @ ..]) => {
                word.push(unescape(*escaped));
                tail
            }
            (b'\'', [b'\\', b'\'', tail @ ..]) => {
                word.push(b'\'');
                tail
            }
            (_, [byte, tail @ ..]) if *byte == quote => {
                let closed = matches!(tail, [] | [0, ..])
                    || tail[0].is_ascii_whitespace()
                    || tail[0] == 0x0b;
                return closed.then_some(tail);
            }
            (_, [byte, tail @ ..]) => {
                word.push(*byte);
                tail
            }
        };
    }
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

/// Appends `bytes` in quotes, as Redis's `sdscatrepr` does.
pub fn append_quoted(text: &mut Vec<u8>, bytes: &[u8]) {
    text.push(b'"');
    for &byte in bytes {
        match byte {
            b'\\' | b'"' => text.extend_from_slice(&[b'\\', byte]),
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
            0x07 => text.extend_from_slice(b"\\a"),
            0x08 => text.extend_from_slice(b"\\b"),
            b' '..=b'~' => text.push(byte),
            _ => text.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::split_words;

    fn texts(line: &str) -> Option<Vec<String>> {
        let words = split_words(line.as_bytes())?;
        Some(
            words
                .into_iter()
                .map(|a| String::from_utf8(a).unwrap())
                .collect(),
        )
    }

    #[test]
    fn splits_at_white_space() {
        assert_eq!(texts("  set\tk  v \r").unwrap(), ["set", "k", "v"]);
        assert_eq!(texts("").unwrap(), [""; 0]);
        assert_eq!(texts(" \x0b ").unwrap(), [""; 0]);
    }

    #[test]
    fn understands_quotes_and_escapes() {
        assert_eq!(
            texts(r#"a "b c" 'd \' e' """#).unwrap(),
            ["a", "b c", "d ' e", ""]
        );
        assert_eq!(texts(r#""\x41\n\t\"\\""#).unwrap(), ["A\n\t\"\\"]);
        assert_eq!(texts(r#"a"b c""#).unwrap(), ["ab c"]);
        assert_eq!(texts(r#""\x4""#).unwrap(), ["x4"]);
    }

    #[test]
    fn refuses_unbalanced_quotes() {
        for line in [r#""a"#, r#"'a"#, r#""a"b"#, r#"'a'b"#, r#""a\""#] {
            assert_eq!(texts(line), None, "{line}");
        }
    }
}
