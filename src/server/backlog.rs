//! How many connections may wait to be accepted.
//!
//! The standard library asks the system for 128, and lets nobody choose. Who comes when so
//! many wait is not heard, and tries again a second later, as some did of 500 clients that
//! connected one after the other. Redis asks for 511 (`tcp-backlog`).
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::fd::AsRawFd;

unsafe extern "C" {
    fn listen(socket: c_int, backlog: c_int) -> c_int;
}

/// Lets `backlog` connections wait for `listener`, unless the system allows only [`most`].
///
/// # Errors
/// If the system refuses, which it has no reason to.
pub(super) fn set(listener: &TcpListener, backlog: c_int) -> io::Result<()> {
    // SAFETY: there is nothing but numbers, and the descriptor is open as long as `listener`
    // is borrowed. Of a socket that listens already this changes the backlog (POSIX, `listen`).
    match unsafe { listen(listener.as_raw_fd(), backlog) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// How many the system allows, if it says so (Linux).
pub(super) fn most() -> Option<c_int> {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?;
    text.trim().parse().ok()
}
