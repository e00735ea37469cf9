//! Which records are committed, and the replies that wait for them.
//!
//! A record is committed when it is as durable as `appendfsync` asks: it is in the file, and
//! under `always` on the disk. A reply to a write waits here until the write's record is committed.
//!
//! ```text
//!   a client's thread:  append a record, get a ticket, queue the reply with the ticket,
//!                       then poll for the next request; at each poll send a few replies that
//!                       are due; the last thread that stops polling sends all
//!   the log's thread:   write, sync, publish the number of the last committed record;
//!                       send all replies that are due if no thread polls
//! ```
//!
//! So no reply is forgotten. If the log's thread finds that a thread polls, that thread looks again
//! when it stops, and sees the published number.
//!
//! There is one queue, and one thread sends at a time: the replies of one client keep their order.
//! A thread that polls must not block, or the replies would wait with it.
//!
//! A thread that polls sends a few replies at each poll, because no thread has to be woken for that.
//! If it sent all, first the clients would idle, and then the server until the replies are read.
//! SETs a second in thousands, by the thread that sends:
//!
//! | clients and size of the value | the log's | the client's own | pollers, all | pollers, four |
//! |---|---:|---:|---:|---:|
//! | 50, 16 bytes | 110 to 180 | 176 | 156 | 180 |
//! | 500, 16 bytes | | 124 | 125 | 136 |
//! | 50, 16 KB | | 44 | 47 | 52 |
//!
//! Measured by `redis-benchmark -t set -c 50 -d 16 -r 100000 -n 200000` (`-c 500`;
//! `-c 50 -d 16384 -r 1000 -n 40000`), medians of 5, on a machine that is twice as fast as the
//! guide's.
//!
//! `room.rs` bounds the bytes of the records that are not yet written.

mod room;

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::status::Status;
pub(super) use room::Backpressure;
pub use room::Room;

/// Replies that a thread sends at each poll.
const SENT_PER_POLL: usize = 4;

/// The number of a record. All records up to it are committed at the same time or earlier.
#[derive(Clone, Copy, Debug)]
pub struct Ticket(u64);

/// Counts records, and holds replies until their records are committed. Shared by clients' threads
/// and the log's.
#[derive(Debug)]
pub struct Commit {
    pub(super) backpressure: Backpressure,
    /// Records that entered the channel. Counted with the store's lock held, so in order.
    appended: AtomicU64,
    /// All records up to this number are committed.
    committed: AtomicU64,
    pending: Mutex<Pending>,
    /// Held by the thread that sends replies.
    sending: Mutex<()>,
    /// The number of threads that poll and send. Each sends all due replies before it stops.
    pollers: AtomicUsize,
}

/// The queue of replies.
#[derive(Debug, Default)]
struct Pending {
    queue: VecDeque<Reply>,
    /// The log's thread has ended: no further record will be committed.
    is_closed: bool,
}

/// A reply that waits for the record of this number.
struct Reply {
    number: u64,
    send: Box<dyn FnOnce() + Send>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.number)
    }
}

// Of `committed` and `pollers` each thread writes one and then reads the other, so they need one
// order for all threads: `SeqCst`.
impl Commit {
    pub(super) fn new(status: Arc<Status>) -> Commit {
        Commit {
            backpressure: Backpressure::new(status),
            appended: AtomicU64::new(0),
            committed: AtomicU64::new(0),
            pending: Mutex::default(),
            sending: Mutex::default(),
            pollers: AtomicUsize::new(0),
        }
    }

