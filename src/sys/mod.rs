//! System calls that the standard library does not offer. The only module with `unsafe` code.
//!
//! Each function makes one or two calls of the C library, which the standard library is linked with
//! anyway, and says why they are sound. Knows nothing of the rest of the server.
#![allow(unsafe_code)]

mod address;
mod file_id;
mod listener;
pub mod memory;
pub mod signals;
pub mod sockets;
mod stream;
mod transfer;

pub use address::Address;
pub use file_id::FileId;
pub use listener::Listener;
pub use stream::Stream;
pub use transfer::{NonBlockingWriter, Ready, SocketReader, WaitMode};

use std::fs::File;
use std::io;
use std::path::Path;

/// Returns the text of C's `strerror`, without the number that Rust adds.
pub fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

/// Syncs the directory of `path`. A new name is on the disk only when its directory has been
/// synced.
///
/// # Errors
/// If the directory cannot be opened or synced.
pub fn sync_directory_of(path: &Path) -> io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
