//! Commands that combine several sorted sets or sets: they reply with the result, count it or store
//! it.

use super::operands::{Allowed, Operation, Options, values};
use super::{Form, ROW, WITHSCORES, small};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, Rest, key};
use crate::config::EventClass;
use crate::config::Small;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;

/// As in Redis, a result that is not stored is not packed, so that its scores are never rounded
/// from -0 to 0.
const NEVER_PACKED: Small = Small {
    entries: 0,
    value_bytes: 0,
};

const UNION: &str = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, \
                     and M being the number of elements in the resulting sorted set.";
const UNION_STORE: &str = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted \
                           sets, and M being the number of elements in the resulting sorted set.";
const INTERSECTION: &str = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted \
                            set, K being the number of input sorted sets and M being the number of \
                            elements in the resulting sorted set.";
const CARDINALITY: &str = "O(N*K) worst case with N being the smallest input sorted set, K being \
                           the number of input sorted sets.";
const DIFFERENCE: &str = "O(L + (N-K)log(N)) worst case where L is the total number of elements in \
                          all the sets, N is the size of the first set, and K is the size of the \
                          result set.";

const NUMKEYS: Argument = Argument::new("numkeys", "integer");
const KEYS: Argument = Argument::KEY.multiple();
const DESTINATION: Argument = Argument::key("destination", 0);
const SOURCE_KEYS: Argument = Argument::key("key", 1).multiple();
const WEIGHTS: Argument = Argument::new("weight", "integer")
    .after("WEIGHTS")
    .optional()
    .multiple();
const AGGREGATE: Argument = Argument::one_of(
    "aggregate",
    &[
        Argument::word("sum", "SUM"),
        Argument::word("min", "MIN"),
        Argument::word("max", "MAX"),
        Argument::word("count", "COUNT").since("8.8.0"),
    ],
)
.after("AGGREGATE")
.optional();

/// A row that replies with a sorted set.
const READ: Command = Command {
    arity: -3,
    flags: &[Flag::Readonly],
    keys: &[Keys::at(Place::counted(1), &["RO", "access"])],
    since: "6.2.0",
    arguments: &[NUMKEYS, KEYS, WEIGHTS, AGGREGATE, WITHSCORES],
    ..ROW
};

/// A row that stores a sorted set.
const STORE: Command = Command {
    arity: -4,
    flags: &[Flag::Write, Flag::Denyoom],
    keys: &[
        Keys::one(&["OW", "update"]),
        Keys::at(Place::counted(2), &["RO", "access"]),
    ],
    since: "2.0.0",
    arguments: &[DESTINATION, NUMKEYS, SOURCE_KEYS, WEIGHTS, AGGREGATE],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "zdiff",
        summary: "Subtract multiple sorted sets",
        complexity: DIFFERENCE,
        arguments: &[NUMKEYS, KEYS, WITHSCORES],
        handler: Handler::ReadThen(|call, keyspace| read(call, keyspace, Operation::Difference)),
        ..READ
    },
    Command {
        name: "zdiffstore",
        since: "6.2.0",
        summary: "Subtract multiple sorted sets and store the resulting sorted set in a new key",
        complexity: DIFFERENCE,
        arguments: &[DESTINATION, NUMKEYS, SOURCE_KEYS],
        handler: Handler::Write(|call, keyspace| store(call, keyspace, Operation::Difference)),
        ..STORE
    },
    Command {
        name: "zinter",
        summary: "Intersect multiple sorted sets",
        complexity: INTERSECTION,
        handler: Handler::ReadThen(|call, keyspace| read(call, keyspace, Operation::Intersection)),
        ..READ
    },
    Command {
        name: "zintercard",
        since: "7.0.0",
        summary: "Intersect multiple sorted sets and return the cardinality of the result",
        complexity: CARDINALITY,
        arguments: &[
            NUMKEYS,
            KEYS,
            Argument::new("limit", "integer").after("LIMIT").optional(),
        ],
        handler: Handler::ReadThen(zintercard),
        ..READ
    },
    Command {
        name: "zinterstore",
        summary: "Intersect multiple sorted sets and store the resulting sorted set in a new key",
        complexity: INTERSECTION,
        handler: Handler::Write(|call, keyspace| store(call, keyspace, Operation::Intersection)),
        ..STORE
    },
    Command {
        name: "zunion",
        summary: "Add multiple sorted sets",
        complexity: UNION,
        handler: Handler::ReadThen(|call, keyspace| read(call, keyspace, Operation::Union)),
        ..READ
    },
    Command {
        name: "zunionstore",
        summary: "Add multiple sorted sets and store the resulting sorted set in a new key",
        complexity: UNION_STORE,
        handler: Handler::Write(|call, keyspace| store(call, keyspace, Operation::Union)),
        ..STORE
    },
];

fn read(
    call: &mut Call,
    keyspace: &Keyspace,
    operation: Operation,
) -> Result<Option<Rest>, ReplyError> {
    let (keys, values) = values(call, keyspace, 1, operation.name())?;
    let options = Options::parse(call.args, keys, operation.options(true))?;
    let values = owned(values);
    let form = Form::of(call.reply, options.with_scores);
    Ok(Some(Box::new(move |reply| {
        let result = operation.run(values.iter().map(Option::as_ref), &options, NEVER_PACKED)?;
        form.push_all(reply, result.len(), result.iter());
        Ok(())
    })))
}

fn store(
    call: &mut Call,
    keyspace: &mut Keyspace,
    operation: Operation,
) -> Result<Effect, ReplyError> {
    let (keys, values) = values(call, keyspace, 2, &format!("{}store", operation.name()))?;
    let options = Options::parse(call.args, keys, operation.options(false))?;
    let result = operation.run(values.into_iter(), &options, small(call))?;
    call.reply.count(result.len());
    let event = match operation {
        Operation::Difference => "zdiffstore",
        Operation::Intersection => "zinterstore",
        Operation::Union => "zunionstore",
    };
    let key = (call.args.get(1), (EventClass::Zset, event));
    Ok(key::store(call, keyspace, key, result))
}

fn zintercard(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Rest>, ReplyError> {
    let (keys, values) = values(call, keyspace, 1, "zintercard")?;
    let options = Options::parse(call.args, keys, Allowed::LIMIT)?;
    let values = owned(values);
    Ok(Some(Box::new(move |reply| {
        let sources = options.sources(values.iter().map(Option::as_ref))?;
        reply.count(sources.intersection().take(options.limit).count());
        Ok(())
    })))
}

/// Clones values, so that they can be read without the lock.
fn owned(values: Vec<Option<&Value>>) -> Vec<Option<Value>> {
    values.into_iter().map(|value| value.cloned()).collect()
}
