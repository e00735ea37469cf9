//! Limits that are not for the user to set, each with its unit and reason. (Those of a
//! single file stand at its head.)

/// Stack of every connection's thread. Nothing on a request's way recurses, and a debug
/// build's deepest frames take some 20 KB; the rest is margin. Only pages that are
/// touched cost memory, but page tables are paid for the whole range: 4 KB for each
/// thread with the usual 2 MB, less than 1 KB with this.
pub const STACK_BYTES: usize = 128 * 1024;

/// Read buffer of a connection: a pipeline of 100 short commands fits, and an idle
/// client costs little.
pub const READ_BUFFER_BYTES: usize = 16 * 1024;

/// Reads that a client's thread tries after requests before it sleeps, and receives that
/// the log's thread tries after work. Chosen together by measuring, medians of 7 to 9
/// rounds beside redis-server: from 0 and 0 to 10 and 20, SET at 50 clients went from 0.64
/// to 0.81, at pipeline 16 from 1.12 to 1.34, GET at 50 clients from 0.77 to 1.15. One of
/// them without the other gains little for SET; 30 and 30 are worse than 10 and 20.
pub const WARM_READS: usize = 10;

/// See [`WARM_READS`].
pub const WARM_RECEIVES: usize = 20;

/// Descriptors kept for the listeners, the files and standard input and output when
/// `maxclients` is compared with what the system allows; Redis's number.
pub const RESERVED_FDS: usize = 32;
