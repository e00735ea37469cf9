//! Whether commands are recorded, and whether a fresh file is being made.
//!
//! ```text
//!   Off       -- switch_on ------------> First
//!   First     -- finish ---------------> On
//!   First     -- fail -----------------> Off
//!   On        -- schedule, need_file --> Scheduled
//!   On        -- begin ----------------> Rewriting
//!   Scheduled -- begin ----------------> Rewriting
//!   Rewriting -- finish ---------------> On
//!   Rewriting -- fail -----------------> On, or Scheduled if the file is needed
//!   Rewriting -- need_file ------------> Scheduled
//!   any       -- switch_off -----------> Off
//! ```
//!
//! This is the only place where the state changes. A turn asks once, with the store's lock held
//! alone, whether it is to record; `switch_on` and `switch_off` are called with that lock as well.
//! After `fail` of the first file the log's thread drops what such a turn still sends.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after a failed attempt at a file that is needed the next one begins, at least and at
/// most. In between it is a multiple of what the attempt took, which may have filled the disk.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(60);
const RETRY_PAUSE_FACTOR: u32 = 4;

/// Why the first file is not waited for.
pub(super) const STOPPED: &str = "the server is stopping";

/// Where the result of switching on goes: nothing, or why it failed.
pub(super) type Waiter = Sender<Result<(), String>>;

#[derive(Debug, Default)]
enum State {
    /// `appendonly no`.
    #[default]
    Off,
    /// The first file is being made; these clients wait for it.
    First(Making, Vec<Waiter>),
    /// `appendonly yes`, as in all states below.
    On,
    /// A fresh file is to be made, from this time on.
    Scheduled(Instant, Need),
    /// A fresh file is being made.
    Rewriting(Making, Need),
}

/// Whether the log can do without a fresh file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// A client asked for it, or the old one has grown.
    Wish,
    /// The old one cannot be relied on.
    Must,
}

/// A file that is being made.
#[derive(Clone, Copy, Debug)]
struct Making {
    /// Its number: a report about another number comes too late.
    number: u64,
    since: Instant,
}

/// The state, and what came of earlier ones.
#[derive(Debug, Default)]
pub(super) struct Switch {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// The part of the state that turns ask for: see [`Phase`].
    phase: AtomicU8,
}

#[derive(Debug, Default)]
struct Inner {
    state: State,
    /// That of the latest file.
    number: u64,
    /// How many have been completed.
    made: u64,
    /// How long the last completed one took.
    took: Option<Duration>,
    /// When the last attempt failed, if it did.
    failed: Option<Instant>,
    /// The server is about to stop: no client waits for the first file any more.
    is_stopping: bool,
}

/// The state without its details.
#[derive(Clone, Copy)]
enum Phase {
    Off,
    First,
    On,
}

/// How it is with rewrites, all at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrites {
    /// Whether a fresh file is being made, the first one included.
    pub is_running: bool,
    /// Whether one is to be made soon.
    pub is_scheduled: bool,
    /// Whether it is time to begin one that is scheduled.
    pub is_due: bool,
    /// Seconds that the running one has taken.
    pub current_s: Option<u64>,
    /// Seconds that the last completed one took.
    pub last_s: Option<u64>,
    /// How many have been completed.
    pub made: u64,
    /// Seconds since the last attempt failed, if it did.
    pub failed_s: Option<u64>,
}

impl Switch {
    /// The state of a log that starts.
    pub(super) fn start(&self, is_on: bool) {
        let state = if is_on { State::On } else { State::Off };
        self.set(&mut self.lock(), state);
    }

    /// Whether `appendonly` is on and its first file is there.
    pub(super) fn is_on(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == Phase::On as u8
    }

    /// Whether commands are recorded: the log is on, or its first file is being made.
    pub(super) fn is_recording(&self) -> bool {
        self.phase.load(Ordering::Relaxed) != Phase::Off as u8
    }

    /// How it is with rewrites.
    pub(super) fn rewrites(&self) -> Rewrites {
        let inner = self.lock();
        let making = inner.state.making();
        let scheduled = match inner.state {
            State::Scheduled(at, _) => Some(at),
            _ => None,
        };
        Rewrites {
            is_running: making.is_some(),
            is_scheduled: scheduled.is_some(),
            is_due: scheduled.is_some_and(|at| at <= Instant::now()),
            current_s: making.map(|making| making.since.elapsed().as_secs()),
            last_s: inner.took.map(|took| took.as_secs()),
            made: inner.made,
            failed_s: inner.failed.map(|at| at.elapsed().as_secs()),
        }
    }

    /// Begins to record, unless that has begun already. `waiter` hears when the first file is
    /// there, or that it is there already. Returns the number of the first file if the caller has
    /// to have it made. Call it with the store's lock held alone.
    pub(super) fn switch_on(&self, waiter: Waiter) -> Option<u64> {
        let mut inner = self.lock();
        if inner.is_stopping {
            let _ = waiter.send(Err(STOPPED.to_owned()));
            return None;
        }
        match &mut inner.state {
            State::Off => {
                let making = inner.next_making();
                self.set(&mut inner, State::First(making, vec![waiter]));
                return Some(making.number);
            }
            State::First(_, waiting) => waiting.push(waiter),
            // The receiver is there: it is the caller's.
            _ => drop(waiter.send(Ok(()))),
        }
        None
    }

