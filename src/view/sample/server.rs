//! The server itself: which one it is, what it loaded at its start, and what a class has slowed down.

use crate::aof::load::progress::Recovered;
use crate::state::ServerState;
use crate::view::json::Json;

/// Adds what tells this server from others, and what it loaded at its start.
pub(super) fn add(json: &mut Json, state: &ServerState) {
    let (pid, port) = (std::process::id(), state.config().port);
    let (version, up) = (env!("CARGO_PKG_VERSION"), state.started.elapsed());
    let seconds = up.as_secs();
    let about = format!("threadbare {version}, process {pid}, port {port}, up {seconds} s");
    json.plain("us", up.as_micros());
    json.text("about", about.as_bytes());
    json.text("version", version.as_bytes());
    json.text("run", state.run_id.as_bytes());
    json.plain("pid", pid);
    json.plain("port", port);
    json.plain("up_s", seconds);
    json.plain("loading", state.loading.is_on());
    match state.loading.recovered.get() {
        None => json.object_in("recovered", Json::null()),
        Some(recovered) => json.object_in("recovered", found(recovered)),
    };
    json.object_in("classroom", classroom(state));
}

/// What was loaded.
fn found(recovered: &Recovered) -> Json {
    let mut json = Json::object();
    json.plain("keys", recovered.keys);
    json.plain("records", recovered.records);
    json.plain("bytes", recovered.bytes);
    json.plain("cut_bytes", recovered.cut_bytes);
    json.plain("ms", recovered.ms);
    json
}

/// What a class has slowed down.
fn classroom(state: &ServerState) -> Json {
    let classroom = &state.classroom;
    if !classroom.is_on() {
        return Json::null();
    }
    let mut json = Json::object();
    let slow = classroom.slow().map_or(Json::null(), |(client, ms)| {
        let mut json = Json::object();
        json.plain("client", client);
        json.plain("ms", ms);
        json
    });
    json.object_in("slow", slow);
    json.plain("hold_ms", classroom.hold_ms());
    json.plain("disk_ms", classroom.disk_ms());
    json.plain("load", classroom.has_load());
    json
}
