//! The sizes up to which values keep a compact form in memory.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The size up to which a collection is packed, where Redis has a listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Small {
    /// Upper bound of its elements, or of its fields.
    pub entries: usize,
    /// Upper bound of the bytes of each element, name or value.
    pub value_bytes: usize,
}

/// The thresholds of all types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// The sizes up to which a hash is packed.
    pub hash: Small,
    /// The number of members up to which a set of integers is an intset.
    pub intset_entries: usize,
    /// The size of the nodes in which a list is dumped.
    pub list_node: ListNode,
    /// The sizes up to which a sorted set is packed.
    pub zset: Small,
    /// The length up to which the registers of a HyperLogLog are sparse.
    pub sparse_bytes: usize,
}

/// The setting `list-max-listpack-size`: how much of a list Redis keeps in one listpack.
///
/// A positive number is an upper bound of the elements. -1 to -5 bound the bytes, from 4 KB to 64 KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListNode(pub i32);

impl ListNode {
    /// Upper bound of the bytes if the elements are bounded.
    const SAFE_BYTES: usize = 8192;

    /// Whether a node may have this number of bytes and of elements. Any node may have one element.
    pub fn allows(self, bytes: usize, count: usize) -> bool {
        match self.0 {
            0.. => bytes <= ListNode::SAFE_BYTES && count <= self.0 as usize,
            level => bytes <= 2048 << level.max(-5).unsigned_abs(),
        }
    }
}

impl Default for ListNode {
    fn default() -> ListNode {
        ListNode(-2)
    }
}

/// Redis's defaults for a hash.
impl Default for Small {
    fn default() -> Small {
        Small {
            entries: 512,
            value_bytes: 64,
        }
    }
}

/// Redis's defaults.
impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            hash: Small::default(),
            intset_entries: 512,
            list_node: ListNode::default(),
            zset: Small {
                entries: 128,
                value_bytes: 64,
            },
            sparse_bytes: 3000,
        }
    }
}

/// Thresholds that many threads read while CONFIG SET changes them.
#[derive(Debug)]
pub struct LiveThresholds {
    hash_entries: AtomicUsize,
    hash_value_bytes: AtomicUsize,
    intset_entries: AtomicUsize,
    list_node: AtomicI32,
    zset_entries: AtomicUsize,
    zset_value_bytes: AtomicUsize,
    sparse_bytes: AtomicUsize,
}

impl LiveThresholds {
    /// Starts with `thresholds`.
    pub fn new(thresholds: Thresholds) -> LiveThresholds {
        LiveThresholds {
            hash_entries: AtomicUsize::new(thresholds.hash.entries),
            hash_value_bytes: AtomicUsize::new(thresholds.hash.value_bytes),
            intset_entries: AtomicUsize::new(thresholds.intset_entries),
            list_node: AtomicI32::new(thresholds.list_node.0),
            zset_entries: AtomicUsize::new(thresholds.zset.entries),
            zset_value_bytes: AtomicUsize::new(thresholds.zset.value_bytes),
            sparse_bytes: AtomicUsize::new(thresholds.sparse_bytes),
        }
    }

    /// Returns the latest thresholds.
    pub fn get(&self) -> Thresholds {
        let value = |it: &AtomicUsize| it.load(Ordering::Relaxed);
        Thresholds {
            hash: Small {
                entries: value(&self.hash_entries),
                value_bytes: value(&self.hash_value_bytes),
            },
            intset_entries: value(&self.intset_entries),
            list_node: ListNode(self.list_node.load(Ordering::Relaxed)),
            zset: Small {
                entries: value(&self.zset_entries),
                value_bytes: value(&self.zset_value_bytes),
            },
            sparse_bytes: value(&self.sparse_bytes),
        }
    }

    /// Replaces all thresholds.
    pub fn set(&self, thresholds: Thresholds) {
        let set = |it: &AtomicUsize, value| it.store(value, Ordering::Relaxed);
        set(&self.hash_entries, thresholds.hash.entries);
        set(&self.hash_value_bytes, thresholds.hash.value_bytes);
        set(&self.intset_entries, thresholds.intset_entries);
        self.list_node
            .store(thresholds.list_node.0, Ordering::Relaxed);
        set(&self.zset_entries, thresholds.zset.entries);
        set(&self.zset_value_bytes, thresholds.zset.value_bytes);
        set(&self.sparse_bytes, thresholds.sparse_bytes);
    }
}
