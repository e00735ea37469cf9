//! Limits that are not for the user to set, each with its unit and reason. (Those of a
//! single file stand at its head.)

/// Stack of every connection's thread. Nothing on a request's way recurses, and a debug
/// build's deepest frames take some 20 KB; the rest is margin. Only pages that are
/// touched cost memory, but page tables are paid for the whole range: 4 KB for each
/// thread with the usual 2 MB, less than 1 KB with this.
pub const STACK_BYTES: usize = 128 * 1024;

/// Read buffer of a connection: a pipeline of 100 short commands fits, and a value of 16 KB
/// with what comes before it. Only what was ever read into takes memory.
pub const READ_BUFFER_BYTES: usize = 32 * 1024;

/// From this length on a value is big: it has memory of its own and is passed on by reference
/// count. Below it a copy is cheaper than one more slice in a gathering write.
pub const BIG_BYTES: usize = 16 * 1024;

/// The default of `proto-max-bulk-len`.
pub const DEFAULT_BULK_BYTES: u64 = 512 << 20;

/// The most that `proto-max-bulk-len` can be set to. A length above it in the append-only file is
/// damage.
pub const MAX_BULK_BYTES: u64 = 4 << 30;

/// What a client may have sent before AUTH that is not executed: Redis's number. Its limits of
/// arguments and of their length leave a request far less.
pub const UNAUTHENTICATED_QUERY_BYTES: u64 = 1 << 20;

/// Descriptors kept for the listeners, the files and standard input and output when
/// `maxclients` is compared with what the system allows; Redis's number.
pub const RESERVED_FDS: usize = 32;

/// Upper bound of the elements in one command of a rewritten file: Redis's
/// `AOF_REWRITE_ITEMS_PER_CMD`.
pub const ELEMENTS_PER_COMMAND: usize = 64;

/// The latest time at which a key can expire, in milliseconds since 1970: what Redis's signed
/// 64 bits hold. Every command, the RDB codec and the loader hold to it.
pub const LAST_KEY_EXPIRY_MS: u64 = i64::MAX as u64;

/// The latest time at which a field can expire, in milliseconds since 1970, in the year 4199:
/// that of Redis's HPEXPIREAT. Redis 7.4 restores later times (48 bits), and then writes a file
/// that its own HPEXPIREAT refuses. This server's RESTORE and import refuse such times.
pub const LAST_FIELD_EXPIRY_MS: u64 = (1 << 46) - 1;

/// How many files the system lets this process have open, if it says so.
pub fn max_open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// How many clients there can be with so many open files: each needs one.
pub fn clients_within(open_files: usize) -> usize {
    open_files.saturating_sub(RESERVED_FDS).max(1)
}
