//! The traced requests of all clients, as events.

use std::sync::Arc;

use super::json::Json;
use crate::client::trace::{Taken, TracedRequest, Tracing, Watching};
use crate::state::ServerState;

/// Finds the traced requests that one viewer has not been sent yet.
#[derive(Debug)]
pub(super) struct Requests {
    tracing: Arc<Tracing>,
    /// The number of the last request that the viewer has been sent.
    last: u64,
    _watching: Watching,
}

impl Requests {
    /// Begins to watch: requests are traced until this is dropped.
    pub(super) fn watch(state: &ServerState) -> Requests {
        Requests {
            tracing: Arc::clone(&state.tracing),
            last: state.tracing.last(),
            _watching: Watching::begin(&state.tracing),
        }
    }

    /// Returns the new requests, as the data of events. A viewer that comes too late misses some.
    pub(super) fn events(&mut self) -> impl Iterator<Item = String> {
        let requests = self.tracing.since(self.last);
        if let Some(latest) = requests.last() {
            self.last = latest.number;
        }
        requests.into_iter().map(|request| event(&request))
    }
}

fn event(request: &TracedRequest) -> String {
    let mut json = Json::object();
    json.plain("n", request.number);
    json.plain("client", request.client);
    json.text("name", request.name.as_bytes());
    json.texts("words", request.words.iter().map(Vec::as_slice));
    json.plain("pipeline", request.pipeline);
    json.plain("database", request.database);
    json.micros("total_us", request.total());
    json.objects("steps", request.steps.iter().map(step));
    json.finish()
}

fn step(taken: &Taken) -> Json {
    let mut json = Json::object();
    json.text("name", taken.step.name().as_bytes());
    if let Some(command) = taken.command {
        json.text("command", command.as_bytes());
    }
    json.micros("us", taken.time);
    json.text("source", taken.step.source().as_bytes());
    json
}
