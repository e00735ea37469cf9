//! The section memory.

use std::sync::atomic::Ordering::Relaxed;

use super::{Lines, MemoryUse};
use crate::commands::Call;
use crate::sys::memory;

pub(super) fn memory(lines: &mut Lines, call: &Call) {
    let found = MemoryUse::read(call.state);
    used(lines, &found);
    if let Some(bytes) = memory::system_bytes() {
        lines.add_bytes("total_system_memory", bytes);
    }
    // There are no scripts and no functions.
    lines.add_zeros(&[
        "number_of_cached_scripts",
        "number_of_functions",
        "number_of_libraries",
    ]);
    lines.add_bytes("maxmemory", 0);
    lines.add("maxmemory_policy", "noeviction");
    fragmentation(lines, &found);
    lines.add("mem_not_counted_for_evict", found.queued);
    lines.add_zeros(&[
        "mem_replication_backlog",
        "mem_total_replication_buffers",
        "mem_clients_slaves",
    ]);
    lines.add("mem_clients_normal", found.clients);
    lines.add("mem_cluster_links", 0);
    lines.add("mem_aof_buffer", found.queued);
    lines.add("mem_allocator", "libc");
    lines.add("active_defrag_running", 0);
    // The thread of a command frees what the command removes.
    lines.add("lazyfree_pending_objects", 0);
    let freed = call.state.lazyfreed_objects.load(Relaxed);
    lines.add("lazyfreed_objects", freed);
}

fn used(lines: &mut Lines, found: &MemoryUse) {
    lines.add_bytes("used_memory", found.used as u64);
    lines.add_bytes("used_memory_rss", found.resident as u64);
    lines.add_bytes("used_memory_peak", found.peak as u64);
    let percent = format_args!("{:.2}%", found.peak_percent());
    lines.add("used_memory_peak_perc", percent);
    lines.add("used_memory_overhead", found.overhead());
    lines.add("used_memory_startup", found.startup);
    lines.add("used_memory_dataset", found.dataset());
    let percent = format_args!("{:.2}%", found.dataset_percent());
    lines.add("used_memory_dataset_perc", percent);
    // As Redis fills them with an allocator that does not tell its own figures.
    lines.add("allocator_allocated", found.used);
    lines.add("allocator_active", found.resident);
    lines.add("allocator_resident", found.resident);
}

fn fragmentation(lines: &mut Lines, found: &MemoryUse) {
    let ratio = format!("{:.2}", found.fragmentation());
    let bytes = found.fragmentation_bytes();
    lines.add("allocator_frag_ratio", &ratio);
    lines.add("allocator_frag_bytes", bytes);
    lines.add("allocator_rss_ratio", "1.00");
    lines.add("allocator_rss_bytes", 0);
    lines.add("rss_overhead_ratio", "1.00");
    lines.add("rss_overhead_bytes", 0);
    lines.add("mem_fragmentation_ratio", ratio);
    lines.add("mem_fragmentation_bytes", bytes);
}
