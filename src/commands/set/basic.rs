//! Commands on the members of a set.

use crate::commands::table::{Argument, Category, Command, Flag, Handler, Keys};
use crate::commands::{Call, Effect, ReplyError};
use crate::store::blob::BlobRef;
use crate::store::keyspace::{Keyspace, WrongType};
use crate::store::types::set::Set;

const ROW: Command = Command {
    categories: &[Category::Set],
    group: "set",
    since: "1.0.0",
    ..Command::ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "sadd",
        arity: -3,
        flags: &[Flag::Write, Flag::Denyoom, Flag::Fast],
        keys: &[Keys::one(&["RW", "insert"])],
        summary: "Add one or more members to a set",
        complexity: "O(1) for each element added, so O(N) to add N elements when the command is \
                     called with multiple arguments.",
        history: &[("2.4.0", "Accepts multiple `member` arguments.")],
        arguments: &[Argument::KEY, Argument::new("member", "string").multiple()],
        handler: Handler::Write(sadd),
        ..ROW
    },
    Command {
        name: "scard",
        arity: 2,
        flags: &[Flag::Readonly, Flag::Fast],
        keys: &[Keys::one(&["RO"])],
        summary: "Get the number of members in a set",
        arguments: &[Argument::KEY],
        handler: Handler::Read(scard),
        ..ROW
    },
];

fn sadd(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let added = keyspace.edit_or_new(call.args.get(1), call.now_ms(), |set: &mut Set| {
        let members = call.args.from(2);
        let added = members
            .filter(|member| set.insert(BlobRef::from(*member)))
            .count();
        Ok::<_, WrongType>((added > 0).then_some(added))
    })?;
    call.reply.count(added.unwrap_or_default());
    Ok(Effect::if_changed(added.is_some()))
}

fn scard(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let set = call.counted(keyspace.get_as::<Set>(call.args.get(1), call.now_ms()))?;
    call.reply.count(set.map_or(0, Set::len));
    Ok(())
}
