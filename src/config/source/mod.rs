//! Reads settings from the command line and from configuration files. CONFIG REWRITE writes them
//! back.

mod error;
mod line;
mod option;
mod pattern;
mod reader;
mod rewrite;

pub use error::ConfigError;
pub use rewrite::{WrittenUser, replace_file};
