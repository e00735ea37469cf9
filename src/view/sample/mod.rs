//! Samples: the state of the server as the page shows it, one line of JSON each. The thread that samples
//! reads what other threads note in memory of their own; they do nothing for it.

mod biggest;
mod keyspace;
mod lanes;
mod latencies;
mod lock;
mod log;
mod server;
mod threads;

use std::time::Instant;

use super::json::Json;
use crate::engine::Engine;
use crate::state::ServerState;
use crate::stats::Totals;
use crate::sys::memory;
use biggest::Biggest;
use latencies::Latencies;
use threads::Survey;

/// Makes samples.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    survey: Survey,
    latencies: Latencies,
    databases: keyspace::Databases,
    biggest: Biggest,
}

impl Sampler {
    /// Walks through some keys, if that is due. Returns when to call this again.
    pub(super) fn walk(&mut self, engine: &Engine) -> Instant {
        self.biggest.step(engine)
    }

    /// Returns a sample.
    pub(super) fn sample(&mut self, engine: &Engine) -> String {
        let state = engine.state();
        let totals = state.clients.totals().stats;
        let mut json = Json::object();
        server::add(&mut json, state);
        self.survey = Survey::new(state, &self.survey);
        lanes::add(&mut json, state, &self.survey);
        json.object_in("lock", lock::lock(state, &self.survey));
        json.object_in("log", log::log(engine));
        self.databases.add(&mut json, engine);
        self.biggest.add(&mut json, engine);
        json.object_in("figures", self.figures(state, &totals));
        json.finish()
    }

    fn figures(&mut self, state: &ServerState, totals: &Totals) -> Json {
        let [half, most] = self.latencies.percentiles(Instant::now(), totals.buckets());
        let mut json = Json::object();
        json.plain("calls", totals.calls());
        json.micros("p50_us", half);
        json.micros("p99_us", most);
        json.plain(
            "memory_bytes",
            memory::process_bytes("VmRSS").unwrap_or_default(),
        );
        json.plain("clients", state.clients.open());
        json
    }
}
