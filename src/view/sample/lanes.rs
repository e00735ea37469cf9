//! The lanes of the threads: a line for each, as far as there is room.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::threads::{Seen, Survey};
use crate::client::Client;
use crate::commands::CommandId;
use crate::state::ServerState;
use crate::view::json::Json;

pub(super) fn add(json: &mut Json, state: &ServerState, survey: &Survey) {
    json.objects("threads", survey.lanes.iter().map(|it| lane(it, state)));
    let folded = survey.folded.iter().map(|(state, count)| {
        let mut json = Json::object();
        json.text("state", state.as_bytes());
        json.plain("count", count);
        json
    });
    json.objects("folded", folded);
}

fn lane(thread: &Seen, state: &ServerState) -> Json {
    let mut json = Json::object();
    json.plain("tid", thread.id);
    json.text("name", thread.name.as_bytes());
    json.text("kind", thread.kind.name().as_bytes());
    let client = client_of(thread, state);
    // Another thread answers a client in line, whose own thread sleeps on.
    let is_answered = client.as_ref().is_some_and(|it| it.wait.has_ended());
    let doing = match thread.state {
        "blocked" if is_answered => "sleeps",
        state => state,
    };
    json.text("state", doing.as_bytes());
    json.plain("since_us", thread.since_us);
    if let Some(client) = client {
        json.text("command", command_of(&client).as_bytes());
        json.text("peer", client.peer.to_string().as_bytes());
        json.plain("client", client.id);
    }
    let (cpu_us, switches) = scheduled(thread.id).unwrap_or_default();
    json.plain("cpu_us", cpu_us);
    json.plain("switches", switches);
    json
}

/// Returns the client that a thread serves.
pub(super) fn client_of(thread: &Seen, state: &ServerState) -> Option<Arc<Client>> {
    state.clients.find(thread.client?)
}

/// Returns the name of a client's last command, which it may still be running.
pub(super) fn command_of(client: &Client) -> &'static str {
    command_name(client.last_command.load(Relaxed))
}

/// Returns the name of a command by its number.
pub(super) fn command_name(id: usize) -> &'static str {
    CommandId(id).command().map_or("", |row| row.name)
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
