//! What the log needs now and then: to be switched on or off, or to be made small.

use std::sync::atomic::Ordering;

use super::Engine;
use crate::aof::Log;
use crate::config::Config;

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
            // Whoever reads does not send records: what all of them have led to is here.
            let databases = self.store.read();
            log.rewrite(databases.snapshot());
        }
    }

    fn switch_log(&self, log: &Log, on: bool) {
        let databases = self.store.write();
        if on {
            log.switch_on(databases.snapshot());
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
    status.wants_rewrite.load(Ordering::Relaxed)
        || (config.auto_aof_rewrite_percentage > 0
            && bytes >= config.auto_aof_rewrite_min_bytes
            && growth >= config.auto_aof_rewrite_percentage)
}
