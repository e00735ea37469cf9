//! LATENCY: what took long, and how long the calls of each command take.

use super::doctor::doctor;
use super::sparkline;
use crate::clock::unix_time;
use crate::commands::help::help;
use crate::commands::lookup::{find, find_subcommand};
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, CommandId, ReplyError};
use crate::resp::reply::Reply;
use crate::stats::Buckets;

const ROW: Command = Command {
    flags: &[],
    group: "server",
    since: "2.8.13",
    ..Command::ROW
};

/// A subcommand that changes something.
const ADMIN: Command = Command {
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    ..ROW
};

/// A subcommand that reports what this server alone has measured.
const REPORT: Command = Command {
    tips: &[
        "nondeterministic_output",
        "request_policy:all_nodes",
        "response_policy:special",
    ],
    ..ADMIN
};

const HELP: &[&str] = &[
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
    "    If no commands are specified then all histograms are replied.",
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "latency",
    arity: -2,
    summary: "A container for latency diagnostics commands",
    complexity: "Depends on subcommand.",
    help: HELP,
    subcommands: &[
        Command {
            name: "latency|doctor",
            arity: 2,
            summary: "Return a human readable latency analysis report.",
            handler: Handler::Plain(doctor),
            ..REPORT
        },
        Command {
            name: "latency|graph",
            arity: 3,
            summary: "Return a latency graph for the event.",
            arguments: &[Argument::new("event", "string")],
            handler: Handler::Plain(graph),
            ..REPORT
        },
        Command {
            name: "latency|help",
            arity: 2,
            flags: &[Flag::Loading, Flag::Stale],
            summary: "Show helpful text about the different subcommands.",
            handler: Handler::Plain(help),
            ..ROW
        },
        Command {
            name: "latency|histogram",
            arity: -2,
            since: "7.0.0",
            summary: "Return the cumulative distribution of latencies of a subset of commands or all.",
            complexity: "O(N) where N is the number of commands with latency information being retrieved.",
            arguments: &[Argument::new("command", "string").optional().multiple()],
            handler: Handler::Plain(histogram),
            ..REPORT
        },
        Command {
            name: "latency|history",
            arity: 3,
            summary: "Return timestamp-latency samples for the event.",
            arguments: &[Argument::new("event", "string")],
            handler: Handler::Plain(history),
            ..REPORT
        },
        Command {
            name: "latency|latest",
            arity: 2,
            summary: "Return the latest latency samples for all events.",
            handler: Handler::Plain(latest),
            ..REPORT
        },
        Command {
            name: "latency|reset",
            arity: -2,
            tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
            summary: "Reset latency data for one or more events.",
            arguments: &[Argument::new("event", "string").optional().multiple()],
            handler: Handler::Plain(reset),
            ..ADMIN
        },
    ],
    ..ROW
}];

/// HISTOGRAM: for each command, how many calls took less than each power of two of 1,024 ns.
fn histogram(call: &mut Call) -> Result<(), ReplyError> {
    let totals = call.state.clients.totals().stats.commands;
    let wanted: Vec<usize> = match call.args.len() {
        2 => totals.keys().copied().collect(),
        _ => call.args.from(2).flat_map(named).collect(),
    };
    let found = wanted.into_iter().filter_map(|id| {
        let buckets = &totals.get(&id)?.buckets;
        let name = CommandId(id).command()?.name;
        (buckets.count() > 0).then_some((name, buckets))
    });
    let found: Vec<_> = found.collect();
    call.reply.map(found.len());
    for (name, buckets) in found {
        call.reply.bulk(name.as_bytes());
        reply_histogram(call.reply, buckets);
    }
    Ok(())
}

/// Returns the numbers of a command and of its subcommands; none if there is no such command.
fn named(name: &[u8]) -> Vec<usize> {
    let mut words = name.splitn(2, |&byte| byte == b'|');
    let Some((id, command)) = words.next().and_then(find) else {
        return Vec::new();
    };
    match words.next() {
        None => (id.0..=id.0 + command.subcommands.len()).collect(),
        Some(name) => find_subcommand(id, name)
            .map(|(id, _)| id.0)
            .into_iter()
            .collect(),
    }
}

fn reply_histogram(reply: &mut Reply, buckets: &Buckets) {
    let cumulative = buckets.cumulative();
    reply.map(2);
    reply.bulk(b"calls");
    reply.integer(buckets.count() as i64);
    reply.bulk(b"histogram_usec");
    reply.map(cumulative.len());
    for (end_ns, calls) in cumulative {
        // Redis's histogram names a bucket by the largest time that it cannot tell from its end.
        reply.integer(((end_ns + (end_ns >> 7) - 1) / 1000) as i64);
        reply.integer(calls as i64);
    }
}

/// LATEST: the last sample of each event, and its longest one.
fn latest(call: &mut Call) -> Result<(), ReplyError> {
    let all = call.state.measuring.latency.all();
    call.reply.array(all.len());
    for (event, series) in all {
        let last = series.samples.back();
        call.reply.array(4);
        call.reply.bulk(event.as_bytes());
        call.reply
            .integer(last.map_or(0, |last| last.unix_s as i64));
        call.reply.integer(last.map_or(0, |last| last.ms as i64));
        call.reply.integer(series.max_ms as i64);
    }
    Ok(())
}

/// HISTORY: the samples of an event, the oldest first.
fn history(call: &mut Call) -> Result<(), ReplyError> {
    let series = call.state.measuring.latency.series(call.args.get(2));
    let samples = series.unwrap_or_default().samples;
    call.reply.array(samples.len());
    for sample in samples {
        call.reply.array(2);
        call.reply.integer(sample.unix_s as i64);
        call.reply.integer(sample.ms as i64);
    }
    Ok(())
}

/// RESET: removes the samples of the named events, or all.
fn reset(call: &mut Call) -> Result<(), ReplyError> {
    let args = call.args;
    let is_wanted =
        |event: &str| args.len() == 2 || args.from(2).any(|name| name == event.as_bytes());
    call.reply
        .count(call.state.measuring.latency.reset(is_wanted));
    Ok(())
}

/// GRAPH: draws the samples of an event.
fn graph(call: &mut Call) -> Result<(), ReplyError> {
    let event = call.args.get(2);
    let Some(series) = call.state.measuring.latency.series(event) else {
        return Err(ReplyError::about(
            "ERR No samples available for event '",
            event,
            "'",
        ));
    };
    let now_s = unix_time().as_secs();
    let columns: Vec<(u64, String)> = series
        .samples
        .iter()
        .map(|sample| (sample.ms, age(now_s.saturating_sub(sample.unix_s))))
        .collect();
    let high = columns.iter().map(|(ms, _)| *ms).max().unwrap_or_default();
    let low = columns.iter().map(|(ms, _)| *ms).min().unwrap_or_default();
    let head = format!(
        "{} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        String::from_utf8_lossy(event),
        series.max_ms,
        "-".repeat(sparkline::COLUMNS)
    );
    call.reply.verbatim(&(head + &sparkline::draw(&columns)));
    Ok(())
}

/// Returns an age of some seconds in its largest unit.
fn age(seconds: u64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
