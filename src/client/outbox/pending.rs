//! A reply that waits for its record.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Outbox;
use crate::resp::output::Output;

/// A reply that another thread has yet to send. Without it no later one makes sense to the
/// client: if it is dropped, the connection is closed.
#[derive(Debug)]
pub struct PendingReply {
    outbox: Arc<Outbox>,
    output: Option<Output>,
}

impl PendingReply {
    /// Its outbox has counted it.
    pub(super) fn new(outbox: Arc<Outbox>, output: Output) -> PendingReply {
        PendingReply {
            outbox,
            output: Some(output),
        }
    }

    /// Sends it. Never waits for the client.
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
        // Only now may the client's own thread write directly again.
        let before = self.outbox.awaiting_log.fetch_sub(1, Ordering::SeqCst);
        if before == 1 && self.outbox.is_settling.load(Ordering::SeqCst) {
            let _is_waiting = self.outbox.lock();
            self.outbox.changed.notify_all();
        }
    }
}
