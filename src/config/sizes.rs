//! The settings of the sizes up to which values are packed.

use super::ListNode;
use super::setting::{Change, Setting};
use super::value::{integer, memory};

/// Returns `setting` under the name that it had before Redis 7.
pub(super) const fn before_redis_7(name: &'static str, setting: Setting) -> Setting {
    Setting {
        name,
        summary: "the same, under its name before Redis 7",
        ..setting
    }
}

pub(super) const HASH_ENTRIES: Setting = Setting {
    name: "hash-max-listpack-entries",
    summary: "number of fields up to which a hash is packed, a listpack for OBJECT ENCODING",
    change: Change::Live,
    get: |config| config.thresholds.hash.entries.to_string(),
    set: |config, value| {
        config.thresholds.hash.entries = integer(value, 0, i64::MAX)? as usize;
        Ok(())
    },
};

pub(super) const HASH_VALUE: Setting = Setting {
    name: "hash-max-listpack-value",
    summary: "number of bytes of a name or value up to which a hash is packed",
    change: Change::Live,
    get: |config| config.thresholds.hash.value_bytes.to_string(),
    set: |config, value| {
        config.thresholds.hash.value_bytes = memory(value, 0, i64::MAX as u64)? as usize;
        Ok(())
    },
};

pub(super) const INTSET_ENTRIES: Setting = Setting {
    name: "set-max-intset-entries",
    summary: "number of integers up to which a set of them is an intset for OBJECT ENCODING",
    change: Change::Live,
    get: |config| config.thresholds.intset_entries.to_string(),
    set: |config, value| {
        config.thresholds.intset_entries = integer(value, 0, i64::MAX)? as usize;
        Ok(())
    },
};

pub(super) const SPARSE_BYTES: Setting = Setting {
    name: "hll-sparse-max-bytes",
    summary: "number of bytes up to which the registers of a HyperLogLog are sparse",
    change: Change::Live,
    get: |config| config.thresholds.sparse_bytes.to_string(),
    set: |config, value| {
        config.thresholds.sparse_bytes = memory(value, 0, i64::MAX as u64)? as usize;
        Ok(())
    },
};

pub(super) const LIST_NODE: Setting = Setting {
    name: "list-max-listpack-size",
    summary: "number of elements, or -1 to -5 for 4 to 64 KB, of a listpack in the DUMP of a list",
    change: Change::Live,
    get: |config| config.thresholds.list_node.0.to_string(),
    set: |config, value| {
        let size = integer(value, i64::from(i32::MIN), i64::from(i32::MAX))?;
        config.thresholds.list_node = ListNode(size as i32);
        Ok(())
    },
};

pub(super) const ZSET_ENTRIES: Setting = Setting {
    name: "zset-max-listpack-entries",
    summary: "number of members up to which a sorted set is packed, a listpack for OBJECT ENCODING",
    change: Change::Live,
    get: |config| config.thresholds.zset.entries.to_string(),
    set: |config, value| {
        config.thresholds.zset.entries = integer(value, 0, i64::MAX)? as usize;
        Ok(())
    },
};

pub(super) const ZSET_VALUE: Setting = Setting {
    name: "zset-max-listpack-value",
    summary: "number of bytes of a member up to which a sorted set is packed",
    change: Change::Live,
    get: |config| config.thresholds.zset.value_bytes.to_string(),
    set: |config, value| {
        config.thresholds.zset.value_bytes = memory(value, 0, i64::MAX as u64)? as usize;
        Ok(())
    },
};
