//! Runs the commands of a file: at the start, after DEBUG RELOAD, and for an import.

mod load;
mod passed;
mod refused;
mod reload;
mod replayer;

pub use load::{LoadError, Loader, load};
pub use passed::Passed;
pub use refused::Refused;
pub use replayer::{Replayer, is_file_command};
