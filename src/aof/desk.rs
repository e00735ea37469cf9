//! Where answers wait for their records, until clients' threads that poll send them.
//!
//! ```text
//!   a client's thread:  leave an answer, then poll for the next request; with each poll
//!                       send a few answers that are due; the last that polls sends all
//!   the log's thread:   publish which records are kept; send all that is due if none polls
//! ```
//!
//! So none is forgotten: either the log's thread finds no thread polling, or the last that polls
//! sees which records are kept. (If the disk fails for too long, the log's thread drops all
//! answers.) A thread that polls must not block, or the answers would wait with it. One thread
//! sends at a time, so that the answers of one client keep their order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::gate::Gate;
use super::{Answer, Ticket};

/// How many answers are given with a look. If it were all, the other side of so many
/// conversations would have nothing to do until they are given, and this one while they are
/// read: of SETs of 50 clients, of 500, and of 16 KB, 156,000, 125,000 and 47,000 a second
/// instead of 180,000, 136,000 and 52,000 (see `connection.rs`).
const GIVEN_WITH_A_LOOK: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Up to this record all are as safe as the policy wants them before they are answered.
    kept: AtomicU64,
    /// Answers, each with the record that it waits for.
    waiting: Mutex<VecDeque<(u64, Answer)>>,
    /// Held by who gives answers.
    giving: Mutex<()>,
    /// How many threads poll. Each sends what is due before it stops.
    awake: AtomicUsize,
}

// Of `kept` and `awake` each thread writes one and then reads the other, so they need one
// order for all: `SeqCst`.
impl Desk {
    /// Whether record `number` and all before it are kept.
    pub(super) fn has_kept(&self, number: u64) -> bool {
        self.kept.load(Ordering::SeqCst) >= number
    }

    /// Says that all records up to `number` are kept.
    pub(super) fn keep(&self, number: u64) {
        self.kept.store(number, Ordering::SeqCst);
        if self.awake.load(Ordering::SeqCst) == 0 {
            self.give_all();
        }
    }

    /// From now on this thread is awake.
    fn arrive(&self) {
        self.awake.fetch_add(1, Ordering::SeqCst);
    }

    /// Leaves an answer that is due when record `number` is kept, and not before those that
    /// were left earlier.
    fn leave(&self, number: u64, answer: Answer) {
        lock(&self.waiting).push_back((number, answer));
    }

    /// Gives a few of the answers that are due, unless another thread is giving.
    fn give_some(&self) {
        let _giving = match self.giving.try_lock() {
            Ok(giving) => giving,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.give(GIVEN_WITH_A_LOOK);
    }

    /// This thread is no longer awake. The last one gives all that is due.
    fn depart(&self) {
        if self.awake.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.give_all();
        }
    }

    /// Drops all answers.
    pub(super) fn clear(&self) {
        // Not with the lock held.
        drop(std::mem::take(&mut *lock(&self.waiting)));
    }

    fn give_all(&self) {
        if !self.is_due() {
            return;
        }
        let _giving = lock(&self.giving);
        self.give(usize::MAX);
    }

    fn is_due(&self) -> bool {
        let waiting = lock(&self.waiting);
        waiting.front().is_some_and(|it| self.has_kept(it.0))
    }

    /// Its caller holds `giving`.
    fn give(&self, most: usize) {
        let due = std::iter::from_fn(|| {
            // Not locked while an answer is given.
            let mut waiting = lock(&self.waiting);
            let is_due = self.has_kept(waiting.front()?.0);
            is_due.then(|| waiting.pop_front()).flatten()
        });
        for (_, answer) in due.take(most) {
            (answer.give)();
        }
    }
}

/// Held while a client's thread polls, and sends answers that are due, its own and other
/// clients'. The thread must not block meanwhile.
#[derive(Debug)]
pub struct Stay<'a> {
    gate: &'a Gate,
}

impl<'a> Stay<'a> {
    pub(super) fn begin(gate: &'a Gate) -> Stay<'a> {
        gate.desk.arrive();
        Stay { gate }
    }

    /// Leaves `answer` until its record is kept and all answers left earlier are sent. Without a
    /// ticket it waits only for those answers.
    pub fn leave(&self, ticket: Option<Ticket>, answer: Answer) {
        let number = ticket.map_or(0, |ticket| ticket.0);
        self.gate.desk.leave(number, answer);
    }

    /// Gives a few of the answers that are due.
    pub fn give_some(&self) {
        self.gate.desk.give_some();
    }
}

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.gate.desk.depart();
    }
}

/// If a thread panicked with one of these locked, it was in an answer, which had been taken out:
/// the others are as they were.
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
    fn every_answer_is_given_when_it_is_due_and_in_its_clients_order() {
        const CLIENTS: u64 = 6;
        const ROUNDS: u64 = 3_000;
        let (desk, appended, done) = (Desk::default(), AtomicU64::new(0), AtomicBool::new(false));
        let client = || {
            let (sender, receiver) = mpsc::channel();
            for round in 0..ROUNDS {
                desk.arrive();
                for part in 0..2 {
                    let number = appended.fetch_add(1, Ordering::SeqCst) + 1;
                    let sender = sender.clone();
                    let give = Box::new(move || sender.send((round, part, number)).unwrap());
                    desk.leave(number, Answer { give });
                }
                if round % 3 > 0 {
                    desk.give_some();
                }
                desk.depart();
                for part in 0..2 {
                    // Nobody may come by who could make good for one that was forgotten.
                    let given = receiver.recv_timeout(Duration::from_secs(20));
                    let (of_round, of_part, number) = given.expect("an answer");
                    assert_eq!((of_round, of_part), (round, part));
                    assert!(desk.has_kept(number));
                }
            }
        };
        thread::scope(|scope| {
            let keeper = scope.spawn(|| {
                let mut kept = 0;
                while !done.load(Ordering::SeqCst) {
                    let number = appended.load(Ordering::SeqCst);
                    if number > kept {
                        kept = number;
                        desk.keep(number);
                    }
                    thread::yield_now();
                }
            });
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            let results: Vec<_> = clients.into_iter().map(ScopedJoinHandle::join).collect();
            done.store(true, Ordering::SeqCst);
            keeper.join().unwrap();
            assert!(results.iter().all(Result::is_ok));
        });
        assert!(lock(&desk.waiting).is_empty());
    }

    #[test]
    fn an_answer_that_panics_keeps_nobody_from_giving_the_next_one() {
        let desk = Desk::default();
        let (sender, receiver) = mpsc::channel();
        let answers: [Box<dyn FnOnce() + Send>; 2] = [
            Box::new(|| panic!("on purpose")),
            Box::new(move || sender.send(()).unwrap()),
        ];
        for give in answers {
            desk.leave(0, Answer { give });
        }
        let given = panic::catch_unwind(AssertUnwindSafe(|| desk.give_some()));
        assert!(given.is_err());
        desk.give_some();
        assert_eq!(receiver.try_recv(), Ok(()));
    }
}
