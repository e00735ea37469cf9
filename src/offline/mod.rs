//! What can be done to an append-only file while no server uses it: the options
//! `--check-aof` and `--import-aof`.

mod check;
mod import;

pub use check::check_aof;
pub use import::import_aof;
