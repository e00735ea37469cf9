//! GEOADD.

use super::ROW;
use super::hash::{Cell, SCORE_STEP};
use super::units;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::zset::add;
use crate::commands::zset::add::Options;
use crate::commands::{Call, Effect, ReplyError, error, push_blob};
use crate::num::double;
use crate::resp::output::Output;
use crate::store::blob::BlobRef;
use crate::store::keyspace::Keyspace;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "geoadd",
    arity: -5,
    flags: &[Flag::Write, Flag::Denyoom],
    keys: &[Keys::one(&["RW", "update"])],
    summary: "Add one or more geospatial items in the geospatial index represented using a sorted \
              set",
    complexity: "O(log(N)) for each item added, where N is the number of elements in the sorted \
                 set.",
    history: &[("6.2.0", "Added the `CH`, `NX` and `XX` options.")],
    arguments: &[
        Argument::KEY,
        Argument::one_of(
            "condition",
            &[Argument::word("nx", "NX"), Argument::word("xx", "XX")],
        )
        .since("6.2.0")
        .optional(),
        Argument::word("change", "CH").since("6.2.0").optional(),
        Argument::block(
            "longitude_latitude_member",
            &[
                Argument::new("longitude", "double"),
                Argument::new("latitude", "double"),
                Argument::new("member", "string"),
            ],
        )
        .multiple(),
    ],
    handler: Handler::Write(geoadd),
    ..ROW
}];

/// The arguments of a member: longitude, latitude and name.
const WORDS_PER_MEMBER: usize = 3;

fn geoadd(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let mut options = Options::default();
    let taken = call
        .args
        .from(2)
        .take_while(|word| take(&mut options, word));
    let first = 2 + taken.count();
    let count = call.args.len() - first;
    let excludes_all = options.only_new && options.only_existing;
    if count == 0 || !count.is_multiple_of(WORDS_PER_MEMBER) || excludes_all {
        return Err(error::SYNTAX);
    }
    let members = (first..call.args.len()).step_by(WORDS_PER_MEMBER);
    let pairs = members
        .map(|at| {
            let cell = Cell::of(units::point(call, at)?, SCORE_STEP);
            Ok((call.value(at + 2), cell.first_score()))
        })
        .collect::<Result<Vec<_>, ReplyError>>()?;
    match add::add_all(call, keyspace, &pairs, options)? {
        true => Ok(as_zadd(call, first, &pairs)),
        false => Ok(Effect::Nothing),
    }
}

/// Takes the option `word`. Returns whether it is one.
fn take(options: &mut Options, word: &[u8]) -> bool {
    let names: [&[u8]; 3] = [b"nx", b"xx", b"ch"];
    let is_option = names.iter().any(|name| word.eq_ignore_ascii_case(name));
    is_option && options.take(word)
}

/// Returns the effect: ZADD with the options before argument `first`.
fn as_zadd(call: &Call, first: usize, pairs: &[(BlobRef<'_>, f64)]) -> Effect {
    let mut command = Output::default();
    command.begin_command(first + 2 * pairs.len(), &[b"ZADD"]);
    for option in call.args.from(1).take(first - 1) {
        command.push_bulk(option);
    }
    for (member, score) in pairs {
        command.push_bulk(double::text(*score).as_bytes());
        push_blob(&mut command, *member);
    }
    Effect::Instead(command.into())
}
