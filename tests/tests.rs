//! The integration tests: what the server promises, asked of it through sockets, files,
//! signals and exit codes. One binary, a module per subject.
//!
//! Each test has a server of its own, on a port that the system chose and in a directory
//! that goes when the test does, so all can run at once. They wait for conditions and
//! assert no times. What they stand on is in `support`.

mod aof;
mod commands;
mod guarantees;
mod guide;
mod kills;
mod linearizability;
mod server;
mod support;
mod testing;
mod wire;
