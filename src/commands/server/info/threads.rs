//! The section threads of INFO: the number of threads of each kind, and their waits. Redis has no such
//! section.

use std::sync::atomic::Ordering::Relaxed;

use crate::commands::{Call, CommandId};
use crate::store::Databases;

use super::Lines;

pub(super) fn threads(lines: &mut Lines, call: &Call, _: &Databases) {
    let state = call.state;
    let totals = state.clients.totals().stats.commands;
    // One thread for each client, and the threads that do periodic work.
    lines.add("threads_client", state.clients.len());
    lines.add("threads_client_waiting_for_data", state.clients.blocked());
    lines.add("threads_log", u8::from(call.log.is_some()));
    lines.add("log_queued_bytes", state.aof.queued_bytes.load(Relaxed));
    let waited_ns: u64 = totals.values().map(|sums| sums.waited_ns).sum();
    lines.add("lock_waited_usec", waited_ns / 1000);
    for (id, sums) in totals {
        let Some(command) = CommandId(id).command() else {
            continue;
        };
        let (us, waited_us) = (sums.ns / 1000, sums.waited_ns / 1000);
        lines.add(
            &format!("threads_{}", command.name),
            format_args!(
                "calls={},run_usec={us},lock_waited_usec={waited_us}",
                sums.calls
            ),
        );
    }
}
