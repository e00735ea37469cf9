//! The Unix socket's file: makes it, replaces one that a crash has left, and removes it.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};

use crate::sys::FileId;

/// The file of a listening socket. Dropping this removes the file, unless another server has
/// replaced it.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    id: FileId,
}

/// Listens at `path`. `mode` is the file's permissions; 0 leaves them to the umask.
///
/// # Errors
/// If the file cannot be made, a file at `path` is no socket, or a server listens there.
pub(super) fn bind(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    remove_stale(path)?;
    let socket = UnixListener::bind(path)?;
    let file = SocketFile {
        path: path.to_owned(),
        id: socket_id(path)?,
    };
    if mode != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok((socket, file))
}

/// Removes the socket that a crash has left at `path`. Redis removes any file. That could hide a
/// server that still listens, or delete somebody's file.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        return Err(in_use("a file that is not a socket is there"));
    }
    // Connecting a datagram socket shows whether the file has an owner: the owner's socket is a
    // stream, so the errors differ. It needs no place in the backlog.
    match UnixDatagram::unbound()?.connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
        _ => Err(in_use("another server is listening there")),
    }
}

fn in_use(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, reason)
}

/// Returns the identity of the file at `path`. A link is a file of its own.
fn socket_id(path: &Path) -> io::Result<FileId> {
    fs::symlink_metadata(path).map(FileId::from)
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if socket_id(&self.path).is_ok_and(|found| found == self.id) {
            // If that fails, the next server removes the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}
