//! The lanes of the threads: a line for each, as far as there is room.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::client::Client;
use crate::commands::CommandId;
use crate::state::ServerState;
use crate::threads::{Kind, Reason, Thread};
use crate::view::json::Json;

/// Clients beyond these are counted by what they do.
const MAX_CLIENTS: usize = 24;

pub(super) fn add(json: &mut Json, state: &ServerState) {
    let clients = state.clients.clients();
    let clients: HashMap<String, Arc<Client>> = clients
        .into_iter()
        .map(|client| (format!("client-{}", client.id), client))
        .collect();
    let (mut shown, rest) = choose(state.threads.list(), &clients);
    shown.sort_by_key(|thread| thread.id);
    let lanes = shown
        .iter()
        .map(|thread| lane(thread, clients.get(&thread.name)));
    json.objects("threads", lanes);
    let mut folded: BTreeMap<&str, usize> = BTreeMap::new();
    for thread in &rest {
        *folded.entry(doing(thread)).or_default() += 1;
    }
    json.objects(
        "folded",
        folded.into_iter().map(|(doing, count)| {
            let mut json = Json::object();
            json.text("state", doing.as_bytes());
            json.plain("count", count);
            json
        }),
    );
}

/// Splits the threads into the shown ones and the rest. Shown are the server's own threads and the
/// clients that were the last to send something.
fn choose(all: Vec<Thread>, clients: &HashMap<String, Arc<Client>>) -> (Vec<Thread>, Vec<Thread>) {
    let is_own = |thread: &Thread| !matches!(thread.kind, Kind::Client | Kind::ClientOut);
    let (mut shown, mut rest): (Vec<_>, Vec<_>) = all.into_iter().partition(is_own);
    let idle = |thread: &Thread| clients.get(&thread.name).map(|client| client.idle());
    // Clients that are about to end have no idle time and come last.
    rest.sort_by_cached_key(|thread| (idle(thread).is_none(), idle(thread)));
    let first = rest.len().min(MAX_CLIENTS);
    shown.extend(rest.drain(..first));
    (shown, rest)
}

fn lane(thread: &Thread, client: Option<&Arc<Client>>) -> Json {
    let mut json = Json::object();
    json.plain("tid", thread.id);
    json.text("name", thread.name.as_bytes());
    json.text("state", doing(thread).as_bytes());
    json.plain("since_us", thread.waits.map_or(0, |(_, us)| us));
    if let Some(client) = client {
        let last = CommandId(client.last_command.load(Relaxed)).command();
        json.text("command", last.map_or("", |row| row.name).as_bytes());
        json.text("peer", client.peer.to_string().as_bytes());
    }
    let (cpu_us, switches) = scheduled(thread.id).unwrap_or_default();
    json.plain("cpu_us", cpu_us);
    json.plain("switches", switches);
    json
}

/// Returns what a thread does, by the page's names.
fn doing(thread: &Thread) -> &'static str {
    match thread.waits {
        None => "runs",
        Some((Reason::Lock, _)) => "waits-lock",
        Some((Reason::Log, _)) => "waits-log",
        Some((Reason::Data, _)) => "blocked",
        Some((Reason::Disk, _)) => "disk",
        Some((Reason::Socket | Reason::Work, _)) => "sleeps",
    }
}

/// Returns how many microseconds a thread has run, and how often a processor has turned to it (Linux
/// only).
fn scheduled(thread: u32) -> Option<(u64, u64)> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    let mut words = text.split_ascii_whitespace();
    let run_ns: u64 = words.next()?.parse().ok()?;
    let turns = words.nth(1)?.parse().ok()?;
    Some((run_ns / 1000, turns))
}
