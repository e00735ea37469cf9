//! When the log's file is to be made small.

use super::Engine;
use crate::aof::Log;
use crate::config::Config;

/// How many seconds after a rewrite has failed the file may be rewritten because of its size.
/// Most likely there was no room, and each try takes all that there is from the old file.
const REWRITE_PAUSE_S: u64 = 60;

impl Engine {
    /// Begins a rewrite if it is time for one. To be called every now and then.
    pub fn tend_log(&self) {
        let Some(log) = self.attached_log().filter(|log| log.is_on()) else {
            return;
        };
        let needs_rewrite = needs_rewrite(log, &self.state.config());
        if needs_rewrite {
            // If somebody else has just begun one, that is as good.
            let _ = log.rewrite();
        }
    }
}

fn needs_rewrite(log: &Log, config: &Config) -> bool {
    let rewrites = log.status().rewrites();
    if rewrites.is_running || rewrites.is_scheduled {
        return rewrites.is_due;
    }
    has_grown(log, config)
        && !log.status().is_failing()
        && rewrites
            .failed_s
            .is_none_or(|failed| failed >= REWRITE_PAUSE_S)
}

fn has_grown(log: &Log, config: &Config) -> bool {
    let (bytes, base) = log.status().sizes();
    let growth = bytes.saturating_sub(base) * 100 / base.max(1);
    config.auto_aof_rewrite_percentage > 0
        && bytes >= config.auto_aof_rewrite_min_bytes
        && growth >= config.auto_aof_rewrite_percentage
}
