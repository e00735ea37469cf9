//! LCS (<https://redis.io/docs/latest/commands/lcs/>): its options and its reply. How the
//! subsequence is found is told in [`super::common_subsequence`].

use super::common_subsequence;
use super::common_subsequence::Match;
use crate::commands::table::error;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, ReplyError, Rest};
use crate::num::integer;
use crate::resp::args::Args;
use crate::resp::reply::Reply;
use crate::store::blob::Blob;
use crate::store::keyspace::Keyspace;

const NOT_STRINGS: ReplyError =
    ReplyError::Fixed("ERR The specified keys must contain string values");
const LENGTH_AND_INDEXES: ReplyError =
    ReplyError::Fixed("ERR If you want both the length and indexes, please just use IDX.");
const TABLE_TOO_BIG: ReplyError = ReplyError::Fixed(
    "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
);

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "lcs",
    arity: -3,
    flags: &[Flag::Readonly],
    categories: &[Category::String],
    keys: &[Keys::at(Place::range(1, 1, 1), &["RO", "access"])],
    group: "string",
    since: "7.0.0",
    summary: "Find longest common substring",
    complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
    arguments: &[
        Argument::key("key1", 0),
        Argument::key("key2", 0),
        Argument::word("len", "LEN").optional(),
        Argument::word("idx", "IDX").optional(),
        Argument::new("len", "integer")
            .after("MINMATCHLEN")
            .optional(),
        Argument::word("withmatchlen", "WITHMATCHLEN").optional(),
    ],
    handler: Handler::ReadThen(lcs),
    ..Command::ROW
}];

/// Takes the strings, and searches after the lock is released.
fn lcs(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Rest>, ReplyError> {
    let mut string = |index| call.lookup::<Blob>(keyspace, call.args.get(index));
    let (Ok(a), Ok(b)) = (string(1), string(2)) else {
        return Err(NOT_STRINGS);
    };
    let options = Options::parse(call.args)?;
    let (a, b) = (
        a.cloned().unwrap_or_default(),
        b.cloned().unwrap_or_default(),
    );
    if common_subsequence::table_bytes(a.len(), b.len()) > call.session.rules().max_bulk_bytes() {
        return Err(TABLE_TOO_BIG);
    }
    Ok(Some(Box::new(move |reply| {
        options.reply(&a, &b, reply);
        Ok(())
    })))
}

/// The options of LCS.
#[derive(Debug, Default)]
struct Options {
    /// Whether the reply is the length (LEN).
    length: bool,
    /// Whether the reply is the positions of the matches (IDX).
    indexes: bool,
    /// The least length of a match in the reply (MINMATCHLEN).
    min_length: usize,
    /// Whether the reply has the length of each match (WITHMATCHLEN).
    with_lengths: bool,
}

impl Options {
    fn parse(args: Args) -> Result<Options, ReplyError> {
        let mut options = Options::default();
        let mut rest = args.from(3);
        while let Some(option) = rest.next() {
            if option.eq_ignore_ascii_case(b"idx") {
                options.indexes = true;
            } else if option.eq_ignore_ascii_case(b"len") {
                options.length = true;
            } else if option.eq_ignore_ascii_case(b"withmatchlen") {
                options.with_lengths = true;
            } else if option.eq_ignore_ascii_case(b"minmatchlen") {
                let number = integer::parse(rest.next().ok_or(error::SYNTAX)?);
                let number = number.ok_or(error::NOT_AN_INTEGER)?;
                options.min_length = usize::try_from(number).unwrap_or(0);
            } else {
                return Err(error::SYNTAX);
            }
        }
        if options.length && options.indexes {
            return Err(LENGTH_AND_INDEXES);
        }
        Ok(options)
    }

    fn reply(&self, a: &[u8], b: &[u8], reply: &mut Reply) {
        if self.length {
            reply.count(common_subsequence::length(a, b));
        } else if self.indexes {
            let (matches, length) = common_subsequence::matches(a, b, self.min_length);
            self.reply_matches(&matches, length, reply);
        } else {
            reply.bulk(&common_subsequence::subsequence(a, b));
        }
    }

    fn reply_matches(&self, matches: &[Match], length: usize, reply: &mut Reply) {
        reply.map(2);
        reply.bulk(b"matches");
        reply.array(matches.len());
        for found in matches {
            reply.array(if self.with_lengths { 3 } else { 2 });
            for range in [&found.a, &found.b] {
                reply.array(2);
                reply.count(*range.start());
                reply.count(*range.end());
            }
            if self.with_lengths {
                reply.count(found.length());
            }
        }
        reply.bulk(b"len");
        reply.count(length);
    }
}
