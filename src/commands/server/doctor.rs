//! LATENCY DOCTOR: reports the events that took long, and gives advice, in the words of Redis.
//!
//! Advice that does not apply here is left out: about forks and huge pages, about `hz`, and about the
//! deletion of large objects, which are freed without the store's lock.

use std::collections::BTreeMap;

use crate::clock::unix_time;
use crate::commands::{Call, ReplyError};
use crate::config::Fsync;
use crate::stats::Series;

const DISABLED: &str = "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this \
    Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order \
    to enable it. If we weren't in a deep space mission I'd suggest to take a look at \
    https://redis.io/topics/latency-monitor.\n";
const CALM: &str = "Dave, no latency spike was observed during the lifetime of this Redis \
    instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a \
    stress pill, and think things over.\n";
const SPIKES: &str = "Dave, I have observed latency spikes in this Redis instance. You don't mind \
    talking about it, do you Dave?\n\n";
const NO_ADVICE: &str = "\nWhile there are latency events logged, I'm not able to suggest any easy fix. \
    Please use the Redis community to get some help, providing this report in your help request.\n";
const ADVICE: &str = "\nI have a few advices for you:\n\n";

const INSPECT: &str = "- Check your Slow Log to understand what are the commands you are running \
    which are too slow to execute. Please check https://redis.io/commands/slowlog for more \
    information.\n";
const SCHEDULER: &str = "- The system is slow to execute Redis code paths not containing system \
    calls. This usually means the system does not provide Redis CPU time to run for long periods. \
    You should try to:\n  1) Lower the system load.\n  2) Use a computer / VM just for Redis if \
    you are running other software in the same system.\n  3) Check if you have a \"noisy \
    neighbour\" problem.\n  4) Check with 'redis-cli --intrinsic-latency 100' what is the intrinsic \
    latency in your system.\n";

const LOCAL_DISK: &str = "- It is strongly advised to use local disks for persistence, especially if \
    you are using AOF. Remote disks provided by platform-as-a-service providers are known to be \
    slow.\n";
const SSD: &str = "- SSD disks are able to reduce fsync latency, and total time needed for \
    snapshotting and AOF log rewriting (resulting in smaller memory usage). With extremely high \
    write load SSD disks can be a good option. However Redis should perform reasonably with high \
    load using normal disks. Use this advice as a last resort.\n";
const WRITEBACK: &str = "- Mounting ext3/4 filesystems with data=writeback can provide a performance \
    boost compared to data=ordered, however this mode of operation provides less guarantees, and \
    sometimes it can happen that after a hard crash the AOF file will have a half-written command \
    at the end and will require to be repaired before Redis restarts.\n";
const CONTENTION: &str = "- Try to lower the disk contention. This is often caused by other disk \
    intensive processes running in the same computer (including other Redis instances).\n";
const RELAX: &str = "- Your fsync policy is set to 'always'. It is very hard to get good performances \
    with such a setup, if possible try to relax the fsync policy to 'onesec'.\n";

/// Replies with the report.
pub(super) fn doctor(call: &mut Call) -> Result<(), ReplyError> {
    let monitor = &call.state.measuring.latency;
    let all = monitor.all();
    if all.is_empty() {
        let text = match monitor.threshold_ms() {
            0 => DISABLED,
            _ => CALM,
        };
        call.reply.verbatim(text);
        return Ok(());
    }
    let mut report = SPIKES.to_owned();
    for (index, (event, series)) in all.iter().enumerate() {
        report += &format!("{}. {event}: {}\n", index + 1, summary(series));
    }
    let advice = advice(call, &all);
    report += if advice.is_empty() { NO_ADVICE } else { ADVICE };
    call.reply.verbatim(&(report + &advice));
    Ok(())
}

/// Returns the advice for these events, in the order of Redis.
fn advice(call: &Call, all: &BTreeMap<&str, Series>) -> String {
    let has = |events: &[&str]| events.iter().any(|event| all.contains_key(event));
    let is_pending = has(&["aof-write-pending-fsync"]);
    let is_disk = is_pending || has(&["aof-write-active-child", "aof-write-alone"]);
    let is_local = is_pending || has(&["aof-write-alone"]);
    let syncs_always = call.state.aof.fsync() == Fsync::Always;
    let slow_log = match has(&["command"]) {
        true => slow_log_advice(call),
        false => String::new(),
    };
    let advice: String = [
        (has(&["command"]), INSPECT),
        (has(&["fast-command"]), SCHEDULER),
        (is_local, LOCAL_DISK),
        (is_disk, SSD),
        (is_disk, WRITEBACK),
        (is_pending, CONTENTION),
        (syncs_always && has(&["aof-fsync-always"]), RELAX),
    ]
    .into_iter()
    .filter_map(|(applies, text)| applies.then_some(text))
    .collect();
    slow_log + &advice
}

/// Returns the advice about the settings of the slow log, if they hide slow calls.
fn slow_log_advice(call: &Call) -> String {
    let measuring = &call.state.measuring;
    let monitored_ms = measuring.latency.threshold_ms();
    let us = monitored_ms * 1000;
    match measuring.slow_log.threshold_us() {
        None => format!(
            "- There are latency issues with potentially slow commands you are using. Try to enable \
             the Slow Log Redis feature using the command 'CONFIG SET slowlog-log-slower-than {us}'. \
             If the Slow log is disabled Redis is not able to log slow commands execution for you.\n"
        ),
        Some(slow_us) if slow_us / 1000 > monitored_ms => format!(
            "- Your current Slow Log configuration only logs events that are slower than your \
             configured latency monitor threshold. Please use 'CONFIG SET slowlog-log-slower-than \
             {us}'.\n"
        ),
        Some(_) => String::new(),
    }
}

fn summary(series: &Series) -> String {
    let count = series.samples.len().max(1) as u64;
    let mean = series.samples.iter().map(|it| it.ms).sum::<u64>() / count;
    let deviation = series
        .samples
        .iter()
        .map(|it| it.ms.abs_diff(mean))
        .sum::<u64>()
        / count;
    let first_s = series.samples.front().map_or(0, |first| first.unix_s);
    let period_s = unix_time().as_secs().saturating_sub(first_s).max(1);
    format!(
        "{count} latency spikes (average {mean}ms, mean deviation {deviation}ms, period {:.2} \
         sec). Worst all time event {}ms.",
        period_s as f64 / count as f64,
        series.max_ms
    )
}
