//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites.
//!
//! No message may overtake the confirmation of its subscription, and none may follow that of the
//! end. So a subscription begins while the client's messages are held back (`outbox/messages.rs`),
//! and when one ends, all messages before the end are put in front of the confirmation.

use std::sync::Arc;

use super::{PUBSUB, reply_with_messages, settle};
use crate::client::subscriptions::{Kind, Subscribed};
use crate::commands::table::{Argument, Channels, Command, Flag, Handler, Place};
use crate::commands::{Call, ReplyError};
use crate::resp::reply::Reply;

/// All arguments are names of channels, or patterns.
const fn all(kind: Kind) -> Channels {
    Channels::at(Place::from(1, 1), kind)
}

const SUBSCRIBE: Command = Command {
    arity: -2,
    flags: &[Flag::PubSub, Flag::Noscript, Flag::Loading, Flag::Stale],
    ..PUBSUB
};

const UNSUBSCRIBE: Command = Command {
    arity: -1,
    ..SUBSCRIBE
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "psubscribe",
        channels: Some(all(Kind::Pattern)),
        summary: "Listen for messages published to channels matching the given patterns",
        complexity: "O(N) where N is the number of patterns the client is already subscribed to.",
        arguments: &[Argument::block("pattern", &[Argument::new("pattern", "pattern")]).multiple()],
        handler: Handler::Plain(|call| subscribe(call, Kind::Pattern, "psubscribe")),
        ..SUBSCRIBE
    },
    Command {
        name: "punsubscribe",
        channels: Some(all(Kind::Pattern).left()),
        summary: "Stop listening for messages posted to channels matching the given patterns",
        complexity: "O(N+M) where N is the number of patterns the client is already subscribed \
                     and M is the number of total patterns subscribed in the system (by any client).",
        arguments: &[Argument::new("pattern", "pattern").optional().multiple()],
        handler: Handler::Plain(|call| unsubscribe(call, Kind::Pattern, "punsubscribe")),
        ..UNSUBSCRIBE
    },
    Command {
        name: "ssubscribe",
        channels: Some(all(Kind::Shard)),
        since: "7.0.0",
        summary: "Listen for messages published to the given shard channels",
        complexity: "O(N) where N is the number of shard channels to subscribe to.",
        arguments: &[Argument::new("shardchannel", "string").multiple()],
        handler: Handler::Plain(|call| subscribe(call, Kind::Shard, "ssubscribe")),
        ..SUBSCRIBE
    },
    Command {
        name: "subscribe",
        channels: Some(all(Kind::Channel)),
        summary: "Listen for messages published to the given channels",
        complexity: "O(N) where N is the number of channels to subscribe to.",
        arguments: &[Argument::new("channel", "string").multiple()],
        handler: Handler::Plain(|call| subscribe(call, Kind::Channel, "subscribe")),
        ..SUBSCRIBE
    },
    Command {
        name: "sunsubscribe",
        channels: Some(all(Kind::Shard).left()),
        since: "7.0.0",
        summary: "Stop listening for messages posted to the given shard channels",
        complexity: "O(N) where N is the number of clients already subscribed to a shard channel.",
        arguments: &[Argument::new("shardchannel", "string")
            .optional()
            .multiple()],
        handler: Handler::Plain(|call| unsubscribe(call, Kind::Shard, "sunsubscribe")),
        ..UNSUBSCRIBE
    },
    Command {
        name: "unsubscribe",
        channels: Some(all(Kind::Channel).left()),
        summary: "Stop listening for messages posted to the given channels",
        complexity: "O(N) where N is the number of clients already subscribed to a channel.",
        arguments: &[Argument::new("channel", "string").optional().multiple()],
        handler: Handler::Plain(|call| unsubscribe(call, Kind::Channel, "unsubscribe")),
        ..UNSUBSCRIBE
    },
];

fn subscribe(call: &mut Call, kind: Kind, word: &str) -> Result<(), ReplyError> {
    call.session.client.connection().hold();
    // Earlier messages are not for this client.
    settle(call);
    let mut subscribed = take(call);
    for name in call.args.from(1) {
        subscribed.add(kind, name);
        let count = subscribed.reported_count(kind);
        confirm(call.reply, word, Some(name), count);
    }
    call.session.subscribed = Some(subscribed);
    Ok(())
}

fn unsubscribe(call: &mut Call, kind: Kind, word: &str) -> Result<(), ReplyError> {
    call.session.client.connection().hold();
    // Earlier messages are still for this client.
    settle(call);
    let mut subscribed = take(call);
    let names: Vec<Arc<[u8]>> = match call.args.len() {
        1 => subscribed.names(kind),
        _ => call.args.from(1).map(Arc::from).collect(),
    };
    let mut confirmations = Reply::default();
    confirmations.set_protocol(call.reply.protocol());
    if names.is_empty() {
        let count = subscribed.reported_count(kind);
        confirm(&mut confirmations, word, None, count);
    }
    for name in &names {
        subscribed.remove(kind, name);
        let count = subscribed.reported_count(kind);
        confirm(&mut confirmations, word, Some(name), count);
    }
    reply_with_messages(call);
    call.reply.output().append(confirmations.output());
    call.session.subscribed = Some(subscribed).filter(|it| !it.is_empty());
    Ok(())
}

/// Takes the client's subscriptions out of the session, to change them. If there are none, the set
/// is empty.
fn take(call: &mut Call) -> Subscribed {
    call.session.is_pushing = true;
    let registry = &call.state.deliveries.subscriptions;
    let client = &call.session.client;
    let new = || Subscribed::new(registry, client);
    call.session.subscribed.take().unwrap_or_else(new)
}

/// Appends the confirmation that the client has subscribed to `name`, or has ended that. Without a
/// subscription there is no name.
fn confirm(reply: &mut Reply, word: &str, name: Option<&[u8]>, count: usize) {
    reply.message(3);
    reply.bulk(word.as_bytes());
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.integer(count as i64);
}