    /// Counts a record that enters the channel. Call it with the store's lock held.
    pub(super) fn append(&self, bytes: usize) -> Ticket {
        self.backpressure.enter(bytes);
        Ticket(self.appended.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Returns the number of records that are not committed yet.
    pub fn queued_records(&self) -> u64 {
        // In this order none is counted as committed before it is counted as appended.
        let committed = self.committed.load(Ordering::SeqCst);
        let appended = self.appended.load(Ordering::Relaxed);
        appended.saturating_sub(committed)
    }

    /// Whether this record and all before it are committed.
    pub fn is_committed(&self, ticket: Ticket) -> bool {
        self.is_reached(ticket.0)
    }

    fn is_reached(&self, number: u64) -> bool {
        self.committed.load(Ordering::SeqCst) >= number
    }

    /// Calls `send` when the record is committed and all replies queued earlier are sent. Without a
    /// ticket it waits for those replies only. `send` runs on any thread and must not wait. If the
    /// disk has been failing for too long, or the server stops, it is unknown whether the record
    /// will be committed. Then `send` is dropped uncalled.
    pub fn queue(&self, ticket: Option<Ticket>, send: impl FnOnce() + Send + 'static) {
        let reply = Reply {
            number: ticket.map_or(0, |ticket| ticket.0),
            send: Box::new(send),
        };
        let mut pending = lock(&self.pending);
        if pending.is_closed {
            // Dropped without the lock.
            return drop(pending);
        }
        pending.queue.push_back(reply);
        drop(pending);
        self.send_unless_polled();
    }

    /// Publishes that all records up to `number` are committed.
    pub(super) fn advance(&self, number: u64) {
        self.committed.store(number, Ordering::SeqCst);
        self.send_unless_polled();
    }

    /// Returns a guard to hold while a thread polls: it sends replies meanwhile.
    pub fn poll_guard(&self) -> PollGuard<'_> {
        self.pollers.fetch_add(1, Ordering::SeqCst);
        PollGuard { commit: self }
    }

    /// Drops all replies, so that their clients are disconnected.
    pub(super) fn drop_replies(&self) {
        let queue = mem::take(&mut lock(&self.pending).queue);
        // Without the lock.
        drop(queue);
    }

    /// Sends all due replies, and drops all others, present and future.
    pub(super) fn close(&self) {
        self.send_due();
        lock(&self.pending).is_closed = true;
        self.drop_replies();
    }

    /// Sends all replies that are due, unless a thread polls: that one will send them.
    fn send_unless_polled(&self) {
        if self.pollers.load(Ordering::SeqCst) == 0 {
            self.send_due();
        }
    }

    fn send_due(&self) {
        let is_due = |pending: MutexGuard<Pending>| {
            let front = pending.queue.front();
            front.is_some_and(|reply| self.is_reached(reply.number))
        };
        if is_due(lock(&self.pending)) {
            let _sending = lock(&self.sending);
            self.send(usize::MAX);
        }
    }

    /// Sends at most `most` replies. The caller holds `sending`.
    fn send(&self, most: usize) {
        let due = std::iter::from_fn(|| {
            // Not locked while a reply is sent.
            let mut pending = lock(&self.pending);
            let is_due = self.is_reached(pending.queue.front()?.number);
            is_due.then(|| pending.queue.pop_front()).flatten()
        });
        for reply in due.take(most) {
            (reply.send)();
        }
    }
}

/// Held while a thread polls. The thread must not block meanwhile. When the last guard is dropped,
/// all replies that are due are sent.
#[derive(Debug)]
pub struct PollGuard<'a> {
    commit: &'a Commit,
}

impl PollGuard<'_> {
    /// Sends a few replies that are due, unless another thread is sending.
    pub fn send_some(&self) {
        let _sending = match self.commit.sending.try_lock() {
            Ok(sending) => sending,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.commit.send(SENT_PER_POLL);
    }
}

impl Drop for PollGuard<'_> {
    fn drop(&mut self) {
        if self.commit.pollers.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.commit.send_due();
        }
    }
}

/// A panic with one of these locked was in a reply, which had been taken out of the queue: the
/// other replies are as they were.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;
    use std::thread::{self, ScopedJoinHandle};
    use std::time::Duration;

    #[test]
    fn every_reply_is_sent_when_it_is_due_and_in_its_clients_order() {
        const CLIENTS: u64 = 6;
        const ROUNDS: u64 = 3_000;
        let (commit, done) = (Commit::new(Arc::default()), AtomicBool::new(false));
        let client = || {
            let (sender, receiver) = mpsc::channel();
            for round in 0..ROUNDS {
                // Some rounds poll, some do not.
                let guard = (round % 4 > 0).then(|| commit.poll_guard());
                for part in 0..2 {
                    let (ticket, sender) = (commit.append(0), sender.clone());
                    let send = move || sender.send((round, part, ticket)).unwrap();
                    commit.queue(Some(ticket), send);
                }
                if round % 4 > 1 {
                    guard.as_ref().inspect(|guard| guard.send_some());
                }
                drop(guard);
                for part in 0..2 {
                    // No other thread may come by and send a reply that was forgotten.
                    let sent = receiver.recv_timeout(Duration::from_secs(20));
                    let (of_round, of_part, ticket) = sent.expect("a reply");
                    assert_eq!((of_round, of_part), (round, part));
                    assert!(commit.is_committed(ticket));
                }
            }
        };
        thread::scope(|scope| {
            let log = scope.spawn(|| {
                let mut committed = 0;
                while !done.load(Ordering::SeqCst) {
                    let number = commit.appended.load(Ordering::SeqCst);
                    if number > committed {
                        committed = number;
                        commit.advance(number);
                    }
                    thread::yield_now();
                }
            });
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            let results: Vec<_> = clients.into_iter().map(ScopedJoinHandle::join).collect();
            done.store(true, Ordering::SeqCst);
            log.join().unwrap();
            assert!(results.iter().all(Result::is_ok));
        });
        assert!(lock(&commit.pending).queue.is_empty());
    }

    #[test]
    fn a_reply_that_panics_keeps_no_thread_from_sending_the_next_one() {
        let commit = Commit::new(Arc::default());
        let (sender, receiver) = mpsc::channel();
        let guard = commit.poll_guard();
        commit.queue(None, || panic!("on purpose"));
        commit.queue(None, move || sender.send(()).unwrap());
        let sent = panic::catch_unwind(AssertUnwindSafe(|| guard.send_some()));
        assert!(sent.is_err());
        guard.send_some();
        assert_eq!(receiver.try_recv(), Ok(()));
    }

    #[test]
    fn a_reply_that_comes_after_the_logs_end_is_dropped() {
        let commit = Commit::new(Arc::default());
        let (sender, receiver) = mpsc::channel::<()>();
        let (late, ticket) = (sender.clone(), commit.append(0));
        commit.queue(Some(ticket), move || sender.send(()).unwrap());
        commit.close();
        commit.queue(None, move || late.send(()).unwrap());
        assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
