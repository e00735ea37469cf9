//! Cursors, patterns and options of SCAN, HSCAN and SSCAN.
//!
//! A cursor is a position in the order of hashes ([`crate::store::map::Position`]). So the server
//! remembers nothing between two calls, and an element that exists from the first call to the last
//! is returned exactly once.

use super::call::Call;
use super::table::Argument;
use super::table::error;
use super::table::error::ReplyError;
use crate::glob;
use crate::num::integer;
use crate::store::map::Position;

const INVALID_CURSOR: ReplyError = ReplyError::Fixed("ERR invalid cursor");

pub(super) const CURSOR: Argument = Argument::new("cursor", "integer");
pub(super) const MATCH: Argument = Argument::new("pattern", "pattern")
    .after("MATCH")
    .optional();
pub(super) const COUNT: Argument = Argument::new("count", "integer").after("COUNT").optional();

/// The pattern of MATCH and KEYS.
#[derive(Clone, Copy)]
pub(super) enum Pattern<'a> {
    /// Every name.
    Anything,
    /// A name without wildcards.
    Literal(&'a [u8]),
    /// A name with wildcards.
    Glob(&'a [u8]),
}

impl<'a> Pattern<'a> {
    /// Parses a pattern.
    pub(super) fn new(text: &'a [u8]) -> Pattern<'a> {
        if text == b"*" {
            Pattern::Anything
        } else if text.iter().any(|byte| b"*?[\\".contains(byte)) {
            Pattern::Glob(text)
        } else {
            Pattern::Literal(text)
        }
    }

    /// Returns whether `name` fits.
    pub(super) fn matches(self, name: &[u8]) -> bool {
        match self {
            Pattern::Anything => true,
            Pattern::Literal(text) => text == name,
            Pattern::Glob(text) => glob::matches(text, name, false),
        }
    }
}

/// The options that all commands of this kind have.
pub(super) struct Options<'a> {
    /// The number of elements to visit, not the number to find.
    pub(super) count: usize,
    /// The pattern of the names.
    pub(super) pattern: Pattern<'a>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            count: 10,
            pattern: Pattern::Anything,
        }
    }
}

impl<'a> Options<'a> {
    /// Parses `words`, which are nothing but these options.
    ///
    /// # Errors
    /// As [`Options::read`].
    pub(super) fn parse(
        mut words: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Options<'a>, ReplyError> {
        let mut options = Options::default();
        while let Some(word) = words.next() {
            options.read(word, &mut words)?;
        }
        Ok(options)
    }

    /// Parses the option `word`, whose value is the next of `words`.
    ///
    /// # Errors
    /// If there is no option of that name, or its value is wrong.
    pub(super) fn read(
        &mut self,
        word: &[u8],
        words: &mut impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), ReplyError> {
        if word.eq_ignore_ascii_case(b"count") {
            let count = words.next().ok_or(error::SYNTAX)?;
            let count = integer::parse(count).ok_or(error::NOT_AN_INTEGER)?;
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            self.count = count.ok_or(error::SYNTAX)?;
        } else if word.eq_ignore_ascii_case(b"match") {
            self.pattern = Pattern::new(words.next().ok_or(error::SYNTAX)?);
        } else {
            return Err(error::SYNTAX);
        }
        Ok(())
    }
}

/// Appends the cursor and the header of an array of `count` elements.
pub(super) fn begin_reply(call: &mut Call, next: Option<Position>, count: usize) {
    call.reply.array(2);
    call.reply.bulk(next.unwrap_or(0).to_string().as_bytes());
    call.reply.array(count);
}

/// Parses a cursor as Redis does, with C's `strtoul`: it may have a sign, but no space before it. An
/// empty one is 0.
///
/// # Errors
/// If it is no number of 64 bits.
pub(super) fn cursor(text: &[u8]) -> Result<Position, ReplyError> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let (is_negative, digits) = match text {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits);
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    let number: u64 = digits
        .and_then(|digits| digits.parse().ok())
        .ok_or(INVALID_CURSOR)?;
    Ok(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}
