//! The memory in use and its parts, for INFO and for MEMORY.

use std::sync::atomic::Ordering::Relaxed;

use crate::client::description::total_bytes;
use crate::state::ServerState;
use crate::sys::memory;

/// Bytes, as they are at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::commands::server) struct MemoryUse {
    /// Allocated bytes.
    pub(in crate::commands::server) used: usize,
    /// The largest number of allocated bytes that was found.
    pub(in crate::commands::server) peak: usize,
    /// The process's resident memory.
    pub(in crate::commands::server) resident: usize,
    /// Bytes that were allocated before the data was loaded.
    pub(in crate::commands::server) startup: usize,
    /// Bytes of all clients: see [`total_bytes`].
    pub(in crate::commands::server) clients: usize,
    /// Bytes of the records that wait in the channel to the log.
    pub(in crate::commands::server) queued: usize,
}

impl MemoryUse {
    /// Reads the figures. A figure that the system does not tell is zero.
    pub(in crate::commands::server) fn read(state: &ServerState) -> MemoryUse {
        let usage = memory::usage().unwrap_or_default();
        let clients = state.clients.clients();
        MemoryUse {
            used: usage.used,
            peak: usage.peak,
            resident: memory::process_bytes("VmRSS").unwrap_or(usage.used),
            startup: state.startup_bytes.load(Relaxed),
            clients: clients.iter().map(|client| total_bytes(client)).sum(),
            queued: state.aof.queued_bytes.load(Relaxed),
        }
    }

    /// Returns the bytes that are not data: those of the start, the clients' buffers and the queue.
    pub(in crate::commands::server) fn overhead(&self) -> usize {
        self.startup + self.clients + self.queued
    }

    /// Returns the bytes of the data.
    pub(in crate::commands::server) fn dataset(&self) -> usize {
        self.used.saturating_sub(self.overhead())
    }

    /// Returns the data's part of all bytes since the start, in percent.
    pub(in crate::commands::server) fn dataset_percent(&self) -> f64 {
        100.0 * part(self.dataset(), self.used.saturating_sub(self.startup))
    }

    /// Returns the used bytes in percent of their peak.
    pub(in crate::commands::server) fn peak_percent(&self) -> f64 {
        100.0 * part(self.used, self.peak)
    }

    /// Returns the resident memory in relation to the used bytes.
    pub(in crate::commands::server) fn fragmentation(&self) -> f64 {
        part(self.resident, self.used)
    }

    /// Returns the resident bytes that are not in use.
    pub(in crate::commands::server) fn fragmentation_bytes(&self) -> i64 {
        self.resident as i64 - self.used as i64
    }
}

fn part(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}
