//! What the log needs now and then: to be switched on or off, or to be made small.

use std::sync::atomic::Ordering;

use super::Engine;
use crate::aof::Log;
use crate::config::Config;
use crate::store::Snapshot;

/// How many seconds after a rewrite has failed the file may be rewritten because of its size.
/// Most likely there was no room, and each try takes all that there is from the old file.
const REWRITE_PAUSE_S: u64 = 60;

impl Engine {
    /// Does what there is to do. To be called every now and then.
    pub fn tend_log(&self) {
        let Some(log) = self.attached_log() else {
            return;
        };
        let wants_log = self.instance.config().appendonly;
        if wants_log != log.is_on() {
            self.switch_log(log, wants_log);
        } else if wants_log && needs_rewrite(log, &self.instance.config()) {
            let mut databases = self.store.write();
            log.rewrite(Snapshot::begin(&self.store, &mut databases));
        }
    }

    fn switch_log(&self, log: &Log, on: bool) {
        let mut databases = self.store.write();
        if on {
            log.switch_on(Snapshot::begin(&self.store, &mut databases));
        } else {
            log.switch_off();
        }
    }
}

fn needs_rewrite(log: &Log, config: &Config) -> bool {
    let status = log.status();
    if status.rewriting.load(Ordering::Relaxed) {
        return false;
    }
    let bytes = status.file_bytes.load(Ordering::Relaxed);
    let base = status.base_bytes.load(Ordering::Relaxed).max(1);
    let growth = bytes.saturating_sub(base) * 100 / base;
    let may_be_tried =
        !status.is_failing() && status.seconds_since_failed_rewrite() >= REWRITE_PAUSE_S;
    status.wants_rewrite.load(Ordering::Relaxed)
        || (may_be_tried
            && config.auto_aof_rewrite_percentage > 0
            && bytes >= config.auto_aof_rewrite_min_bytes
            && growth >= config.auto_aof_rewrite_percentage)
}
