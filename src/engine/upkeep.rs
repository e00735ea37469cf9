//! Begins rewrites of the log's file.

use super::Engine;
use crate::aof::Log;
use crate::config::Config;

/// The pause in seconds after a failed rewrite, before the size of the file begins another. The
/// disk is most likely full, and each attempt takes the space that the current file needs.
const REWRITE_PAUSE_S: u64 = 60;

impl Engine {
    /// Begins a rewrite if the file's size or the state of the log asks for one. To be called
    /// regularly.
    pub fn tend_log(&self) {
        let Some(log) = self.attached_log().filter(|log| log.is_on()) else {
            return;
        };
        let needs_rewrite = needs_rewrite(log, &self.state.config());
        if needs_rewrite {
            // Another thread may have just begun one, which does as well.
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
