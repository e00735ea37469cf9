//! Fixed limits, each with its unit and reason. (A limit that only one file needs is at the head of
//! that file.)

/// The stack of a client's thread. On a request's path only the tree of a long list recurses, once for each of
/// its few levels. The deepest frames of a debug build take about 20 KB; the rest is a margin. Only touched pages cost memory, but the
/// page tables cover the whole range: 4 KB for each thread with the usual stack of 2 MB, less than
/// 1 KB with this one.
pub const STACK_BYTES: usize = 128 * 1024;

/// The read buffer of a connection that sends pipelines or long values. It has room for a pipeline
/// of 100 short commands, or for a value of 16 KB with its command.
pub const READ_BUFFER_BYTES: usize = 32 * 1024;

/// The first read buffer of a connection. All of it takes memory, so most connections keep this
/// one: it is replaced when a read has filled it.
pub const FIRST_READ_BUFFER_BYTES: usize = 4 * 1024;

/// A value of at least this length is big: it has memory of its own and is shared by reference
/// count. For a shorter one, a copy is cheaper than one more slice in a gathering write.
pub const BIG_BYTES: usize = 16 * 1024;

/// The default of `proto-max-bulk-len`.
pub const DEFAULT_BULK_BYTES: u64 = 512 << 20;

/// The largest value of `proto-max-bulk-len`. A greater length in the append-only file means
/// damage.
pub const MAX_BULK_BYTES: u64 = 4 << 30;

/// How many bytes of requests may be pending for a client before AUTH, as in Redis. The limits on
/// arguments and their length make a whole request far shorter.
pub const UNAUTHENTICATED_QUERY_BYTES: u64 = 1 << 20;

/// File descriptors reserved for listeners, files and standard input and output when `maxclients`
/// is compared with the system's limit, as in Redis.
pub const RESERVED_FDS: usize = 32;

/// Upper bound of the elements in one command of a rewritten file: Redis's
/// `AOF_REWRITE_ITEMS_PER_CMD`.
pub const ELEMENTS_PER_COMMAND: usize = 64;

/// The latest expiry time of a key, in milliseconds since 1970: the maximum of Redis's signed 64
/// bits. All commands, the RDB codec and the loader check it.
pub const LAST_KEY_EXPIRY_MS: u64 = i64::MAX as u64;

/// The latest expiry time of a field, in milliseconds since 1970: the maximum of Redis's
/// HPEXPIREAT, in the year 4199. Redis 7.4 restores later times (48 bits), and then writes a file
/// that its own HPEXPIREAT refuses. This server's RESTORE and import refuse such times.
pub const LAST_FIELD_EXPIRY_MS: u64 = (1 << 46) - 1;

/// Returns how many files this process may open, if the system reports that.
pub fn max_open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// The most connections of browsers at a time, with `view-port`. A page needs one for its events, and
/// for moments three more.
pub const MAX_BROWSERS: usize = 64;

/// The most viewers, which are browsers that receive events. The other connections are left for pages and
/// their buttons.
pub const MAX_VIEWERS: usize = 48;

/// Returns how many clients can connect if the process may open `open_files` files, and `reserved` of
/// them are not for clients: each client needs one.
pub fn clients_within(open_files: usize, reserved: usize) -> usize {
    open_files.saturating_sub(reserved).max(1)
}
