//! The threads of a server: the number of each kind, their work and their waits.
//!
//! Every thread starts by [`start`], and belongs to the server of the thread that starts it. A thread
//! notes its work and its waits in memory of its own ([`Waits`]), so no cache line is shared by
//! threads that write. INFO threads and the page read it.

mod current;
mod doing;
mod holds;
mod waits;

pub use current::{Entered, Holding, Waiting};
pub use current::{does, end_hold, holding, own_waits, start, waiting};
pub use doing::{Doing, Mode};
pub use holds::{Hold, NOTED};
pub use waits::{REASONS, Reason, Waits};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use current::Member;
use holds::Holds;
use waits::Sums;

/// A kind of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs the server: starts and stops the others.
    Main,
    /// `accept`
    Accept,
    /// `welcome`
    Welcome,
    /// `client-N`
    Client,
    /// `client-N-out`
    ClientOut,
    /// `deliveries`
    Deliveries,
    /// `aof`
    Aof,
    /// `aof-flush`
    AofFlush,
    /// `aof-rewrite`
    AofRewrite,
    /// `aof-upkeep`
    AofUpkeep,
    /// `sweeper`
    Sweeper,
    /// `idle-check`
    IdleCheck,
    /// `memory`
    Memory,
    /// `view`
    View,
    /// `view-sample`
    ViewSample,
    /// `viewer`
    Viewer,
    /// `classroom`
    Classroom,
}

const KINDS: usize = 17;

impl Kind {
    /// All kinds, each with its name and the reasons for which its threads wait.
    pub const ALL: [(Kind, &str, &[Reason]); KINDS] = {
        use Reason::{Data, Disk, Lock, Log, Socket, Work};
        [
            (Kind::Main, "main", &[Work]),
            (Kind::Accept, "accept", &[Socket]),
            (Kind::Welcome, "welcome", &[Work]),
            (Kind::Client, "client", &[Socket, Lock, Log, Data]),
            (Kind::ClientOut, "client_out", &[Socket]),
            (Kind::Deliveries, "deliveries", &[Work]),
            (Kind::Aof, "aof", &[Work, Disk]),
            (Kind::AofFlush, "aof_flush", &[Work, Disk]),
            (Kind::AofRewrite, "aof_rewrite", &[Lock, Disk]),
            (Kind::AofUpkeep, "aof_upkeep", &[Work, Lock]),
            (Kind::Sweeper, "sweeper", &[Work, Lock]),
            (Kind::IdleCheck, "idle_check", &[Work]),
            (Kind::Memory, "memory", &[Work]),
            (Kind::View, "view", &[Socket]),
            (Kind::ViewSample, "view_sample", &[Work]),
            (Kind::Viewer, "viewer", &[Socket, Work]),
            (Kind::Classroom, "classroom", &[Socket, Work, Lock]),
        ]
    };

    /// Returns the kind's name.
    pub fn name(self) -> &'static str {
        Kind::ALL[self as usize].1
    }
}

// The rows are in the order of the kinds.
const _: () = {
    let mut index = 0;
    while index < KINDS {
        assert!(Kind::ALL[index].0 as usize == index);
        index += 1;
    }
};

/// The threads of one server.
#[derive(Debug, Default)]
pub struct Threads {
    groups: [Mutex<Group>; KINDS],
    holds: Holds,
}

/// The threads of one kind.
#[derive(Debug, Default)]
struct Group {
    last: u64,
    running: BTreeMap<u64, Arc<Waits>>,
    /// The sums of threads that have ended.
    ended: Sums,
    /// The sums at the last CONFIG RESETSTAT.
    reset: Sums,
}

/// A thread, its work and its current wait.
#[derive(Clone, Copy, Debug)]
pub struct Thread<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Its number among the threads of its kind, in the order of their starts.
    pub number: u64,
    /// Its name, as a debugger shows it.
    pub name: &'a str,
    /// The number of the client that it serves, if it serves one.
    pub client: Option<u64>,
    /// Its number in `/proc/self/task`; 0 if unknown.
    pub id: u32,
    /// The reason and the microseconds of its current wait; `None` while it runs.
    pub waits: Option<(Reason, u64)>,
    /// Its work.
    pub doing: Doing,
}

/// The threads of one kind, and their waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// The number of threads.
    pub count: usize,
    /// The number of threads that wait now, by reason.
    waiting: [usize; REASONS],
    sums: Sums,
}

impl Figures {
    /// Returns how many threads wait for this reason now.
    pub fn waiting_for(&self, reason: Reason) -> usize {
        self.waiting[reason.index()]
    }

    /// Returns for how many microseconds all threads have waited for this reason.
    pub fn waited_us(&self, reason: Reason) -> u64 {
        self.sums.waited_ns[reason.index()] / 1000
    }

    /// Returns for how many microseconds all threads have held the store's lock in this mode. Threads
    /// that share it count each. A hold counts when it ends.
    pub fn held_us(&self, mode: Mode) -> u64 {
        self.sums.held_ns[mode as usize] / 1000
    }

    /// Returns the number of threads that do not wait.
    pub fn running(&self) -> usize {
        let waiting: usize = self.waiting.iter().sum();
        self.count.saturating_sub(waiting)
    }
}

impl Group {
    fn figures(&self) -> Figures {
        let mut figures = Figures {
            count: self.running.len(),
            sums: self.ended,
            ..Figures::default()
        };
        let now = Instant::now();
        for (reason, sums) in self.running.values().map(|waits| waits.sums(now)) {
            if let Some(reason) = reason {
                figures.waiting[reason.index()] += 1;
            }
            figures.sums.add(&sums);
        }
        figures
    }
}

impl Threads {
    /// Returns the threads of a kind, and their waits since the start or the last reset.
    pub fn figures(&self, kind: Kind) -> Figures {
        let group = self.group(kind);
        let mut figures = group.figures();
        figures.sums.subtract(&group.reset);
        figures
    }

    /// Calls `see` with the number of threads of a kind, and with each of them in the order of their
    /// starts. Threads of this kind begin and end afterwards, so `see` must be short.
    pub fn visit<R>(
        &self,
        kind: Kind,
        see: impl for<'a> FnOnce(usize, &mut dyn Iterator<Item = Thread<'a>>) -> R,
    ) -> R {
        let now = Instant::now();
        let group = self.group(kind);
        let running = group.running.iter();
        let mut threads = running.filter_map(|(number, waits)| waits.thread(kind, *number, now));
        see(group.running.len(), &mut threads)
    }

    /// Returns the longest hold of the store's lock that ended within the last minute.
    pub fn longest_hold(&self) -> Option<Hold> {
        self.holds.longest(Instant::now())
    }

    /// Resets the sums of the waits to zero.
    pub fn reset(&self) {
        for (kind, ..) in Kind::ALL {
            let mut group = self.group(kind);
            group.reset = group.figures().sums;
        }
    }

    /// Counts the current thread, and the threads that it starts, until the guard is dropped.
    pub fn enter(self: &Arc<Self>, kind: Kind) -> Entered {
        Member::new(self, kind).enter()
    }

    fn group(&self, kind: Kind) -> MutexGuard<'_, Group> {
        let group = &self.groups[kind as usize];
        group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
