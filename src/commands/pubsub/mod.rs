//! Publish and subscribe. The registry of subscriptions and the way of a message to its receivers
//! are in `client/`.

mod introspect;
mod publish;
mod subscribe;

use super::Call;
use super::table::{Command, Flag};

const PUBSUB: Command = Command {
    flags: &[Flag::PubSub, Flag::Loading, Flag::Stale],
    group: "pubsub",
    since: "2.0.0",
    ..Command::ROW
};

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] =
    &[introspect::COMMANDS, publish::COMMANDS, subscribe::COMMANDS];

/// Ends all subscriptions of the client.
pub(super) fn unsubscribe_all(call: &mut Call) {
    if let Some(subscribed) = call.session.subscribed.take() {
        call.session.client.connection().hold();
        drop(subscribed);
        reply_with_messages(call);
    }
}

/// Appends the messages that were held back for the client, so that its next reply follows them.
pub(super) fn reply_with_messages(call: &mut Call) {
    settle(call);
    let mut messages = call.session.client.connection().take_held();
    call.reply.output().append(&mut messages);
}

/// Has all earlier messages sent or held back. A transaction holds the store's lock, and does not
/// wait for other threads.
fn settle(call: &Call) {
    if call.may_wait {
        call.state.deliveries.settle();
    }
}
