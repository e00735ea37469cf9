//! Messages of other clients, and the order between them and the client's own replies.
//!
//! A reply that changes the client's subscriptions must not be overtaken by a message that follows
//! from the change. So the client's own thread holds messages back before the change:
//!
//! ```text
//!   hold              messages are held back from now on
//!   send              sends the replies, then the messages
//!   or make_pending   the replies wait for the log; the last pending reply is followed by the
//!                     messages
//! ```

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Outbox;
use super::backlog::Backlog;
use crate::resp::output::Output;

/// How long messages are held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hold {
    /// They are not.
    #[default]
    Off,
    /// Until the client's own thread sends or queues the replies that it is building.
    UntilSent,
    /// Until no reply waits for the log.
    UntilSettled,
}

/// The messages that are held back. Guarded by the outbox's lock.
#[derive(Debug, Default)]
pub(super) struct Held {
    hold: Hold,
    messages: Output,
}

impl Held {
    /// Drops the messages. Returns the number of bytes dropped.
    pub(super) fn clear(&mut self) -> usize {
        mem::take(&mut self.messages).len()
    }
}

impl Outbox {
    /// Holds messages back. For the client's own thread.
    pub(super) fn hold_messages(&self) {
        self.lock().held.hold = Hold::UntilSent;
        self.is_holding.store(true, Ordering::Relaxed);
    }

    /// Sends messages without waiting for the client, or holds them back.
    pub(super) fn offer_messages(self: &Arc<Self>, mut messages: Output) {
        let mut backlog = self.lock();
        self.check_limit(&mut backlog, messages.len());
        if backlog.is_closed {
            return;
        }
        if backlog.held.hold == Hold::Off {
            return self.offer_locked(&mut backlog, messages);
        }
        self.reserve(messages.len());
        backlog.held.messages.append(&mut messages);
    }

    /// Takes the messages that are held back.
    pub(super) fn take_messages(&self) -> Output {
        let messages = mem::take(&mut self.lock().held.messages);
        self.release(messages.len());
        messages
    }

    /// Whether messages are held back, as the client's own thread sees it.
    pub(super) fn is_holding(&self) -> bool {
        self.is_holding.load(Ordering::Relaxed)
    }

    /// The replies before the messages are sent, or wait for the log. Returns the messages that the
    /// caller must send now.
    pub(super) fn pass_hold(&self, backlog: &mut Backlog) -> Output {
        match self.has_pending() {
            true => {
                backlog.held.hold = Hold::UntilSettled;
                Output::default()
            }
            false => self.end_hold(backlog),
        }
    }

    /// Sends the messages, if they were held back until no reply waits for the log.
    pub(super) fn end_hold_if_settled(self: &Arc<Self>) {
        let mut backlog = self.lock();
        if backlog.held.hold == Hold::UntilSettled && !self.has_pending() {
            let messages = self.end_hold(&mut backlog);
            self.offer_locked(&mut backlog, messages);
        }
    }

    /// Holds messages back no longer. Returns the messages, which the caller must send.
    fn end_hold(&self, backlog: &mut Backlog) -> Output {
        self.is_holding.store(false, Ordering::Relaxed);
        let held = mem::take(&mut backlog.held);
        self.release(held.messages.len());
        held.messages
    }
}
