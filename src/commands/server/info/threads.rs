//! The section threads of INFO: the number of threads of each kind and their waits, who holds the
//! store's lock and waits for it, and how the log's writes and syncs went. Redis has no such section.

use std::sync::atomic::Ordering::Relaxed;

use super::Lines;
use crate::aof::Times;
use crate::commands::{Call, CommandId};
use crate::stats::Sums;
use crate::threads::{Figures, Kind, Mode, Reason};

pub(super) fn threads(lines: &mut Lines, call: &Call) {
    let found = Kind::ALL.map(|(kind, ..)| call.state.threads.figures(kind));
    kinds(lines, &found);
    lock(lines, &found);
    commands(lines, call);
    log(lines, call);
}

/// One line for each kind of threads: how many there are, how many of them run or wait now, and for
/// how long all of them have waited, by reason.
fn kinds(lines: &mut Lines, found: &[Figures]) {
    let count: usize = found.iter().map(|figures| figures.count).sum();
    lines.add("threads", count);
    for ((_, name, reasons), figures) in Kind::ALL.into_iter().zip(found) {
        let waits: String = reasons.iter().map(|it| waits(*it, figures)).collect();
        let (count, running) = (figures.count, figures.running());
        lines.add(
            &format!("threads_{name}"),
            format_args!("count={count},running={running}{waits}"),
        );
    }
}

fn waits(reason: Reason, figures: &Figures) -> String {
    let name = match reason {
        Reason::Socket => "socket",
        Reason::Lock => "lock",
        Reason::Log => "log",
        Reason::Data => "data",
        Reason::Work => "work",
        Reason::Disk => "disk",
    };
    let (count, us) = (figures.waiting_for(reason), figures.waited_us(reason));
    format!(",{name}={count},{name}_usec={us}")
}

/// How long threads held the lock. Threads that share it count each.
fn lock(lines: &mut Lines, found: &[Figures]) {
    let held_us = |mode| found.iter().map(|it| it.held_us(mode)).sum::<u64>();
    let (shared_us, alone_us) = (held_us(Mode::Shared), held_us(Mode::Alone));
    lines.add("lock_held_usec", shared_us + alone_us);
    lines.add("lock_held_shared_usec", shared_us);
    lines.add("lock_held_alone_usec", alone_us);
}

/// How long commands held the lock, and waited for it and for room in the log. The time of EXEC
/// includes that of its commands.
fn commands(lines: &mut Lines, call: &Call) {
    let totals = lines.totals(call);
    let totals = &totals.stats.commands;
    let sum = |part: fn(&Sums) -> u64| totals.values().map(part).sum::<u64>() / 1000;
    lines.add("lock_waited_usec", sum(|sums| sums.lock_ns));
    lines.add("log_room_waited_usec", sum(|sums| sums.log_ns));
    for (id, sums) in totals {
        let Some(command) = CommandId(*id).command() else {
            continue;
        };
        let mean = sums.held_ns as f64 / 1000.0 / sums.calls.max(1) as f64;
        lines.add(
            &format!("lockstat_{}", command.name),
            format_args!(
                "calls={},held_usec={},held_usec_per_call={mean:.2},waited_usec={},log_usec={}",
                sums.calls,
                sums.held_ns / 1000,
                sums.lock_ns / 1000,
                sums.log_ns / 1000
            ),
        );
    }
}

fn log(lines: &mut Lines, call: &Call) {
    let aof = &call.state.aof;
    let figures = &aof.figures;
    let (records, bytes) = (&figures.records, &figures.bytes);
    lines.add("log_queued_bytes", aof.queued_bytes.load(Relaxed));
    lines.add(
        "log_batches",
        format_args!(
            "{},records={},bytes={}",
            times(&figures.batches),
            records.load(Relaxed),
            bytes.load(Relaxed)
        ),
    );
    lines.add("log_syncs", times(&figures.syncs));
    lines.add("log_failures", figures.failures.load(Relaxed));
}

fn times(times: &Times) -> String {
    let (count, us, longest_us) = times.read();
    let mean = us as f64 / count.max(1) as f64;
    format!("count={count},usec={us},usec_per_call={mean:.2},max_usec={longest_us}")
}
