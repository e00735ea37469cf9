//! INFO: the state of the server and its statistics.
//!
//! Names and form are Redis's. Fields that this server does not measure are omitted.

mod commands;
mod memory;
mod memory_use;
mod persistence;
mod stats;
mod threads;

use std::cell::OnceCell;
use std::fmt::Write;
use std::fs;
use std::rc::Rc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::client::counters::Totals;
use crate::clock::unix_time;
use crate::commands::Call;
use crate::commands::table::{Argument, Category, Command, Flag, Handler, Report};
use crate::config::REDIS_VERSION;
use crate::state::ServerState;
use crate::store::Databases;

pub(super) use memory_use::MemoryUse;

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
    handler: Handler::ReadAllThen(info),
    ..Command::ROW
}];

/// A section: its name, and the function that writes its lines.
type Section = (&'static str, fn(&mut Lines, &Call));

const SECTIONS: &[Section] = &[
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory::memory),
    ("Persistence", persistence::persistence),
    ("Stats", stats::stats),
    ("Replication", replication),
    ("CPU", stats::cpu),
    ("Modules", |_, _| ()),
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

/// Counts what the store has. The rest of the reply takes long if there are thousands of clients, and
/// needs no data.
fn info(databases: &Databases) -> Report {
    let contents = Contents::count(databases);
    Box::new(|call| report(call, contents))
}

fn report(call: &mut Call, contents: Contents) {
    let is_default = call.args.len() == 1;
    let is_wanted = |section: &str| {
        is_default && !EXTRA.contains(&section)
            || call.args.from(1).any(|name| asks_for(name, section))
    };
    let mut lines = Lines {
        contents,
        ..Lines::default()
    };
    for (name, write) in SECTIONS.iter().filter(|(name, _)| is_wanted(name)) {
        lines.section(name);
        write(&mut lines, call);
    }
    call.reply.verbatim(&lines.text);
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

/// What the store has.
#[derive(Default)]
struct Contents {
    /// The keys of each database, and how many of them expire.
    keys: Vec<(usize, usize)>,
    changes: u64,
}

impl Contents {
    fn count(databases: &Databases) -> Contents {
        let keys = databases.iter().map(|it| (it.len(), it.expiring()));
        Contents {
            keys: keys.collect(),
            changes: databases.changes,
        }
    }
}

/// The text of the reply, and what several sections need.
#[derive(Default)]
struct Lines {
    text: String,
    contents: Contents,
    totals: OnceCell<Rc<Totals>>,
}

impl Lines {
    /// Returns the sums over all clients. They are made once, because thousands of clients have many
    /// figures.
    fn totals(&self, call: &Call) -> Rc<Totals> {
        let totals = || Rc::new(call.state.clients.totals());
        Rc::clone(self.totals.get_or_init(totals))
    }

    fn section(&mut self, name: &str) {
        let separator = if self.text.is_empty() { "" } else { "\r\n" };
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{separator}# {name}\r\n");
    }

    fn add(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = write!(self.text, "{name}:{value}\r\n");
    }

    /// Appends fields that are zero: this server has nothing of the kind.
    fn add_zeros(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.add(name, 0));
    }

    /// Appends a number of bytes, and a field with the same number in a readable form.
    fn add_bytes(&mut self, name: &str, bytes: u64) {
        self.add(name, bytes);
        self.add(&format!("{name}_human"), human(bytes));
    }
}

fn server(lines: &mut Lines, call: &Call) {
    let state: &ServerState = call.state;
    let now = unix_time();
    let uptime = state.started.elapsed().as_secs();
    lines.add("redis_version", REDIS_VERSION);
    lines.add("threadbare_version", env!("CARGO_PKG_VERSION"));
    lines.add("redis_mode", "standalone");
    lines.add("os", operating_system());
    lines.add("arch_bits", usize::BITS);
    // The standard library's clock.
    lines.add("monotonic_clock", "POSIX clock_gettime");
    lines.add("process_id", std::process::id());
    let supervisor = state.supervisor.get().unwrap_or(&"no");
    lines.add("process_supervised", supervisor);
    lines.add("run_id", &state.run_id);
    lines.add("tcp_port", state.config().port);
    lines.add("server_time_usec", now.as_micros());
    lines.add("uptime_in_seconds", uptime);
    lines.add("uptime_in_days", uptime / 86_400);
    if let Ok(path) = std::env::current_exe() {
        lines.add("executable", path.display());
    }
    lines.add("config_file", state.config().config_file.display());
    // Each client's thread reads and writes for its client.
    lines.add("io_threads_active", 0);
}

fn clients(lines: &mut Lines, call: &Call) {
    let clients = call.state.clients.clients();
    let blocked = clients.iter().filter(|client| client.wait.is_in_line());
    let size = |size: &AtomicUsize| size.load(Relaxed);
    let inputs = clients.iter().map(|client| {
        let buffers = &client.buffers;
        size(&buffers.query) + size(&buffers.query_free)
    });
    let outputs = clients.iter().map(|client| client.connection().pending().1);
    lines.add("connected_clients", clients.len());
    lines.add("cluster_connections", 0);
    lines.add("maxclients", call.state.config().maxclients);
    // The largest ones now.
    lines.add("client_recent_max_input_buffer", inputs.max().unwrap_or(0));
    lines.add(
        "client_recent_max_output_buffer",
        outputs.max().unwrap_or(0),
    );
    lines.add("blocked_clients", blocked.count());
    let tracking = call.state.deliveries.tracking.counts();
    lines.add("tracking_clients", tracking.clients);
}

fn replication(lines: &mut Lines, call: &Call) {
    lines.add("role", "master");
    lines.add("connected_slaves", 0);
    lines.add("master_failover_state", "no-failover");
    // There is no replication stream, so nothing of it was ever written.
    lines.add("master_replid", &call.state.run_id);
    lines.add("master_replid2", "0".repeat(40));
    lines.add("master_repl_offset", 0);
    lines.add("second_repl_offset", -1);
    lines.add("repl_backlog_active", 0);
    lines.add("repl_backlog_first_byte_offset", 0);
    lines.add("repl_backlog_histlen", 0);
}

fn cluster(lines: &mut Lines, _: &Call) {
    lines.add("cluster_enabled", 0);
}

fn keyspace(lines: &mut Lines, _: &Call) {
    let databases = lines.contents.keys.clone();
    for (index, (keys, expires)) in databases.into_iter().enumerate() {
        if keys > 0 {
            lines.add(
                &format!("db{index}"),
                format_args!("keys={keys},expires={expires},avg_ttl=0"),
            );
        }
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
