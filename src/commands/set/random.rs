//! SRANDMEMBER and SPOP: random members of a set, each with the same probability.

use super::{ROW, algebra, most_integers, reply_all};
use crate::commands::notify::SPOP;
use crate::commands::sampling;
use crate::commands::sampling::Selection;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError, key, push_blob};
use crate::resp::output::Output;
use crate::store::blob::{Blob, BlobRef};
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::random;
use crate::store::types::Value;
use crate::store::types::set::{Member, Set};

/// SPOP builds a new set of the staying members if it pops more than this number of members for
/// each staying one. Redis decides in the same way. The new set can be an intset although the old one was none.
const POPPED_PER_STAYING: usize = 5;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "spop",
        arity: -2,
        flags: &[Flag::Write, Flag::Fast],
        keys: &[Keys::one(&["RW", "access", "delete"])],
        tips: &["nondeterministic_output"],
        summary: "Remove and return one or multiple random members from a set",
        complexity: "Without the count argument O(1), otherwise O(N) where N is the value of the \
                     passed count.",
        history: &[("3.2.0", "Added the `count` argument.")],
        arguments: &[
            Argument::KEY,
            Argument::new("count", "integer").since("3.2.0").optional(),
        ],
        handler: Handler::Write(spop),
        ..ROW
    },
    Command {
        name: "srandmember",
        arity: -2,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        tips: &["nondeterministic_output"],
        summary: "Get one or multiple random members from a set",
        complexity: "Without the count argument O(1), otherwise O(N) where N is the absolute value \
                     of the passed count.",
        history: &[("2.6.0", "Added the optional `count` argument.")],
        arguments: &[
            Argument::KEY,
            Argument::new("count", "integer").since("2.6.0").optional(),
        ],
        handler: Handler::Read(srandmember),
        ..ROW
    },
];

fn spop(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    match call.args.len() {
        2 => {}
        3 => return spop_several(call, keyspace),
        _ => return Err(error::SYNTAX),
    }
    let key = call.args.get(1);
    let popped = keyspace.edit(key, call.now_ms(), |set: &mut Set| {
        Ok::<_, WrongType>(set.pop())
    })?;
    let Some(member) = popped else {
        call.reply.null();
        return Ok(Effect::Nothing);
    };
    call.notify_edit(keyspace, key, SPOP);
    call.reply_blob(&member);
    let effect = removal(key, &[BlobRef::from(&member)]);
    if member.big().is_some() {
        call.discard_later(member);
    }
    Ok(effect)
}

fn spop_several(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let count = call.at_least(2, 0, error::NOT_POSITIVE)?;
    let key = call.args.get(1);
    let set = keyspace.get_as::<Set>(key, call.now_ms())?;
    let Some(set) = set.filter(|_| count > 0) else {
        call.reply.set(0);
        return Ok(Effect::Nothing);
    };
    if count >= set.len() {
        reply_all(call, set);
        call.notify(key, SPOP);
        return Ok(key::delete(call, keyspace, key));
    }
    call.reply.set(count);
    match count / POPPED_PER_STAYING < set.len() - count {
        true => pop(call, keyspace, count),
        false => pop_most(call, keyspace, count),
    }
}

/// Removes `count` members one by one.
fn pop(call: &mut Call, keyspace: &mut Keyspace, count: usize) -> Result<Effect, ReplyError> {
    let mut popped: Vec<Blob> = Vec::with_capacity(count);
    let key = call.args.get(1);
    keyspace.edit(key, call.now_ms(), |set: &mut Set| {
        popped.extend((0..count).filter_map(|_| set.pop()));
        Ok::<_, WrongType>(Some(()))
    })?;
    call.notify_edit(keyspace, key, SPOP);
    for member in &popped {
        call.reply_blob(member);
    }
    let members: Vec<BlobRef> = popped.iter().map(BlobRef::from).collect();
    let effect = removal(key, &members);
    call.discard_values(popped);
    Ok(effect)
}

/// Removes `count` members, which are nearly all: the others move to a new set.
fn pop_most(call: &mut Call, keyspace: &mut Keyspace, count: usize) -> Result<Effect, ReplyError> {
    let most_integers = most_integers(call);
    let key = call.args.get(1);
    let mut effect = Effect::Nothing;
    let old = keyspace.edit(key, call.now_ms(), |set: &mut Set| {
        let mut selection = Selection::new(set.len(), count);
        let (popped, staying): (Vec<Member>, Vec<Member>) =
            set.iter().partition(|_| selection.next());
        for member in &popped {
            call.reply_blob(member);
        }
        let members: Vec<BlobRef> = popped.iter().map(BlobRef::from).collect();
        effect = removal(key, &members);
        let staying = algebra::collect(staying.into_iter(), most_integers);
        Ok::<_, WrongType>(Some(std::mem::replace(set, staying)))
    })?;
    call.notify_edit(keyspace, key, SPOP);
    if let Some(old) = old {
        call.discard(Value::from(old).into());
    }
    Ok(effect)
}

/// Returns the effect of SPOP: it removes these members.
fn removal(key: &[u8], members: &[BlobRef]) -> Effect {
    let mut command = Output::default();
    command.begin_command(2 + members.len(), &[b"SREM", key]);
    for member in members {
        push_blob(&mut command, *member);
    }
    Effect::Instead(command.into())
}

fn srandmember(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    match call.args.len() {
        2 => {}
        3 => return several(call, keyspace),
        _ => return Err(error::SYNTAX),
    }
    let set = call.lookup::<Set>(keyspace, call.args.get(1))?;
    match set.and_then(Set::random) {
        Some(member) => call.reply_blob(&member),
        None => call.reply.null(),
    }
    Ok(())
}

fn several(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let count = call.negatable(2)?;
    let wanted = count.unsigned_abs() as usize;
    let set = call.lookup::<Set>(keyspace, call.args.get(1))?;
    let members = match set {
        None => Vec::new(),
        Some(set) if count < 0 => repeated(set, wanted)?,
        Some(set) => distinct(set, wanted),
    };
    call.reply.array(members.len());
    for member in &members {
        call.reply_blob(member);
    }
    Ok(())
}

/// Returns `count` different members, or all if there are not more.
fn distinct(set: &Set, count: usize) -> Vec<Member<'_>> {
    match is_walk_short(set, count) {
        true => sampling::select(set.iter().collect(), count),
        false => sampling::different(count, || draw(set), |member| member.as_ptr()),
    }
}

/// Returns `count` random members, which may repeat.
fn repeated(set: &Set, count: usize) -> Result<Vec<Member<'_>>, ReplyError> {
    let bytes = |member: &Member| match BlobRef::from(member) {
        BlobRef::Big(_) => size_of::<Member>(),
        BlobRef::Bytes(bytes) => size_of::<Member>() + bytes.len(),
    };
    if !is_walk_short(set, count) {
        return sampling::repeated(count, || draw(set), bytes);
    }
    let list: Vec<Member> = set.iter().collect();
    sampling::repeated(count, || list[random::below(list.len())], bytes)
}

fn draw(set: &Set) -> Member<'_> {
    set.random().expect("a set with members")
}

/// Whether to draw from a list of all members. Only members of a map lie at a place of their own.
fn is_walk_short(set: &Set, count: usize) -> bool {
    !set.is_map() || sampling::is_walk_short(count, set.len())
}
