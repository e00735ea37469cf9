//! The threads of a server: how many there are of each kind, and what they wait for.
//!
//! Every thread starts by [`start`], and belongs to the server of the thread that starts it. A thread
//! notes its waits in memory of its own ([`Waits`]), so no cache line is shared by threads that
//! write. INFO threads adds the waits up.

mod waits;

pub use waits::{REASONS, Reason, Waits};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

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
    /// `viewer`
    Viewer,
    /// `classroom`
    Classroom,
}

const KINDS: usize = 16;

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
            (Kind::Viewer, "viewer", &[Socket, Work]),
            (Kind::Classroom, "classroom", &[Socket, Work, Lock]),
        ]
    };
}

/// The threads of one server.
#[derive(Debug, Default)]
pub struct Threads([Mutex<Group>; KINDS]);

/// The threads of one kind.
#[derive(Debug, Default)]
struct Group {
    last: u64,
    running: BTreeMap<u64, Arc<Waits>>,
    /// The nanoseconds of the waits of threads that have ended, by reason.
    ended_ns: [u64; REASONS],
    /// The sums at the last CONFIG RESETSTAT.
    reset_ns: [u64; REASONS],
}

/// A thread, and what it waits for.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its kind.
    pub kind: Kind,
    /// Its name, as a debugger shows it.
    pub name: String,
    /// Its number in `/proc/self/task`; 0 if unknown.
    pub id: u32,
    /// What it waits for, and for how many microseconds it has; `None` while it runs.
    pub waits: Option<(Reason, u64)>,
}

/// The threads of one kind, and their waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// The number of threads.
    pub count: usize,
    /// How many of them wait now, by reason.
    waiting: [usize; REASONS],
    /// The nanoseconds of all waits, by reason.
    ns: [u64; REASONS],
}

impl Figures {
    /// Returns how many threads wait for this reason now.
    pub fn waiting_for(&self, reason: Reason) -> usize {
        self.waiting[reason.index()]
    }

    /// Returns for how many microseconds all threads have waited for this reason.
    pub fn waited_us(&self, reason: Reason) -> u64 {
        self.ns[reason.index()] / 1000
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
            ns: self.ended_ns,
            ..Figures::default()
        };
        for (reason, sums) in self.running.values().map(|waits| waits.sums()) {
            if let Some(reason) = reason {
                figures.waiting[reason.index()] += 1;
            }
            add(&mut figures.ns, &sums);
        }
        figures
    }
}

fn add(sums: &mut [u64; REASONS], more: &[u64; REASONS]) {
    for (sum, ns) in sums.iter_mut().zip(more) {
        *sum += ns;
    }
}

impl Threads {
    /// Returns the threads of a kind, and their waits since the start or the last reset.
    pub fn figures(&self, kind: Kind) -> Figures {
        let group = self.group(kind);
        let mut figures = group.figures();
        for (ns, reset) in figures.ns.iter_mut().zip(group.reset_ns) {
            *ns = ns.saturating_sub(reset);
        }
        figures
    }

    /// Returns all threads, by kinds, and within a kind in the order of their starts.
    pub fn list(&self) -> Vec<Thread> {
        let mut found = Vec::new();
        for (kind, ..) in Kind::ALL {
            let group = self.group(kind);
            found.extend(
                group
                    .running
                    .values()
                    .filter_map(|waits| waits.thread(kind)),
            );
        }
        found
    }

    /// Resets the sums of the waits to zero.
    pub fn reset(&self) {
        for (kind, ..) in Kind::ALL {
            let mut group = self.group(kind);
            group.reset_ns = group.figures().ns;
        }
    }

    /// Counts the current thread, and the threads that it starts, until the guard is dropped.
    pub fn enter(self: &Arc<Self>, kind: Kind) -> Entered {
        self.add(kind).enter()
    }

    fn add(self: &Arc<Self>, kind: Kind) -> Member {
        let waits = Arc::<Waits>::default();
        let mut group = self.group(kind);
        group.last += 1;
        let number = group.last;
        group.running.insert(number, Arc::clone(&waits));
        Member {
            threads: Arc::clone(self),
            kind,
            number,
            waits,
        }
    }

    fn group(&self, kind: Kind) -> MutexGuard<'_, Group> {
        let group = &self.0[kind as usize];
        group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread among those of its server.
#[derive(Debug)]
struct Member {
    threads: Arc<Threads>,
    kind: Kind,
    number: u64,
    waits: Arc<Waits>,
}

impl Member {
    fn enter(self) -> Entered {
        self.waits.identify();
        Entered {
            before: CURRENT.with(|current| current.replace(Some(self))),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let (_, sums) = self.waits.sums();
        let mut group = self.threads.group(self.kind);
        group.running.remove(&self.number);
        add(&mut group.ended_ns, &sums);
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
    let threads = CURRENT.with(|current| Some(Arc::clone(&current.borrow().as_ref()?.threads)));
    // Counted from now on, so that the caller finds it counted.
    let member = threads.map(|threads| threads.add(kind));
    builder.spawn(move || {
        let _entered = member.map(Member::enter);
        work()
    })
}

/// Returns the waits of the current thread, or waits that nobody reads.
pub fn own_waits() -> Arc<Waits> {
    CURRENT.with(|current| {
        let current = current.borrow();
        current
            .as_ref()
            .map_or_else(Arc::default, |it| Arc::clone(&it.waits))
    })
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
