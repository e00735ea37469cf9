//! The integration tests: they use the server through sockets, files, signals and exit codes. One
//! binary, one module per subject.
//!
//! Each test has a server of its own, on a free port and in a temporary directory, so that all can
//! run at once. The tests wait for conditions and assert no times. `support` has the common code.

mod aof;
mod commands;
mod guarantees;
mod guide;
mod kills;
mod linearizability;
mod server;
mod support;
mod testing;
mod view;
mod waiting;
mod wire;
