//! LPOS: the positions of an element.

use super::options::{ELEMENT, ROW};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError, error};
use crate::store::keyspace::Keyspace;
use crate::store::types::list::{End, List};

const NO_RANK: ReplyError = ReplyError::Fixed(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
     negative to start from the end of the list",
);
const NEGATIVE_COUNT: ReplyError = ReplyError::Fixed("ERR COUNT can't be negative");
const NEGATIVE_MAXLEN: ReplyError = ReplyError::Fixed("ERR MAXLEN can't be negative");

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "lpos",
    arity: -3,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    since: "6.0.6",
    summary: "Return the index of matching elements on a list",
    complexity: "O(N) where N is the number of elements in the list, for the average case. When \
                 searching for elements near the head or the tail of the list, or when the MAXLEN \
                 option is provided, the command may run in constant time.",
    arguments: &[
        Argument::KEY,
        ELEMENT,
        Argument::new("rank", "integer").after("RANK").optional(),
        Argument::new("num-matches", "integer")
            .after("COUNT")
            .optional(),
        Argument::new("len", "integer").after("MAXLEN").optional(),
    ],
    handler: Handler::Read(lpos),
    ..ROW
}];

/// The options of LPOS.
struct Options {
    /// Whether to search from the right.
    is_backward: bool,
    /// The number of matches to pass over.
    skipped: usize,
    /// How many matches to return: an array, if it is given. 0 stands for all.
    count: Option<usize>,
    /// How many elements to compare. 0 stands for all.
    most: usize,
}

impl Options {
    fn parse(call: &Call) -> Result<Options, ReplyError> {
        let mut options = Options {
            is_backward: false,
            skipped: 0,
            count: None,
            most: 0,
        };
        let mut at = 3;
        while at < call.args.len() {
            let is = |name: &[u8]| call.args.get(at).eq_ignore_ascii_case(name);
            if at + 1 == call.args.len() {
                return Err(error::SYNTAX);
            } else if is(b"rank") {
                let rank = call.negatable(at + 1)?;
                options.is_backward = rank < 0;
                options.skipped = (rank.unsigned_abs() as usize)
                    .checked_sub(1)
                    .ok_or(NO_RANK)?;
            } else if is(b"count") {
                options.count = Some(call.at_least(at + 1, 0, NEGATIVE_COUNT)?);
            } else if is(b"maxlen") {
                options.most = call.at_least(at + 1, 0, NEGATIVE_MAXLEN)?;
            } else {
                return Err(error::SYNTAX);
            }
            at += 2;
        }
        Ok(options)
    }

    /// Returns the positions of the matches of `element` in `list`, in the order of the search.
    fn matches<'a>(
        &self,
        list: &'a List,
        element: &'a [u8],
    ) -> impl Iterator<Item = usize> + use<'a> {
        let all = |count: usize| if count == 0 { usize::MAX } else { count };
        let from = if self.is_backward {
            End::Right
        } else {
            End::Left
        };
        let found = list.positions(element, from, all(self.most));
        let wanted = all(self.count.unwrap_or(1));
        found.skip(self.skipped).take(wanted)
    }
}

fn lpos(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let options = Options::parse(call)?;
    let list = call.lookup::<List>(keyspace, call.args.get(1))?;
    let found: Vec<usize> = match list {
        Some(list) => options.matches(list, call.args.get(2)).collect(),
        None => Vec::new(),
    };
    if options.count.is_some() {
        call.reply.array(found.len());
    } else if found.is_empty() {
        call.reply.null();
    }
    for position in found {
        call.reply.count(position);
    }
    Ok(())
}
