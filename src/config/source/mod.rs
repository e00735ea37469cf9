//! Where settings come from: the command line and configuration files. CONFIG REWRITE writes
//! them back into a file.

mod error;
mod option;
mod pattern;
mod reader;
mod rewrite;

pub use error::ConfigError;
