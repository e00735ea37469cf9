//! The replies of COMMAND INFO and COMMAND DOCS: a row of the table in Redis's form.

use crate::commands::table::{Argument, Begin, Command, Extent, Keys, Place};
use crate::resp::reply::Reply;

/// Appends one entry of COMMAND INFO.
pub(super) fn describe(reply: &mut Reply, command: &Command) {
    reply.array(10);
    reply.bulk(command.name.as_bytes());
    reply.integer(i64::from(command.arity));
    let flags = command.flags.iter().map(|flag| flag.name());
    let movable = command.has_movable_keys().then_some("movablekeys");
    describe_flags(reply, &flags.chain(movable).collect::<Vec<_>>());
    for position in legacy_range(command) {
        reply.integer(position);
    }
    describe_flags(reply, &command.category_names());
    reply.set(command.tips.len());
    for tip in command.tips {
        reply.bulk(tip.as_bytes());
    }
    reply.set(command.key_specs().count());
    for keys in command.key_specs() {
        describe_keys(reply, &keys);
    }
    // Redis sends a set only if there are none.
    match command.subcommands.len() {
        0 => reply.set(0),
        count => reply.array(count),
    }
    for subcommand in command.subcommands {
        describe(reply, subcommand);
    }
}

/// Returns the first key, the last one and the distance between two, of all specifications
/// together: the form of Redis before 7.0.
fn legacy_range(command: &Command) -> [i64; 3] {
    let ranges = || command.key_specs().filter_map(|keys| keys.legacy_range());
    let first = ranges().map(|(first, ..)| first).min();
    // As an unsigned number, -1 is behind all others.
    let last = ranges().map(|(_, last, _)| last as u64).max();
    let step = ranges().map(|(.., step)| step).min();
    [first, last.map(|last| last as i64), step].map(Option::unwrap_or_default)
}

/// Appends a set of flags.
pub(super) fn describe_flags(reply: &mut Reply, flags: &[&str]) {
    reply.set(flags.len());
    for flag in flags {
        reply.simple(flag);
    }
}

/// Appends a key specification.
fn describe_keys(reply: &mut Reply, keys: &Keys) {
    reply.map(3 + usize::from(keys.note.is_some()));
    if let Some(note) = keys.note {
        text_pair(reply, "notes", note);
    }
    reply.bulk(b"flags");
    let varies = keys.flags_of.is_some().then_some("variable_flags");
    let flags = keys.flags.iter().copied().chain(varies);
    describe_flags(reply, &flags.collect::<Vec<_>>());
    describe_begin(reply, keys.place.begin);
    describe_extent(reply, keys.place);
}

fn describe_begin(reply: &mut Reply, begin: Begin) {
    reply.bulk(b"begin_search");
    match begin {
        Begin::Index(index) => {
            begin_step(reply, "index", 1);
            number_pair(reply, "index", index as i64);
        }
        Begin::Keyword { word, from, .. }
        | Begin::LastOption {
            word,
            from,
            is_keyword: true,
            ..
        } => {
            begin_step(reply, "keyword", 2);
            text_pair(reply, "keyword", word);
            number_pair(reply, "startfrom", from as i64);
        }
        Begin::Unknown | Begin::LastOption { .. } => begin_step(reply, "unknown", 0),
    }
}

fn describe_extent(reply: &mut Reply, place: Place) {
    reply.bulk(b"find_keys");
    match (place.begin, place.extent) {
        (
            Begin::Unknown
            | Begin::LastOption {
                is_keyword: false, ..
            },
            _,
        ) => begin_step(reply, "unknown", 0),
        (_, Extent::Range { last, step, limit }) => {
            begin_step(reply, "range", 3);
            number_pair(reply, "lastkey", last);
            number_pair(reply, "keystep", step as i64);
            number_pair(reply, "limit", limit as i64);
        }
        (_, Extent::Number { at, first, step }) => {
            begin_step(reply, "keynum", 3);
            number_pair(reply, "keynumidx", at as i64);
            number_pair(reply, "firstkey", first as i64);
            number_pair(reply, "keystep", step as i64);
        }
    }
}

