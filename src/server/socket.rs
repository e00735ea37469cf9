//! What the standard library lets nobody choose of a socket: how many may wait to be
//! accepted, and whether the system finds out that the other end has gone.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

unsafe extern "C" {
    fn listen(socket: c_int, backlog: c_int) -> c_int;
    fn setsockopt(
        socket: c_int,
        level: c_int,
        name: c_int,
        value: *const c_void,
        bytes: u32,
    ) -> c_int;
}

/// Options of a socket: level and name.
#[cfg(target_os = "linux")]
mod option {
    use std::ffi::c_int;

    pub(super) const SO_KEEPALIVE: (c_int, c_int) = (1, 9);
    pub(super) const TCP_KEEPIDLE: (c_int, c_int) = (6, 4);
    pub(super) const TCP_KEEPINTVL: (c_int, c_int) = (6, 5);
    pub(super) const TCP_KEEPCNT: (c_int, c_int) = (6, 6);
}

/// Lets `backlog` connections wait for `listener`, unless the system allows only
/// [`most_waiting`]. The standard library asks for 128. Who comes when so many wait is not
/// heard, and tries again a second later, as some did of 500 clients that connected one
/// after the other. Redis asks for 511 (`tcp-backlog`).
///
/// # Errors
/// If the system refuses, which it has no reason to.
pub(super) fn let_wait(listener: &TcpListener, backlog: c_int) -> io::Result<()> {
    // SAFETY: there is nothing but numbers, and the descriptor is open as long as `listener`
    // is borrowed. Of a socket that listens already this changes the backlog (POSIX, `listen`).
    checked(unsafe { listen(listener.as_raw_fd(), backlog) })
}

/// How many the system allows, if it says so (Linux).
pub(super) fn most_waiting() -> Option<c_int> {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?;
    text.trim().parse().ok()
}

/// Has the system ask the other end whether it is still there, after `idle_s` seconds of
/// silence and then three times in as many seconds; who does not answer is disconnected.
/// Without that a client whose machine has lost its power or its network is never known to
/// have gone, and keeps its thread. As in Redis (`tcp-keepalive`).
///
/// # Errors
/// If the system refuses, as it does if the time is longer than it can count (on Linux 9 hours).
#[cfg(target_os = "linux")]
pub(super) fn keep_alive(stream: &TcpStream, idle_s: c_int) -> io::Result<()> {
    set(stream, option::SO_KEEPALIVE, 1)?;
    set(stream, option::TCP_KEEPIDLE, idle_s)?;
    set(stream, option::TCP_KEEPINTVL, (idle_s / 3).max(1))?;
    set(stream, option::TCP_KEEPCNT, 3)
}

/// Elsewhere the options have other numbers.
#[cfg(not(target_os = "linux"))]
pub(super) fn keep_alive(_: &TcpStream, _: c_int) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn set(stream: &TcpStream, (level, name): (c_int, c_int), value: c_int) -> io::Result<()> {
    let bytes = size_of::<c_int>() as u32;
    // SAFETY: the descriptor is open as long as `stream` is borrowed, and the system reads no
    // more than `bytes` of `value`, which is as long, before it returns.
    checked(unsafe {
        let value = (&raw const value).cast();
        setsockopt(stream.as_raw_fd(), level, name, value, bytes)
    })
}

fn checked(result: c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
