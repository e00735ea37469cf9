//! The server itself: its process, the data that it loaded at its start, and its parts that a class has
//! slowed down.

use crate::aof::load::progress::Recovered;
use crate::state::ServerState;
use crate::view::json::Json;

/// Adds the process, the data that it loaded at its start, and the state of the classroom. `run` tells
/// one start of the server from the next; in a container both can have the same process number.
pub(super) fn add(json: &mut Json, state: &ServerState) {
    json.plain("us", state.started.elapsed().as_micros());
    json.text("run", state.run_id.as_bytes());
    json.plain("pid", std::process::id());
    json.plain("port", state.config().port);
    json.plain("loading", state.loading.is_on());
    json.optional_object("recovered", state.loading.recovered.get().map(found));
    json.optional_object("classroom", classroom(state));
}

/// Returns the figures of the loaded data.
fn found(recovered: &Recovered) -> Json {
    let mut json = Json::object();
    json.plain("keys", recovered.keys);
    json.plain("records", recovered.records);
    json.plain("bytes", recovered.bytes);
    json.plain("cut_bytes", recovered.cut_bytes);
    json.plain("ms", recovered.ms);
    json
}

/// Returns the delays that a class has set; `None` without `classroom yes`.
fn classroom(state: &ServerState) -> Option<Json> {
    let classroom = &state.classroom;
    if !classroom.is_on() {
        return None;
    }
    let mut json = Json::object();
    let slow = classroom.slow().map(|(client, ms)| {
        let mut json = Json::object();
        json.plain("client", client);
        json.plain("ms", ms);
        json
    });
    json.optional_object("slow", slow);
    json.plain("hold_ms", classroom.hold_ms());
    json.plain("disk_ms", classroom.disk_ms());
    json.plain("load", classroom.has_load());
    Some(json)
}
