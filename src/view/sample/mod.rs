//! Samples: what the page shows, as one line of JSON. The thread that samples reads what other threads
//! show of themselves; they do nothing for it.

mod biggest;
mod keyspace;
mod lanes;
mod lock;
mod log;
mod server;
mod threads;

use std::time::{Duration, Instant};

use super::json::Json;
use crate::engine::Engine;
use crate::state::ServerState;
use crate::stats::{Buckets, Totals};
use crate::sys::memory;
use biggest::Biggest;
use threads::Survey;

/// The percentiles are those of the calls in this time.
const LATENCY_SPAN: Duration = Duration::from_secs(1);

/// Makes samples.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    survey: Survey,
    latencies: Option<Latencies>,
    databases: keyspace::Databases,
    biggest: Biggest,
}

/// How long calls took of late.
#[derive(Debug)]
struct Latencies {
    /// When the last span ended, and how often calls had taken how long until then.
    former: (Instant, Buckets),
    /// The 50th and the 99th percentile of the last span, in microseconds.
    percentiles_us: [u64; 2],
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
        self.biggest.add(&mut json);
        json.object_in("figures", self.figures(state, &totals));
        json.finish()
    }

    fn figures(&mut self, state: &ServerState, totals: &Totals) -> Json {
        let [half_us, most_us] = self.percentiles_us(totals);
        let mut json = Json::object();
        json.plain("calls", totals.calls());
        json.plain("errors", totals.error_count());
        json.plain("p50_us", half_us);
        json.plain("p99_us", most_us);
        json.plain(
            "memory_bytes",
            memory::process_bytes("VmRSS").unwrap_or_default(),
        );
        json.plain("clients", state.clients.open());
        json
    }

    /// Returns the percentiles of the last second or so.
    fn percentiles_us(&mut self, totals: &Totals) -> [u64; 2] {
        let former = self.latencies.as_ref();
        if let Some(it) = former.filter(|it| it.former.0.elapsed() < LATENCY_SPAN) {
            return it.percentiles_us;
        }
        let buckets = totals.buckets();
        let mut recent = buckets.clone();
        if let Some(it) = former.filter(|it| it.former.1.count() <= recent.count()) {
            recent.subtract(&it.former.1);
        }
        let percentiles_us = match recent.count() {
            0 => [0, 0],
            _ => [50.0, 99.0].map(|percentile| recent.percentile(percentile) / 1000),
        };
        self.latencies = Some(Latencies {
            former: (Instant::now(), buckets),
            percentiles_us,
        });
        percentiles_us
    }
}
