//! INFO: the state of the server and its statistics.
//!
//! Names and form are Redis's. Fields that this server does not measure are omitted.

mod commands;
mod threads;

use std::fmt::Write;
use std::fs;
use std::sync::atomic::Ordering::Relaxed;

use crate::aof::load::progress::Progress;
use crate::client::subscriptions::Kind;
use crate::clock::unix_time;
use crate::commands::table::{Argument, Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::config::REDIS_VERSION;
use crate::state::ServerState;
use crate::store::Databases;
use crate::sys::memory;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "info",
    arity: -1,
    flags: &[Flag::Loading, Flag::Stale],
    categories: &[Category::Dangerous],
    tips: &[
        "nondeterministic_output",
        "request_policy:all_shards",
        "response_policy:special",
    ],
    group: "server",
    summary: "Get information and statistics about the server",
    history: &[(
        "7.0.0",
        "Added support for taking multiple section arguments.",
    )],
    arguments: &[Argument::new("section", "string").optional().multiple()],
    handler: Handler::ReadAll(info),
    ..Command::ROW
}];

/// A section: its name, and the function that writes its lines.
type Section = (&'static str, fn(&mut Lines, &Call, &Databases));

const SECTIONS: &[Section] = &[
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory),
    ("Persistence", persistence),
    ("Stats", stats),
    ("Replication", replication),
    ("CPU", cpu),
    ("Modules", |_, _, _| ()),
    ("Commandstats", commands::command_stats),
    ("Errorstats", commands::error_stats),
    ("Latencystats", commands::latency_stats),
    ("Threads", threads::threads),
    ("Cluster", cluster),
    ("Keyspace", keyspace),
];

/// Sections that are not in the default reply.
const EXTRA: [&str; 3] = ["Commandstats", "Latencystats", "Threads"];

/// Sections that `all` omits, as in Redis.
const MODULES: [&str; 1] = ["Modules"];

fn info(call: &mut Call, databases: &Databases) -> Result<(), ReplyError> {
    let is_default = call.args.len() == 1;
    let is_wanted = |section: &str| {
        is_default && !EXTRA.contains(&section)
            || call.args.from(1).any(|name| asks_for(name, section))
    };
    let mut lines = Lines::default();
    for (name, write) in SECTIONS.iter().filter(|(name, _)| is_wanted(name)) {
        lines.section(name);
        write(&mut lines, call, databases);
    }
    call.reply.verbatim(&lines.0);
    Ok(())
}

/// Returns whether an argument asks for a section, by its name or with others.
fn asks_for(name: &[u8], section: &str) -> bool {
    match name.to_ascii_lowercase().as_slice() {
        b"default" => !EXTRA.contains(&section),
        b"all" => !MODULES.contains(&section),
        b"everything" => true,
        name => section.as_bytes().eq_ignore_ascii_case(name),
    }
}

/// The text of the reply.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn section(&mut self, name: &str) {
        let separator = if self.0.is_empty() { "" } else { "\r\n" };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{separator}# {name}\r\n");
    }

    fn add(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = write!(self.0, "{name}:{value}\r\n");
    }

    /// Appends a number of bytes, and a field with the same number in a readable form.
    fn add_bytes(&mut self, name: &str, bytes: u64) {
        self.add(name, bytes);
        self.add(&format!("{name}_human"), human(bytes));
    }
}

fn server(lines: &mut Lines, call: &Call, _: &Databases) {
    let state: &ServerState = call.state;
    let now = unix_time();
    let uptime = state.started.elapsed().as_secs();
    lines.add("redis_version", REDIS_VERSION);
    lines.add("threadbare_version", env!("CARGO_PKG_VERSION"));
    lines.add("redis_mode", "standalone");
    lines.add("os", operating_system());
    lines.add("arch_bits", usize::BITS);
    lines.add("process_id", std::process::id());
    lines.add("run_id", &state.run_id);
    lines.add("tcp_port", state.config().port);
    lines.add("server_time_usec", now.as_micros());
    lines.add("uptime_in_seconds", uptime);
    lines.add("uptime_in_days", uptime / 86_400);
    if let Ok(path) = std::env::current_exe() {
        lines.add("executable", path.display());
    }
    lines.add("config_file", state.config().config_file.display());
}

fn clients(lines: &mut Lines, call: &Call, _: &Databases) {
    lines.add("connected_clients", call.state.clients.open());
    lines.add("maxclients", call.state.config().maxclients);
    lines.add("blocked_clients", call.state.clients.blocked());
    let tracking = call.state.deliveries.tracking.counts();
    lines.add("tracking_clients", tracking.clients);
}

fn memory(lines: &mut Lines, _: &Call, _: &Databases) {
    let usage = memory::usage();
    let resident = memory::process_bytes("VmRSS");
    if let (Some(usage), Some(resident)) = (usage, resident) {
        lines.add_bytes("used_memory", usage.used as u64);
        lines.add_bytes("used_memory_rss", resident as u64);
        lines.add_bytes("used_memory_peak", usage.peak as u64);
        let part = usage.used as f64 / usage.peak as f64;
        lines.add(
            "used_memory_peak_perc",
            format_args!("{:.2}%", 100.0 * part),
        );
    }
    lines.add_bytes("maxmemory", 0);
    lines.add("maxmemory_policy", "noeviction");
    if let (Some(usage), Some(resident)) = (usage, resident) {
        let ratio = resident as f64 / usage.used as f64;
        lines.add("mem_fragmentation_ratio", format_args!("{ratio:.2}"));
        lines.add(
            "mem_fragmentation_bytes",
            resident as i64 - usage.used as i64,
        );
    }
    lines.add("mem_allocator", "libc");
    // The thread of a command frees what the command removes.
    lines.add("lazyfree_pending_objects", 0);
}

