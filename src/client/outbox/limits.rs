//! The limits of a client's pending bytes: how they are counted, and what happens past each limit.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Outbox;
use super::backlog::Backlog;

/// Bytes that do not count as pending for the limits: the size of Redis's static reply buffer
/// (`PROTO_REPLY_CHUNK_BYTES`), which it does not count either.
pub(super) const FREE_BYTES: usize = 16 * 1024;

/// Limit of a client that has not authenticated: Redis's, since CVE-2025-21605.
const UNAUTHENTICATED_BYTES: usize = FREE_BYTES + 1024;

/// How often a thread that waits for the budget checks it.
const BUDGET_CHECK: Duration = Duration::from_millis(50);

impl Outbox {
    /// Whether further requests must wait: see [`Outbox::wait_for_budget`].
    pub fn is_over_budget(&self) -> bool {
        self.budget.is_spent_for(self.pending_bytes())
    }

    /// Waits while the replies of all clients exceed the budget, if this client has many of them. For
    /// the client's own thread, before it reads more requests.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn wait_for_budget(&self) -> io::Result<()> {
        while self.is_over_budget() {
            if self.push() {
                self.stream.wait_to_send(false, Some(BUDGET_CHECK))?;
                continue;
            }
            let backlog = self.lock();
            if backlog.is_closed {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            drop(self.changed.wait_timeout(backlog, BUDGET_CHECK));
        }
        Ok(())
    }

    /// Closes the connection of a client that has not authenticated and does not read.
    pub fn limit_unauthenticated(&self) {
        if self.pending_bytes() > UNAUTHENTICATED_BYTES {
            self.cut(&mut self.lock());
        }
    }

    /// Whether the connection was closed because too much was pending.
    pub fn was_over_limit(&self) -> bool {
        self.was_over_limit.load(Ordering::Relaxed)
    }

    pub(super) fn pending_bytes(&self) -> usize {
        self.pending_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn reserve(&self, bytes: usize) {
        self.pending_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.budget.add(bytes);
    }

    pub(super) fn release(&self, bytes: usize) {
        self.pending_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.budget.subtract(bytes);
    }

    /// Closes the connection if `more` bytes would exceed the limit. As in Redis, a reply counts before
    /// any of it is written, so a reply above the limit is never sent.
    pub(super) fn check_limit(&self, backlog: &mut Backlog, more: usize) {
        let counted = (self.pending_bytes() + more).saturating_sub(FREE_BYTES);
        if (counted > 0 || more == 0) && self.is_over(backlog, counted) {
            self.cut(backlog);
        }
    }

    fn is_over(&self, backlog: &mut Backlog, counted: usize) -> bool {
        let is_subscriber = self.is_subscriber.load(Ordering::Relaxed);
        backlog.is_over(self.budget.limit(is_subscriber), counted)
    }

    fn cut(&self, backlog: &mut Backlog) {
        if !backlog.is_closed {
            self.was_over_limit.store(true, Ordering::Relaxed);
            self.close_locked(backlog);
        }
    }
}
