//! The traced requests of all clients, as events.

use std::sync::Arc;
use std::time::Duration;

use super::json::Json;
use crate::client::trace::{Sample, Taken, Tracing, Watching};
use crate::state::ServerState;

/// Finds the samples that one viewer has not been sent yet.
#[derive(Debug)]
pub(super) struct Requests {
    tracing: Arc<Tracing>,
    /// The number of the last sample that the viewer has been sent.
    last: u64,
    _watching: Watching,
}

impl Requests {
    /// Requests are traced from now on, until this is dropped.
    pub(super) fn watch(state: &ServerState) -> Requests {
        Requests {
            tracing: Arc::clone(&state.tracing),
            last: state.tracing.last(),
            _watching: Watching::begin(&state.tracing, &state.features),
        }
    }

    /// Returns the new samples, as the data of events. A viewer that comes too late misses some.
    pub(super) fn events(&mut self) -> impl Iterator<Item = String> {
        let samples = self.tracing.since(self.last);
        if let Some(latest) = samples.last() {
            self.last = latest.number;
        }
        samples.into_iter().map(|sample| event(&sample))
    }
}

fn event(sample: &Sample) -> String {
    let mut json = Json::object();
    json.plain("n", sample.number);
    json.plain("client", sample.client);
    json.text("name", sample.name.as_bytes());
    json.texts("words", sample.words.iter().map(Vec::as_slice));
    json.plain("pipeline", sample.pipeline);
    json.plain("database", sample.database);
    json.plain("total_us", micros(sample.total()));
    json.objects("steps", sample.steps.iter().map(step));
    json.finish()
}

fn step(taken: &Taken) -> Json {
    let mut json = Json::object();
    json.text("name", taken.step.name().as_bytes());
    if let Some(command) = taken.command {
        json.text("command", command.as_bytes());
    }
    json.plain("us", micros(taken.time));
    json.text("source", taken.step.source().as_bytes());
    json
}

/// Returns microseconds with three decimals.
fn micros(time: Duration) -> String {
    let ns = time.as_nanos();
    format!("{}.{:03}", ns / 1000, ns % 1000)
}
