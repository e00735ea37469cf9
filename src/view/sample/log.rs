//! The log: what waits to be written, the last writes and syncs, and what a loss of power would take.

use std::sync::atomic::Ordering::Relaxed;

use crate::aof::{Done, Figures, Recent, Status};
use crate::config::Fsync;
use crate::engine::Engine;
use crate::view::json::Json;

pub(super) fn log(engine: &Engine) -> Json {
    let aof = &engine.state().aof;
    let mut json = Json::object();
    json.plain("on", aof.is_recording());
    policy(&mut json, aof.fsync());
    json.plain("queued_bytes", aof.queued_bytes.load(Relaxed));
    let log = engine.attached_log();
    let queued = log.map_or(0, |log| log.commit().queued_records());
    json.plain("queued_records", queued);
    written(&mut json, &aof.figures);
    file(&mut json, aof);
    json
}

/// Adds the policy, and what it promises.
fn policy(json: &mut Json, fsync: Fsync) {
    let promise = match fsync {
        Fsync::Always => {
            "A write is answered when it is on the disk. A loss of power takes nothing."
        }
        Fsync::EverySecond => {
            "A write is answered when it is in the file. The file is synced once a second, so a loss of \
             power takes the writes of about the last second."
        }
        Fsync::No => {
            "A write is answered when it is in the file. The system syncs it when it likes, often after \
             half a minute. A loss of power takes all writes since."
        }
    };
    json.text("policy", fsync.name().as_bytes());
    json.text("promise", promise.as_bytes());
}

fn written(json: &mut Json, figures: &Figures) {
    json.plain("records", figures.records.load(Relaxed));
    json.plain("written_bytes", figures.bytes.load(Relaxed));
    json.plain("writes", figures.batches.read().0);
    json.plain("syncs", figures.syncs.read().0);
    let syncs = figures.recent_syncs.read();
    json.plain("last_sync_us", syncs.last().map_or(0, |sync| sync.us));
    json.plain("unsynced_bytes", figures.unsynced.bytes.load(Relaxed));
    json.plain("unsynced_records", figures.unsynced.records.load(Relaxed));
    json.plain("unsynced_us", figures.unsynced.us());
    json.objects("recent_writes", recent(&figures.recent_batches));
    json.objects("recent_syncs", syncs.into_iter().map(done));
}

fn recent(of: &Recent) -> impl Iterator<Item = Json> {
    of.read().into_iter().map(done)
}

fn done(it: Done) -> Json {
    let mut json = Json::object();
    json.plain("n", it.number);
    json.plain("bytes", it.bytes);
    json.plain("us", it.us);
    json
}

fn file(json: &mut Json, aof: &Status) {
    let (file_bytes, base_bytes) = aof.sizes();
    json.plain("file_bytes", file_bytes);
    json.plain("base_bytes", base_bytes);
    let rewrites = aof.rewrites();
    json.plain("rewriting", rewrites.is_running);
    json.plain("rewrites", rewrites.made);
    json.plain(
        "last_rewrite_us",
        rewrites.last.map_or(0, |took| took.as_micros()),
    );
    match rewrites.current {
        None => json.object_in("rewrite", Json::null()),
        Some(took) => {
            let mut rewrite = Json::object();
            rewrite.plain("bytes", aof.made_bytes.load(Relaxed));
            rewrite.plain("us", took.as_micros());
            json.object_in("rewrite", rewrite)
        }
    };
    json.plain("failing", aof.is_failing());
}
