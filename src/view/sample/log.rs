//! The log: what waits to be written, the last writes and syncs, and what a loss of power would take.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::aof::{Figures, Recent, Rewrites, Status, Tenth};
use crate::config::Fsync;
use crate::engine::Engine;
use crate::view::json::Json;

pub(super) fn log(engine: &Engine) -> Json {
    let aof = &engine.state().aof;
    let mut json = Json::object();
    policy(&mut json, aof);
    json.plain("queued_bytes", aof.queued_bytes.load(Relaxed));
    let log = engine.attached_log();
    let queued = log.map_or(0, |log| log.commit().queued_records());
    json.plain("queued_records", queued);
    written(&mut json, &aof.figures);
    recent(&mut json, &aof.figures, engine.state().started);
    let (file_bytes, base_bytes) = aof.sizes();
    json.plain("file_bytes", file_bytes);
    json.plain("base_bytes", base_bytes);
    rewrites(&mut json, aof.rewrites());
    json.plain("failing", aof.is_failing());
    json
}

/// Adds whether commands are recorded, and what a reply to a write promises.
fn policy(json: &mut Json, aof: &Status) {
    let is_first = !aof.is_on() && aof.is_recording();
    let promise = match aof.fsync() {
        _ if is_first => {
            "Until the first file is complete, a write is answered while it is only in memory."
        }
        _ if !aof.is_recording() => "",
        Fsync::Always => "A write is answered when it is on the disk.",
        Fsync::EverySecond => {
            "A write is answered when it is in the file, which is synced once a second."
        }
        Fsync::No => {
            "A write is answered when it is in the file. The system syncs that when it likes, often \
             after half a minute."
        }
    };
    json.plain("on", aof.is_recording());
    json.plain("first", is_first);
    json.text("policy", aof.fsync().name().as_bytes());
    json.text("promise", promise.as_bytes());
}

fn written(json: &mut Json, figures: &Figures) {
    json.plain("records", figures.records.load(Relaxed));
    json.plain("written_bytes", figures.bytes.load(Relaxed));
    json.plain("writes", figures.batches.read().0);
    json.plain("syncs", figures.syncs.read().0);
    json.plain("last_sync_us", figures.syncs.last_us());
    json.plain("unsynced_bytes", figures.unsynced.bytes.load(Relaxed));
    json.plain("unsynced_records", figures.unsynced.records.load(Relaxed));
    json.plain("unsynced_us", figures.unsynced.us());
}

/// Adds the writes and the syncs of the last seconds, by tenths of a second.
fn recent(json: &mut Json, figures: &Figures, started: Instant) {
    let tenths = |of: &Recent| of.read().into_iter().map(move |it| tenth(it, started));
    json.objects("recent_writes", tenths(&figures.recent_batches));
    json.objects("recent_syncs", tenths(&figures.recent_syncs));
}

fn tenth(it: Tenth, started: Instant) -> Json {
    let mut json = Json::object();
    json.plain("at_us", it.began.duration_since(started).as_micros());
    json.plain("count", it.count);
    json.plain("bytes", it.bytes);
    json.plain("most_bytes", it.most_bytes);
    json.plain("most_us", it.most_us);
    json
}

fn rewrites(json: &mut Json, rewrites: Rewrites) {
    json.plain("rewriting", rewrites.is_running);
    json.plain("rewrites", rewrites.made);
    let last = rewrites.last.unwrap_or_default();
    json.plain("last_rewrite_us", last.as_micros());
    json.optional("rewrite_failed_s", rewrites.failed_s);
    let current = rewrites.current.map(|took| {
        let mut rewrite = Json::object();
        rewrite.plain("bytes", rewrites.made_bytes);
        rewrite.plain("us", took.as_micros());
        rewrite
    });
    json.optional_object("rewrite", current);
}
