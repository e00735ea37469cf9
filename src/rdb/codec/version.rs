//! Versions of the format.

/// The version that Redis 7.0 writes.
pub(super) const REDIS_7_0: u16 = 10;

/// The version that Redis 7.4 writes, the first whose fields expire. Newer versions are refused.
pub(in crate::rdb) const REDIS_7_4: u16 = 12;
