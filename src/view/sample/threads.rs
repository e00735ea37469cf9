//! A survey of the work of all threads, made once for each sample.

use std::collections::BTreeMap;

use crate::clock::unix_time;
use crate::state::ServerState;
use crate::threads::{Doing, Kind, Mode, Reason, Thread};

/// Of each kind of threads, the first ones and the last ones have a lane, in the order of their starts.
const ENDS: usize = 8;

/// Of the threads in between, the ones that were the last to do something have a lane.
const RECENT: usize = 8;

/// A thread keeps its lane for this time without work, so that lanes do not flicker.
const KEPT_US: u64 = 10_000_000;

/// At most this number of threads that hold the lock are named, and of threads that wait for it.
const MAX_NAMED: usize = 16;

/// The work of all threads at one moment.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The threads that have a lane.
    pub(super) lanes: Vec<Seen>,
    /// The number of the other threads, by state.
    pub(super) folded: BTreeMap<&'static str, usize>,
    /// The threads that hold the store's lock.
    pub(super) holders: Named,
    /// The threads that wait for it.
    pub(super) waiters: Named,
    /// The microseconds for which the holders have held the lock, by mode.
    pub(super) holding_us: [u64; 2],
    /// The numbers of the clients' threads that have a lane as recent ones.
    recent: Vec<u64>,
}

/// Threads, as far as there is room, and the number of all.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) first: Vec<Seen>,
    pub(super) count: usize,
}

/// A thread at the moment of the survey.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// The number of the client that it serves, if it serves one.
    pub(super) client: Option<u64>,
    /// Its number in `/proc/self/task`.
    pub(super) id: u32,
    /// The thread's state, by the page's names.
    pub(super) state: &'static str,
    /// The microseconds for which it has been in this state; 0 if unknown.
    pub(super) since_us: u64,
    /// The mode in which it holds the store's lock, or wants it.
    pub(super) mode: Mode,
}

impl Named {
    fn add(&mut self, thread: &Thread, since_us: u64, mode: Mode) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(seen(thread, since_us, mode));
        }
    }
}

impl Survey {
    /// Surveys all threads. `before` is the former survey.
    pub(super) fn new(state: &ServerState, before: &Survey) -> Survey {
        let mut survey = Survey::default();
        // The thread that makes the survey always runs.
        let others = |(kind, ..): &(Kind, _, _)| *kind != Kind::ViewSample;
        for (kind, ..) in Kind::ALL.into_iter().filter(others) {
            state.threads.visit(kind, |count, threads| {
                survey.add_kind(count, threads, before);
            });
        }
        survey.lanes.sort_by_key(|thread| thread.id);
        survey
    }

    fn add_kind<'a>(
        &mut self,
        count: usize,
        threads: &mut dyn Iterator<Item = Thread<'a>>,
        before: &Survey,
    ) {
        let now_us = unix_time().as_micros() as u64;
        let mut recent = Recent::default();
        for (index, thread) in threads.enumerate() {
            let since_us = self.note_lock(&thread, now_us);
            if index < ENDS || index + ENDS >= count {
                self.lanes.push(seen(&thread, since_us, Mode::Shared));
                continue;
            }
            *self.folded.entry(state(&thread)).or_default() += 1;
            let was_shown = thread.kind == Kind::Client && before.recent.contains(&thread.number);
            recent.add(thread, since_us, was_shown);
        }
        for (_, since_us, thread) in recent.0 {
            if let Some(count) = self.folded.get_mut(state(&thread)) {
                *count -= 1;
            }
            if thread.kind == Kind::Client {
                self.recent.push(thread.number);
            }
            self.lanes.push(seen(&thread, since_us, Mode::Shared));
        }
        self.folded.retain(|_, count| *count > 0);
    }

    /// Notes a thread that holds the lock or waits for it. Returns for how many microseconds the thread
    /// has done what it does.
    fn note_lock(&mut self, thread: &Thread, now_us: u64) -> u64 {
        if let Some((mode, since_ms)) = thread.doing.hold() {
            // At least: only the millisecond is known.
            let since_us = now_us.saturating_sub((since_ms + 1) * 1000);
            self.holding_us[mode as usize] += since_us;
            self.holders.add(thread, since_us, mode);
            return since_us;
        }
        let since_us = thread.waits.map_or(0, |(_, us)| us);
        if let Doing::Wants(mode) = thread.doing {
            self.waiters.add(thread, since_us, mode);
        }
        since_us
    }
}

/// The threads of one kind that were the last to do something, best first.
#[derive(Debug, Default)]
struct Recent<'a>(Vec<((bool, u64), u64, Thread<'a>)>);

impl<'a> Recent<'a> {
    fn add(&mut self, thread: Thread<'a>, since_us: u64, was_shown: bool) {
        let idle_us = thread.waits.map_or(0, |(_, us)| us);
        let gives_way = !(was_shown && idle_us < KEPT_US);
        let rank = (gives_way, idle_us);
        let place = self.0.partition_point(|(other, ..)| *other <= rank);
        if place < RECENT {
            self.0.truncate(RECENT - 1);
            self.0.insert(place, (rank, since_us, thread));
        }
    }
}

fn seen(thread: &Thread, since_us: u64, mode: Mode) -> Seen {
    Seen {
        kind: thread.kind,
        name: thread.name.to_owned(),
        client: thread.client,
        id: thread.id,
        state: state(thread),
        since_us,
        mode,
    }
}

/// Returns the state of a thread, by the page's names.
fn state(thread: &Thread) -> &'static str {
    match (thread.doing, thread.waits) {
        (Doing::Holds(Mode::Shared, _), _) => "holds-shared",
        (Doing::Holds(Mode::Alone, _), _) => "holds-alone",
        (Doing::Records(_), _) => "records",
        (Doing::Wants(_), _) | (_, Some((Reason::Lock, _))) => "waits-lock",
        (_, Some((Reason::Log, _))) => "waits-log",
        (_, Some((Reason::Data, _))) => "blocked",
        (_, Some((Reason::Disk, _))) => "disk",
        (Doing::Polls, _) => "polls",
        (Doing::Reads, _) => "reads",
        (Doing::Answers, _) => "answers",
        (_, Some((Reason::Socket | Reason::Work, _))) => "sleeps",
        (Doing::Parses, None) => "parses",
        (Doing::Runs, None) => "runs",
    }
}