/// Begins one of the two steps of a key specification, which has `count` numbers or words.
fn begin_step(reply: &mut Reply, kind: &str, count: usize) {
    reply.map(2);
    text_pair(reply, "type", kind);
    reply.bulk(b"spec");
    reply.map(count);
}

/// Appends one entry of COMMAND DOCS, its name included.
pub(super) fn document(reply: &mut Reply, command: &Command) {
    reply.bulk(command.name.as_bytes());
    let has = |there: bool| usize::from(there);
    reply.map(
        3 + has(!command.complexity.is_empty())
            + has(!command.history.is_empty())
            + has(command.doc_flag.is_some())
            + 2 * has(command.deprecated.is_some())
            + has(!command.arguments.is_empty())
            + has(!command.subcommands.is_empty()),
    );
    text_pair(reply, "summary", command.summary);
    text_pair(reply, "since", command.since);
    text_pair(reply, "group", command.group);
    if !command.complexity.is_empty() {
        text_pair(reply, "complexity", command.complexity);
    }
    document_changes(reply, command);
    if !command.arguments.is_empty() {
        reply.bulk(b"arguments");
        document_arguments(reply, command.arguments);
    }
    if !command.subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(command.subcommands.len());
        for subcommand in command.subcommands {
            document(reply, subcommand);
        }
    }
}

/// Appends how the command has changed with the versions of Redis.
fn document_changes(reply: &mut Reply, command: &Command) {
    if let Some(flag) = command.doc_flag {
        reply.bulk(b"doc_flags");
        describe_flags(reply, &[flag]);
    }
    if let Some((version, replacement)) = command.deprecated {
        text_pair(reply, "deprecated_since", version);
        text_pair(reply, "replaced_by", replacement);
    }
    if !command.history.is_empty() {
        reply.bulk(b"history");
        reply.set(command.history.len());
        for (version, change) in command.history {
            reply.array(2);
            reply.bulk(version.as_bytes());
            reply.bulk(change.as_bytes());
        }
    }
}

fn document_arguments(reply: &mut Reply, arguments: &[Argument]) {
    reply.array(arguments.len());
    for argument in arguments {
        document_argument(reply, argument);
    }
}

/// Appends one argument. Recursive, but only as deep as the table: its rows have three levels at
/// most.
fn document_argument(reply: &mut Reply, argument: &Argument) {
    let has_spec = argument.key_spec.is_some();
    let flags = [
        ("optional", argument.is_optional),
        ("multiple", argument.is_multiple),
        ("multiple_token", argument.repeats_token),
    ];
    let flags = flags.iter().filter(|flag| flag.1).map(|flag| flag.0);
    let flags: Vec<&str> = flags.collect();
    let optional = [
        has_spec,
        argument.token.is_some(),
        argument.since.is_some(),
        argument.deprecated_since.is_some(),
        !flags.is_empty(),
        !argument.arguments.is_empty(),
    ];
    reply.map(2 + optional.iter().filter(|is_there| **is_there).count());
    text_pair(reply, "name", argument.name);
    text_pair(reply, "type", argument.kind);
    if let Some(index) = argument.key_spec {
        number_pair(reply, "key_spec_index", index);
    }
    if let Some(token) = argument.token {
        text_pair(reply, "token", token);
    }
    if let Some(version) = argument.since {
        text_pair(reply, "since", version);
    }
    if let Some(version) = argument.deprecated_since {
        text_pair(reply, "deprecated_since", version);
    }
    if !flags.is_empty() {
        reply.bulk(b"flags");
        describe_flags(reply, &flags);
    }
    if !argument.arguments.is_empty() {
        reply.bulk(b"arguments");
        document_arguments(reply, argument.arguments);
    }
}

fn text_pair(reply: &mut Reply, name: &str, value: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

fn number_pair(reply: &mut Reply, name: &str, value: i64) {
    reply.bulk(name.as_bytes());
    reply.integer(value);
}
