//! The section persistence.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::Lines;
use crate::aof::load::progress::Progress;
use crate::commands::Call;
use crate::threads::{Kind, Reason};

fn status(is_good: bool) -> &'static str {
    if is_good { "ok" } else { "err" }
}

pub(super) fn persistence(lines: &mut Lines, call: &Call) {
    let aof = &call.state.aof;
    let enabled = call.state.config().appendonly;
    let rewrites = aof.rewrites();
    let seconds = |time: Option<Duration>| time.map_or(-1, |time| time.as_secs() as i64);
    let is_loading = call.state.loading.is_on();
    lines.add("loading", u8::from(is_loading));
    lines.add("async_loading", 0);
    // Nothing forks.
    lines.add("current_cow_peak", 0);
    lines.add("current_cow_size", 0);
    lines.add("current_cow_size_age", 0);
    lines.add("current_fork_perc", "0.00");
    lines.add("rdb_changes_since_last_save", lines.contents.changes);
    lines.add("rdb_bgsave_in_progress", 0);
    lines.add("rdb_last_save_time", aof.last_sync_s.load(Relaxed));
    lines.add("rdb_last_bgsave_status", status(!aof.is_failing()));
    lines.add("aof_enabled", u8::from(enabled));
    lines.add("aof_rewrite_in_progress", u8::from(rewrites.is_running));
    lines.add("aof_rewrite_scheduled", u8::from(rewrites.is_scheduled));
    lines.add("aof_last_rewrite_time_sec", seconds(rewrites.last));
    lines.add("aof_current_rewrite_time_sec", seconds(rewrites.current));
    let is_good = rewrites.failed_s.is_none();
    lines.add("aof_last_bgrewrite_status", status(is_good));
    lines.add("aof_rewrites", rewrites.made);
    lines.add("aof_last_write_status", status(!aof.is_failing()));
    lines.add("aof_last_cow_size", 0);
    lines.add("module_fork_in_progress", 0);
    lines.add("module_fork_last_cow_size", 0);
    lines.add("aof_lost_files", aof.lost_files.load(Relaxed));
    if enabled {
        let (bytes, base_bytes) = aof.sizes();
        lines.add("aof_current_size", bytes);
        lines.add("aof_base_size", base_bytes);
        lines.add("aof_pending_rewrite", u8::from(rewrites.is_scheduled));
        lines.add("aof_buffer_length", aof.queued_bytes.load(Relaxed));
        let flushers = call.state.threads.figures(Kind::AofFlush);
        let flushing = flushers.waiting_for(Reason::Disk);
        lines.add("aof_pending_bio_fsync", flushing);
    }
    if is_loading {
        loading(lines, call.state.loading.progress());
    }
}

fn loading(lines: &mut Lines, progress: Progress) {
    lines.add("loading_start_time", progress.started_s);
    lines.add("loading_total_bytes", progress.total_bytes);
    lines.add("loading_loaded_bytes", progress.loaded_bytes);
    let percent = format_args!("{:.2}", progress.percent);
    lines.add("loading_loaded_perc", percent);
    lines.add("loading_eta_seconds", progress.eta_s);
}
