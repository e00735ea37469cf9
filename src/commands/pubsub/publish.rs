//! PUBLISH and SPUBLISH.

use super::{PUBSUB, reply_with_messages};
use crate::client::deliveries::{Delivery, Message};
use crate::client::subscriptions::Kind;
use crate::commands::table::{Argument, Channels, Command, Flag, Handler, Place};
use crate::commands::{Call, ReplyError};

const PUBLISH: Command = Command {
    arity: 3,
    flags: &[Flag::PubSub, Flag::Loading, Flag::Stale, Flag::Fast],
    ..PUBSUB
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "publish",
        channels: Some(Channels::at(Place::one(1), Kind::Channel)),
        summary: "Post a message to a channel",
        complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel \
                     and M is the total number of subscribed patterns (by any client).",
        arguments: &[
            Argument::new("channel", "string"),
            Argument::new("message", "string"),
        ],
        handler: Handler::Plain(publish),
        ..PUBLISH
    },
    Command {
        name: "spublish",
        channels: Some(Channels::at(Place::one(1), Kind::Shard)),
        since: "7.0.0",
        summary: "Post a message to a shard channel",
        complexity: "O(N) where N is the number of clients subscribed to the receiving shard \
                     channel.",
        arguments: &[
            Argument::new("shardchannel", "string"),
            Argument::new("message", "string"),
        ],
        handler: Handler::Plain(spublish),
        ..PUBLISH
    },
];

fn publish(call: &mut Call) -> Result<(), ReplyError> {
    send(call, false);
    Ok(())
}

fn spublish(call: &mut Call) -> Result<(), ReplyError> {
    send(call, true);
    Ok(())
}

/// Delivers the message and replies with the number of its receivers.
fn send(call: &mut Call, is_shard: bool) {
    let subscriptions = &call.state.deliveries.subscriptions;
    let audience = subscriptions.audience(is_shard, call.args.get(1));
    let count = audience.count;
    if count > 0 {
        call.deliveries.push(Delivery::Message(Message {
            channel: call.blob(1),
            payload: call.blob(2),
            audience: Some(audience),
        }));
    }
    // A message to the client itself precedes the reply, as in Redis.
    if call.session.subscribed.is_some() && call.may_wait {
        call.session.client.connection().hold();
        call.state.deliveries.push(call.deliveries);
        reply_with_messages(call);
        if call.session.replies.are_dropped() {
            call.session.is_pushing = true;
            return;
        }
    }
    call.reply.integer(count as i64);
}
