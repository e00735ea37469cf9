//! The arguments of LMPOP, ZMPOP and the commands that wait like them: several keys, an end, and a
//! count.

use std::ops::Range;

use super::call::Call;
use super::table::error;
use super::table::error::ReplyError;
use crate::store::sequence::End;

const COUNT_POSITIVE: ReplyError = ReplyError::Fixed("ERR count should be greater than 0");

/// Where to pop how many elements.
pub(super) struct Several {
    /// The indexes of the keys.
    pub(super) keys: Range<usize>,
    /// Where to pop.
    pub(super) end: End,
    /// How many elements to pop at most: at least 1.
    pub(super) count: usize,
}

impl Several {
    /// Parses the arguments from the number of the keys at index `at` on. `end` parses the word
    /// that names an end.
    pub(super) fn parse(
        call: &Call,
        at: usize,
        end: fn(&[u8]) -> Result<End, ReplyError>,
    ) -> Result<Several, ReplyError> {
        let number = call.at_least(at, 1, error::NUMKEYS_NOT_POSITIVE)?;
        let first = at + 1;
        let keys = first..first.saturating_add(number);
        let mut words = call.args.from(keys.end);
        let end = end(words.next().ok_or(error::SYNTAX)?)?;
        let mut several = Several {
            keys,
            end,
            count: 1,
        };
        if let Some(word) = words.next() {
            if !word.eq_ignore_ascii_case(b"count") || words.len() == 0 {
                return Err(error::SYNTAX);
            }
            let at = several.keys.end + 2;
            several.count = call.at_least(at, 1, COUNT_POSITIVE)?;
            if words.len() > 1 {
                return Err(error::SYNTAX);
            }
        }
        Ok(several)
    }
}
