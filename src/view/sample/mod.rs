//! Samples: what the page shows, as one line of JSON. The viewer's thread reads what other threads
//! show of themselves; they do nothing for it.

mod keyspace;
mod lanes;
mod lock;
mod threads;

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::json::Json;
use crate::engine::Engine;
use crate::state::ServerState;
use crate::stats::{Buckets, Totals};
use crate::sys::memory;
use threads::Survey;

/// The percentiles are those of the calls in this time.
const LATENCY_SPAN: Duration = Duration::from_secs(1);

/// Makes the samples of one viewer.
#[derive(Debug)]
pub(super) struct Sampler {
    began: Instant,
    survey: Survey,
    latencies: Option<Latencies>,
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
    pub(super) fn new() -> Sampler {
        Sampler {
            began: Instant::now(),
            survey: Survey::default(),
            latencies: None,
        }
    }

    /// Returns a sample.
    pub(super) fn sample(&mut self, engine: &Engine) -> String {
        let state = engine.state();
        let totals = state.clients.totals().stats;
        let mut json = Json::object();
        json.plain("us", self.began.elapsed().as_micros());
        json.text("about", about(state).as_bytes());
        json.object_in("classroom", classroom(state));
        self.survey = Survey::new(state, &self.survey);
        lanes::add(&mut json, state, &self.survey);
        json.object_in("lock", lock::lock(state, &self.survey));
        json.object_in("log", log(state));
        keyspace::add(&mut json, engine);
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

fn about(state: &ServerState) -> String {
    format!(
        "threadbare {}, process {}, port {}, up {} s",
        env!("CARGO_PKG_VERSION"),
        std::process::id(),
        state.config().port,
        state.started.elapsed().as_secs()
    )
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

fn log(state: &ServerState) -> Json {
    let aof = &state.aof;
    let figures = &aof.figures;
    let (file_bytes, base_bytes) = aof.sizes();
    let mut json = Json::object();
    json.plain("on", aof.is_recording());
    json.plain("queued_bytes", aof.queued_bytes.load(Relaxed));
    json.plain("records", figures.records.load(Relaxed));
    json.plain("written_bytes", figures.bytes.load(Relaxed));
    json.plain("writes", figures.batches.read().0);
    json.plain("syncs", figures.syncs.read().0);
    json.plain("last_sync_us", figures.syncs.last_us());
    json.plain("unsynced_bytes", figures.unsynced_bytes.load(Relaxed));
    json.plain("file_bytes", file_bytes);
    json.plain("base_bytes", base_bytes);
    json.plain("rewriting", aof.rewrites().is_running);
    json.plain("failing", aof.is_failing());
    json
}