fn status(is_good: bool) -> &'static str {
    if is_good { "ok" } else { "err" }
}

fn persistence(lines: &mut Lines, call: &Call, databases: &Databases) {
    let aof = &call.state.aof;
    let enabled = call.state.config().appendonly;
    let rewrites = aof.rewrites();
    let seconds = |seconds: Option<u64>| seconds.map_or(-1, |seconds| seconds as i64);
    let is_loading = call.state.loading.is_on();
    lines.add("loading", u8::from(is_loading));
    lines.add("async_loading", 0);
    lines.add("rdb_changes_since_last_save", databases.changes);
    lines.add("rdb_bgsave_in_progress", 0);
    lines.add("rdb_last_save_time", aof.last_sync_s.load(Relaxed));
    lines.add("rdb_last_bgsave_status", status(!aof.is_failing()));
    lines.add("aof_enabled", u8::from(enabled));
    lines.add("aof_rewrite_in_progress", u8::from(rewrites.is_running));
    lines.add("aof_rewrite_scheduled", u8::from(rewrites.is_scheduled));
    lines.add("aof_last_rewrite_time_sec", seconds(rewrites.last_s));
    let current = seconds(rewrites.current_s);
    lines.add("aof_current_rewrite_time_sec", current);
    let is_good = rewrites.failed_s.is_none();
    lines.add("aof_last_bgrewrite_status", status(is_good));
    lines.add("aof_rewrites", rewrites.made);
    lines.add("aof_last_write_status", status(!aof.is_failing()));
    lines.add("aof_lost_files", aof.lost_files.load(Relaxed));
    if enabled {
        let (bytes, base_bytes) = aof.sizes();
        lines.add("aof_current_size", bytes);
        lines.add("aof_base_size", base_bytes);
        lines.add("aof_buffer_length", aof.queued_bytes.load(Relaxed));
    }
    if is_loading {
        loading(lines, call.state.loading.progress());
    }
}

fn loading(lines: &mut Lines, progress: Progress) {
    lines.add("loading_start_time", progress.started_s);
    lines.add("loading_total_bytes", progress.total_bytes);
    lines.add("loading_loaded_bytes", progress.loaded_bytes);
    let percent = format_args!("{:.2}", progress.percent);
    lines.add("loading_loaded_perc", percent);
    lines.add("loading_eta_seconds", progress.eta_s);
}

fn stats(lines: &mut Lines, call: &Call, _: &Databases) {
    let totals = call.state.clients.totals();
    let counters = &totals.counters;
    lines.add("total_connections_received", totals.connections);
    lines.add("total_commands_processed", totals.stats.calls());
    lines.add("total_net_input_bytes", counters.read_bytes.load(Relaxed));
    lines.add("total_net_output_bytes", totals.sent_bytes);
    lines.add("rejected_connections", totals.rejected);
    lines.add("expired_keys", call.state.expired_keys.load(Relaxed));
    lines.add("evicted_keys", 0);
    lines.add("keyspace_hits", counters.hits.load(Relaxed));
    lines.add("keyspace_misses", counters.misses.load(Relaxed));
    let subscriptions = &call.state.deliveries.subscriptions;
    lines.add("pubsub_channels", subscriptions.len(Kind::Channel));
    lines.add("pubsub_patterns", subscriptions.len(Kind::Pattern));
    lines.add("pubsubshard_channels", subscriptions.len(Kind::Shard));
    lines.add("migrate_cached_sockets", 0);
    let tracking = call.state.deliveries.tracking.counts();
    lines.add("tracking_total_keys", tracking.keys);
    lines.add("tracking_total_items", tracking.readers);
    lines.add("tracking_total_prefixes", tracking.prefixes);
    lines.add("total_error_replies", totals.stats.error_count());
}

fn replication(lines: &mut Lines, call: &Call, _: &Databases) {
    lines.add("role", "master");
    lines.add("connected_slaves", 0);
    lines.add("master_failover_state", "no-failover");
    // There is no replication stream, so nothing of it was ever written.
    lines.add("master_replid", &call.state.run_id);
    lines.add("master_replid2", "0".repeat(40));
    lines.add("master_repl_offset", 0);
    lines.add("second_repl_offset", -1);
    lines.add("repl_backlog_active", 0);
}

fn cpu(lines: &mut Lines, _: &Call, _: &Databases) {
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

fn cluster(lines: &mut Lines, _: &Call, _: &Databases) {
    lines.add("cluster_enabled", 0);
}

fn keyspace(lines: &mut Lines, _: &Call, databases: &Databases) {
    for (index, keyspace) in databases
        .iter()
        .enumerate()
        .filter(|(_, keyspace)| !keyspace.is_empty())
    {
        let keys = keyspace.len();
        let expires = keyspace.expiring();
        lines.add(
            &format!("db{index}"),
            format_args!("keys={keys},expires={expires},avg_ttl=0"),
        );
    }
}

/// Formats a number of bytes as Redis does: `1.50M`.
fn human(bytes: u64) -> String {
    const UNITS: [(u64, char); 4] = [
        (1 << 40, 'T'),
        (1 << 30, 'G'),
        (1 << 20, 'M'),
        (1 << 10, 'K'),
    ];
    match UNITS.into_iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.2}{unit}", bytes as f64 / size as f64),
        None => format!("{bytes}B"),
    }
}

fn operating_system() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let name = match std::env::consts::OS {
        "linux" => "Linux",
        other => other,
    };
    [name, release.trim(), std::env::consts::ARCH].join(" ")
}