    /// Sends an error to the clients that wait for the first file. It may still be completed.
    pub(super) fn prepare_stop(&self) {
        let mut inner = self.lock();
        inner.is_stopping = true;
        if let State::First(_, waiting) = &mut inner.state {
            tell(waiting, &Err(STOPPED.to_owned()));
        }
    }

    /// Records nothing more. Clients that wait for the first file get this `reason` as an error.
    /// Call it with the store's lock held alone.
    pub(super) fn switch_off(&self, reason: &str) {
        let mut inner = self.lock();
        let before = self.set(&mut inner, State::Off);
        before.tell(&Err(reason.to_owned()));
    }

    /// Asks for a fresh file, unless one is coming anyway.
    pub(super) fn schedule(&self) {
        let mut inner = self.lock();
        if let State::On = inner.state {
            self.set(&mut inner, State::Scheduled(Instant::now(), Need::Wish));
        }
    }

    /// Asks for a fresh file at once, because the old one cannot be relied on. A file that is being
    /// made from it is given up.
    pub(super) fn need_file(&self) {
        let mut inner = self.lock();
        if !matches!(inner.state, State::Off | State::First(..)) {
            self.set(&mut inner, State::Scheduled(Instant::now(), Need::Must));
        }
    }

    /// The number of the file that is to be made now; `None` if it is off or one is being made.
    /// Call it with the store's lock held alone.
    pub(super) fn begin(&self) -> Option<u64> {
        let mut inner = self.lock();
        let need = match inner.state {
            State::On => Need::Wish,
            State::Scheduled(_, need) => need,
            _ => return None,
        };
        let making = inner.next_making();
        self.set(&mut inner, State::Rewriting(making, need));
        Some(making.number)
    }

    /// Whether file `number` is being made: it is neither switched off nor to be made anew.
    pub(super) fn is_making(&self, number: u64) -> bool {
        self.lock().making(number).is_some()
    }

    /// The log cannot do without file `number`.
    pub(super) fn require(&self, number: u64) {
        let mut inner = self.lock();
        if let Some(making) = inner.making(number) {
            self.set(&mut inner, State::Rewriting(making, Need::Must));
        }
    }

    /// File `number` is complete and in its place. If it is no longer wanted, nothing changes.
    pub(super) fn finish(&self, number: u64) {
        let mut inner = self.lock();
        let Some(making) = inner.making(number) else {
            return;
        };
        inner.made += 1;
        inner.took = Some(making.since.elapsed());
        inner.failed = None;
        self.set(&mut inner, State::On).tell(&Ok(()));
    }

    /// File `number` could not be made, for this `reason`. If it is needed, there will be another
    /// attempt.
    pub(super) fn fail(&self, number: u64, reason: &str) {
        let mut inner = self.lock();
        inner.failed = Some(Instant::now());
        let Some(making) = inner.making(number) else {
            return;
        };
        let pause = making.since.elapsed() * RETRY_PAUSE_FACTOR;
        let pause = pause.clamp(RETRY_PAUSE, MAX_RETRY_PAUSE);
        let next = match inner.state {
            State::First(..) => State::Off,
            State::Rewriting(_, Need::Must) => State::Scheduled(Instant::now() + pause, Need::Must),
            _ => State::On,
        };
        self.set(&mut inner, next).tell(&Err(reason.to_owned()));
    }

    /// Whether the file cannot be relied on.
    pub(super) fn needs_file(&self) -> bool {
        let state = &self.lock().state;
        matches!(
            state,
            State::Scheduled(_, Need::Must) | State::Rewriting(_, Need::Must)
        )
    }

    /// Waits until the state changes, or `patience` is over.
    pub(super) fn wait(&self, patience: Duration) {
        let waited = self.changed.wait_timeout(self.lock(), patience);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns what was before.
    fn set(&self, inner: &mut Inner, state: State) -> State {
        let phase = match state {
            State::Off => Phase::Off,
            State::First(..) => Phase::First,
            _ => Phase::On,
        };
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.changed.notify_all();
        std::mem::replace(&mut inner.state, state)
    }

    /// Nothing that happens while it is locked can panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next_making(&mut self) -> Making {
        self.number += 1;
        Making {
            number: self.number,
            since: Instant::now(),
        }
    }

    /// File `number`, if that is the one that is being made.
    fn making(&self, number: u64) -> Option<Making> {
        self.state.making().filter(|it| it.number == number)
    }
}

impl State {
    fn making(&self) -> Option<Making> {
        match self {
            State::First(making, _) | State::Rewriting(making, _) => Some(*making),
            State::Off | State::On | State::Scheduled(..) => None,
        }
    }

    /// Sends the result to the clients that wait for the first file.
    fn tell(mut self, result: &Result<(), String>) {
        if let State::First(_, waiting) = &mut self {
            tell(waiting, result);
        }
    }
}

fn tell(waiting: &mut Vec<Waiter>, result: &Result<(), String>) {
    for waiter in waiting.drain(..) {
        // The client may have gone.
        let _ = waiter.send(result.clone());
    }
}
