//! SORT and SORT_RO: the elements of a value in order, and what other keys say about them.
//!
//! Keys are looked up with the lock held. The elements are sorted without it, unless the result is
//! stored or LIMIT leaves few keys to look up.

mod options;
mod order;
mod pattern;
mod result;
mod source;

use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, Rest, error, find_row, key, permission};
use crate::config::EventClass;
use crate::resp::args::Args;
use crate::store::keyspace::Keyspace;
use crate::store::types::Value;
use options::{May, Options};
use result::Columns;
use source::Source;

/// The argument of the last STORE.
const STORE: Place = Place::last_option(
    "STORE",
    2,
    &[("LIMIT", 2), ("BY", 1), ("GET", 1), ("STORE", 1)],
);

const READ_KEYS: [Keys; 2] = [
    Keys::one(&["RO", "access"]),
    Keys::at(Place::UNKNOWN, &["RO", "access"]).note(
        "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive \
         from the content of the key we sort",
    ),
];
const STORE_KEYS: Keys = Keys::at(STORE, &["OW", "update"]).note(
    "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear \
     anywhere in the argument array",
);

const PATTERN: Argument = Argument::new("pattern", "pattern").in_spec(1).optional();
const BY: Argument = PATTERN.after("BY");
const LIMIT: Argument = Argument::block(
    "offset_count",
    &[
        Argument::new("offset", "integer"),
        Argument::new("count", "integer"),
    ],
)
.after("LIMIT")
.optional();
const GET: Argument = PATTERN.after("GET").multiple().multiple_token();
const ORDER: Argument = Argument::one_of(
    "order",
    &[Argument::word("asc", "ASC"), Argument::word("desc", "DESC")],
)
.optional();
const SORTING: Argument = Argument::word("sorting", "ALPHA").optional();

const ROW: Command = Command {
    arity: -2,
    categories: &[
        Category::Set,
        Category::SortedSet,
        Category::List,
        Category::Dangerous,
    ],
    group: "generic",
    complexity: "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and \
                 M the number of returned elements. When the elements are not sorted, complexity \
                 is O(N).",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "sort",
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[READ_KEYS[0], READ_KEYS[1], STORE_KEYS],
        summary: "Sort the elements in a list, set or sorted set",
        arguments: &[
            Argument::KEY,
            BY,
            LIMIT,
            GET,
            ORDER,
            SORTING,
            Argument::key("destination", 2).after("STORE").optional(),
        ],
        handler: Handler::ByOptions(sort),
        ..ROW
    },
    Command {
        name: "sort_ro",
        flags: &[Flag::Readonly],
        keys: &READ_KEYS,
        since: "7.0.0",
        summary: "Sort the elements in a list, set or sorted set. Read-only variant of SORT.",
        arguments: &[Argument::KEY, BY, LIMIT, GET, ORDER, SORTING],
        handler: Handler::ReadThen(|call, keyspace| read(call, keyspace, false)),
        ..ROW
    },
];

/// Chooses the handler of SORT: without STORE it only reads.
fn sort(args: Args) -> Handler {
    let mut destination = STORE.indexes(args).into_iter().flatten();
    match destination.next() {
        Some(_) => Handler::Write(store),
        None => Handler::ReadThen(|call, keyspace| read(call, keyspace, true)),
    }
}

fn read(call: &mut Call, keyspace: &Keyspace, can_store: bool) -> Result<Option<Rest>, ReplyError> {
    let options = options(call, can_store)?;
    let source = source(call, keyspace)?;
    let weights = options.weights(call, keyspace, &source);
    let order = options.order;
    let is_partial = !order.is_sorted || order.range(source.len()).len() < source.len();
    if options.gets_keys() && is_partial {
        let sorted = order.arrange(&source, weights.as_ref())?;
        let elements = || sorted.iter().map(|sorted| sorted.element);
        let columns = Columns::find(call, keyspace, &options.get, elements);
        columns.reply(elements().enumerate(), call.reply);
        drop(sorted);
        return Ok(Some(Box::new(move |_| {
            drop((source, weights));
            Ok(())
        })));
    }
    let columns = Columns::find(call, keyspace, &options.get, || source.iter());
    Ok(Some(Box::new(move |reply| {
        let sorted = order.arrange(&source, weights.as_ref())?;
        let rows = sorted.iter().map(|sorted| (sorted.index, sorted.element));
        columns.reply(rows, reply);
        Ok(())
    })))
}

fn store(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let mut options = options(call, true)?;
    let destination = options.store.ok_or(error::SYNTAX)?;
    let source = source(call, keyspace)?;
    options.adapt(&source);
    let weights = options.weights(call, keyspace, &source);
    let sorted = options.order.arrange(&source, weights.as_ref())?;
    let elements = || sorted.iter().map(|sorted| sorted.element);
    let columns = Columns::find(call, keyspace, &options.get, elements);
    let list = columns.list(elements().enumerate());
    drop(sorted);
    call.discard_later((source, weights, columns));
    call.reply.count(list.len());
    if list.is_empty() {
        return Ok(key::delete(call, keyspace, destination));
    }
    let result = options.uses_keys().then(|| list.clone());
    let old = keyspace.set(destination, Value::from(list).into());
    call.notify_edit(keyspace, destination, (EventClass::List, "sortstore"));
    let effect = match result {
        Some(list) => result::record(destination, &list, old.is_some()),
        None => Effect::AsRequested,
    };
    if let Some(old) = old {
        call.discard(old);
    }
    Ok(effect)
}

/// Parses the options. `can_store` says whether STORE is one.
fn options<'a>(call: &Call<'a>, can_store: bool) -> Result<Options<'a>, ReplyError> {
    let user = call.session.user();
    let may_read_all = || {
        let row = find_row(&call.state.renames, call.args);
        row.is_some_and(|(id, row)| {
            permission::may_read_all_keys(&user.rules(), id, row, call.args)
        })
    };
    let may = May {
        store: can_store,
        read_all_keys: user.has_all_rights() || may_read_all(),
    };
    Options::parse(call.args, may)
}

/// Returns the value at the key of the request, and counts a hit or a miss.
fn source(call: &mut Call, keyspace: &Keyspace) -> Result<Source, ReplyError> {
    let entry = call.lookup_entry(keyspace, call.args.get(1));
    match entry {
        Some(entry) => Source::of(entry.value()).ok_or(error::WRONG_TYPE),
        None => Ok(Source::default()),
    }
}
