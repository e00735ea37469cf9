//! Matches patterns as Redis does: `*`, `?`, `[a-z]`, `[^a-z]` and `\` to escape.
//!
//! The matcher is a loop without recursion. After a mismatch, only the last `*` takes one byte
//! more. This is enough: an earlier `*` could take nothing that the last one cannot take. So the
//! time is at most the product of the lengths. A recursive matcher needs exponential time
//! (CVE-2022-36021), and a stack as deep as the pattern is long (CVE-2024-31228).

/// A pattern with more stars before its end matches nothing, as in Redis, whose matcher recurses at
/// most this deep.
const MAX_STARS: usize = 1000;

/// Returns whether `pattern` matches all of `text`. As in Redis, only the empty pattern matches an
/// empty text. A caller for which `*` matches everything must check that first.
///
/// ```
/// use threadbare::glob::matches;
/// assert!(matches(b"h[a-e]llo*", b"hello world", false));
/// assert!(!matches(b"h[^a-e]llo", b"hello", false));
/// assert!(matches(b"MAX*", b"maxclients", true));
/// ```
pub fn matches(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut p, mut t) = (0, 0);
    // Where to continue when the last star takes one byte more: positions in pattern and text.
    let mut retry: Option<(usize, usize)> = None;
    let mut stars = 0;
    loop {
        if pattern.get(p) == Some(&b'*') {
            while pattern.get(p) == Some(&b'*') {
                p += 1;
            }
            if p == pattern.len() {
                return true;
            }
            stars += 1;
            if stars > MAX_STARS {
                return false;
            }
            retry = Some((p, t));
        } else if let Some(length) = match_one(&pattern[p..], text.get(t), ignore_case) {
            p += length;
            t += 1;
        } else if p == pattern.len() && t == text.len() {
            return true;
        } else {
            // At the end of the text, a longer star cannot help.
            match retry {
                Some((after_star, start)) if t < text.len() => {
                    (p, t) = (after_star, start + 1);
                    retry = Some((p, t));
                }
                _ => return false,
            }
        }
    }
}

/// Returns the length of the pattern's first element, if it matches `byte`.
fn match_one(pattern: &[u8], byte: Option<&u8>, ignore_case: bool) -> Option<usize> {
    let fold = |byte: u8| {
        if ignore_case {
            byte.to_ascii_lowercase()
        } else {
            byte
        }
    };
    let byte = fold(*byte?);
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => {
            let (length, found) = match_class(class, byte, fold);
            found.then_some(1 + length)
        }
        [b'\\', escaped, ..] => (fold(*escaped) == byte).then_some(2),
        [literal, ..] => (fold(*literal) == byte).then_some(1),
    }
}

/// Returns the length of a class, whose `[` is already skipped, and whether it matches `byte`. A
/// class that is not closed ends at the end of the pattern.
fn match_class(class: &[u8], byte: u8, fold: impl Fn(u8) -> u8) -> (usize, bool) {
    let negated = class.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        let (from, to, length) = match &class[at..] {
            [] => break,
            [b'\\', escaped, ..] => (*escaped, *escaped, 2),
            [b']', ..] => {
                at += 1;
                break;
            }
            [from, b'-', to, ..] => (*from, *to, 3),
            [one, ..] => (*one, *one, 1),
        };
        // Compares signed bytes as Redis does, because C's `char` is signed on x86.
        let (from, to) = (from as i8, to as i8);
        let (from, to) = (fold(from.min(to) as u8), fold(from.max(to) as u8));
        found |= (from as i8..=to as i8).contains(&(byte as i8));
        at += length;
    }
    (at, found != negated)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_what_redis_matches() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", false),
            ("**", "", false),
            ("?", "", false),
            ("*", "a", true),
            ("a*", "a", true),
            ("a**", "a", true),
            ("*a", "aab", false),
            ("*?", "ab", true),
            ("*?*", "a", true),
            ("*??", "a", false),
            ("*ab", "aab", true),
            ("*a", "bba", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("[abc]x", "bx", true),
            ("[^abc]x", "bx", false),
            ("[c-a]", "b", true),
            ("[a-]", "-", false),
            ("[a-]", "_", true),
            ("[\\]]", "]", true),
            ("[ab", "b", true),
            ("[", "[", false),
            ("[^", "x", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\", "\\", true),
            ("a\\", "a\\", true),
            ("ABC", "abc", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes(), false),
                expected,
                "{pattern} {text}"
            );
        }
        assert!(matches(b"A[B-C]*", b"abx", true));
        assert!(matches(b"[a-\xff]", b"A", false) && !matches(b"[a-\xff]", b"b", false));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "a*".repeat(1000) + "b";
        assert!(!matches(
            pattern.as_bytes(),
            "a".repeat(10_000).as_bytes(),
            false
        ));
    }

    #[test]
    fn more_than_a_thousand_stars_match_nothing() {
        let text = [b'a'; 2_000];
        assert!(matches("*?".repeat(1_000).as_bytes(), &text, false));
        assert!(matches(
            "*?".repeat(1_000).as_bytes(),
            &text[..1_000],
            false
        ));
        assert!(matches(("*?".repeat(1_000) + "*").as_bytes(), &text, false));
        assert!(!matches("*?".repeat(1_001).as_bytes(), &text, false));
        assert!(matches("*".repeat(5_000).as_bytes(), &text, false));
        assert!(matches(
            (r"\*".repeat(1_500) + "*").as_bytes(),
            &[b'*'; 1_500],
            false
        ));
    }

    #[test]
    fn a_long_pattern_takes_no_time() {
        let text = [b'a'; 50_000];
        assert!(!matches("*?".repeat(50_000).as_bytes(), &text, false));
        assert!(!matches(
            ("*".to_owned() + &"a".repeat(100_000)).as_bytes(),
            &text,
            false
        ));
    }
}
