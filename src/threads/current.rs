//! The current thread as one of its server's threads.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::{Doing, Hold, Kind, Mode, Reason, Threads, Waits};
use crate::clock::unix_time_ms;

/// A thread among those of its server.
#[derive(Debug)]
pub(super) struct Member {
    threads: Arc<Threads>,
    kind: Kind,
    number: u64,
    waits: Arc<Waits>,
}

impl Member {
    /// Counts a thread from now on.
    pub(super) fn new(threads: &Arc<Threads>, kind: Kind) -> Member {
        let waits = Arc::<Waits>::default();
        let mut group = threads.group(kind);
        group.last += 1;
        let number = group.last;
        group.running.insert(number, Arc::clone(&waits));
        Member {
            threads: Arc::clone(threads),
            kind,
            number,
            waits,
        }
    }

    /// Makes this the current thread.
    pub(super) fn enter(self) -> Entered {
        self.waits.identify();
        Entered {
            before: CURRENT.with(|current| current.replace(Some(self))),
        }
    }

    fn end_hold(&self, mode: Mode, held: Duration, ended: Instant, command: Option<usize>) {
        self.waits.add_held(mode, held.as_nanos() as u64);
        self.threads.holds.note(held, ended, || Hold {
            thread: self.waits.name().to_owned(),
            mode,
            held,
            command,
            ended,
        });
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let (_, sums) = self.waits.sums(Instant::now());
        let mut group = self.threads.group(self.kind);
        group.running.remove(&self.number);
        group.ended.add(&sums);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Member>> = const { RefCell::new(None) };
}

/// The current thread belongs to a server until this is dropped.
#[derive(Debug)]
pub struct Entered {
    before: Option<Member>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.before.take();
        drop(CURRENT.with(|current| current.replace(before)));
    }
}

/// Starts a thread of the current thread's server.
///
/// # Errors
/// If the system cannot start it.
pub fn start<T: Send + 'static>(
    kind: Kind,
    builder: Builder,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let threads = with_member(|it| Arc::clone(&it.threads));
    // Counted from now on, so that the caller finds it counted.
    let member = threads.map(|threads| Member::new(&threads, kind));
    builder.spawn(move || {
        let _entered = member.map(Member::enter);
        work()
    })
}

/// Calls `act` if the current thread belongs to a server.
#[inline]
fn with_member<R>(act: impl FnOnce(&Member) -> R) -> Option<R> {
    CURRENT.with(|current| current.borrow().as_ref().map(act))
}

/// Returns the waits of the current thread, or waits that nobody reads.
pub fn own_waits() -> Arc<Waits> {
    with_member(|it| Arc::clone(&it.waits)).unwrap_or_default()
}

/// Notes what the current thread does from now on.
#[inline]
pub fn does(doing: Doing) {
    with_member(|it| it.waits.does(doing));
}

/// Counts a hold of the store's lock by the current thread, which has ended. `command` is the number
/// of the command that took the longest part of it.
pub fn end_hold(mode: Mode, held: Duration, ended: Instant, command: Option<usize>) {
    with_member(|it| it.end_hold(mode, held, ended, command));
}

/// The current thread waits until the guard is dropped.
pub fn waiting(reason: Reason) -> Waiting {
    let waits = own_waits();
    waits.begin(reason, Instant::now());
    Waiting(waits)
}

/// A wait of the current thread, until this is dropped.
#[derive(Debug)]
pub struct Waiting(Arc<Waits>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end(Instant::now());
    }
}

/// The current thread has just taken the store's lock, and holds it until the guard is dropped.
pub fn holding(mode: Mode) -> Holding {
    does(Doing::Holds(mode, unix_time_ms()));
    Holding {
        mode,
        began: Instant::now(),
    }
}

/// A hold of the store's lock by the current thread, until this is dropped.
#[derive(Debug)]
pub struct Holding {
    mode: Mode,
    began: Instant,
}

impl Drop for Holding {
    fn drop(&mut self) {
        does(Doing::Runs);
        let ended = Instant::now();
        end_hold(self.mode, ended - self.began, ended, None);
    }
}
