//! The sections stats and CPU.

use std::fs;
use std::sync::atomic::Ordering::Relaxed;

use super::Lines;
use crate::client::subscriptions::Kind;
use crate::commands::Call;

/// Bytes of a kilobyte in the rates.
const KB: f64 = 1024.0;

pub(super) fn stats(lines: &mut Lines, call: &Call) {
    let state = call.state;
    let (totals, rates) = (lines.totals(call), state.clients.rates());
    let counters = &totals.counters;
    lines.add("total_connections_received", totals.connections);
    lines.add("total_commands_processed", totals.stats.calls());
    lines.add(
        "instantaneous_ops_per_sec",
        format_args!("{:.0}", rates.calls),
    );
    lines.add("total_net_input_bytes", counters.read_bytes.load(Relaxed));
    lines.add("total_net_output_bytes", totals.sent.bytes);
    lines.add("total_net_repl_input_bytes", 0);
    lines.add("total_net_repl_output_bytes", 0);
    for (name, rate) in [
        ("instantaneous_input_kbps", rates.read_bytes),
        ("instantaneous_output_kbps", rates.sent_bytes),
        ("instantaneous_input_repl_kbps", 0.0),
        ("instantaneous_output_repl_kbps", 0.0),
    ] {
        lines.add(name, format_args!("{:.2}", rate / KB));
    }
    lines.add("rejected_connections", totals.rejected);
    lines.add_zeros(&["sync_full", "sync_partial_ok", "sync_partial_err"]);
    lines.add("expired_keys", state.expired_keys.load(Relaxed));
    let sweeping_ms = state.sweeping.time().as_millis();
    lines.add("expire_cycle_cpu_milliseconds", sweeping_ms);
    lines.add_zeros(&[
        "evicted_keys",
        "evicted_clients",
        "total_eviction_exceeded_time",
        "current_eviction_exceeded_time",
    ]);
    lines.add("keyspace_hits", counters.hits.load(Relaxed));
    lines.add("keyspace_misses", counters.misses.load(Relaxed));
    let subscriptions = &state.deliveries.subscriptions;
    lines.add("pubsub_channels", subscriptions.len(Kind::Channel));
    lines.add("pubsub_patterns", subscriptions.len(Kind::Pattern));
    lines.add("pubsubshard_channels", subscriptions.len(Kind::Shard));
    lines.add_zeros(ABSENT);
    let tracking = state.deliveries.tracking.counts();
    lines.add("tracking_total_keys", tracking.keys);
    lines.add("tracking_total_items", tracking.readers);
    lines.add("tracking_total_prefixes", tracking.prefixes);
    lines.add("unexpected_error_replies", 0);
    lines.add("total_error_replies", totals.stats.error_count());
    lines.add("total_reads_processed", counters.reads.load(Relaxed));
    lines.add("total_writes_processed", totals.sent.writes);
    // The clients' threads are no I/O threads in the sense of Redis: they run commands as well.
    lines.add_zeros(&[
        "io_threaded_reads_processed",
        "io_threaded_writes_processed",
    ]);
}

/// Fields about forks, MIGRATE, replicas and defragmentation, which do not exist here.
const ABSENT: &[&str] = &[
    "latest_fork_usec",
    "total_forks",
    "migrate_cached_sockets",
    "slave_expires_tracked_keys",
    "active_defrag_hits",
    "active_defrag_misses",
    "active_defrag_key_hits",
    "active_defrag_key_misses",
    "total_active_defrag_time",
    "current_active_defrag_time",
];

pub(super) fn cpu(lines: &mut Lines, _: &Call) {
    // Hundredths of a second: the unit USER_HZ of the kernel's ABI, whatever its own tick is.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The process's name comes first. It can contain anything, and ends with the last ')'.
    let mut fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .skip(11);
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / 100.0);
    if let (Some(user), Some(system)) = (seconds(), seconds()) {
        lines.add("used_cpu_sys", format_args!("{system:.6}"));
        lines.add("used_cpu_user", format_args!("{user:.6}"));
    }
    // There are no child processes.
    lines.add("used_cpu_sys_children", "0.000000");
    lines.add("used_cpu_user_children", "0.000000");
}
