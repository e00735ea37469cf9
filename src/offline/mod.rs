//! Work on append-only files without a server: the options `--check-aof` and `--import-aof`.

mod check;
mod import;
mod manifest;

pub use check::check_aof;
pub use import::import_aof;

use std::fmt::Display;
use std::path::Path;

/// Returns an error text that names the file.
fn at(path: &Path, what: impl Display) -> String {
    format!("{}: {what}", path.display())
}
