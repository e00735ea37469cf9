//! A reply that waits until its record is committed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Outbox;
use crate::resp::output::Output;

/// A reply that is to be sent later, by any thread. If it is dropped unsent, the connection is closed:
/// the client could not tell the later replies apart.
#[derive(Debug)]
pub struct PendingReply {
    outbox: Arc<Outbox>,
    output: Option<Output>,
}

impl PendingReply {
    /// The caller has counted it in `outbox`.
    pub(super) fn new(outbox: Arc<Outbox>, output: Output) -> PendingReply {
        PendingReply {
            outbox,
            output: Some(output),
        }
    }

    /// Sends the reply. Never waits for the client.
    pub fn deliver(mut self) {
        if let Some(output) = self.output.take() {
            self.outbox.release(output.len());
            self.outbox.offer(output);
        }
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        if let Some(output) = self.output.take() {
            self.outbox.release(output.len());
            self.outbox.close_now();
        }
        // From now on the client's own thread may write directly again.
        let before = self.outbox.awaiting_log.fetch_sub(1, Ordering::SeqCst);
        if before == 1
            && let Some(waits) = self.outbox.owner.get()
        {
            waits.end_log();
        }
        if before == 1 && self.outbox.is_settling.load(Ordering::SeqCst) {
            let _is_waiting = self.outbox.lock();
            self.outbox.changed.notify_all();
        }
        if before == 1 && self.outbox.is_holding() {
            self.outbox.end_hold_if_settled();
        }
    }
}
