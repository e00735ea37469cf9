//! HyperLogLogs: strings with the bytes of Redis.

mod basic;
mod bytes;
mod debug;

const INVALID: &str = "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n";
const CORRUPTED: &str = "-INVALIDOBJ Corrupted HLL object detected\r\n";
