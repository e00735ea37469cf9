//! SIGINT and SIGTERM, SIGHUP, and SIGSTOP to oneself.
//!
//! No handler is installed: the signals are blocked in every thread, and one thread waits for
//! them in `sigwait`, as another waits for clients in `accept`. So no code ever runs in the
//! middle of other code. SIGHUP, which a terminal sends when it closes, is ignored, as by Redis.

use std::ffi::c_int;
use std::io;

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `kill`, or the system shutting down.
    Terminate,
}

// The same on every Unix.
const SIGHUP: c_int = 1;
const SIGINT: c_int = 2;
const SIGTERM: c_int = 15;
#[cfg(target_os = "linux")]
const SIGSTOP: c_int = 19;
#[cfg(not(target_os = "linux"))]
const SIGSTOP: c_int = 17;
#[cfg(target_os = "linux")]
const SIG_BLOCK: c_int = 0;
#[cfg(not(target_os = "linux"))]
const SIG_BLOCK: c_int = 1;

/// `sigset_t`: 128 bytes on Linux, less elsewhere. Only the C library looks into it.
#[repr(C, align(16))]
struct SignalSet([u8; 128]);

unsafe extern "C" {
    fn sigemptyset(set: *mut SignalSet) -> c_int;
    fn sigaddset(set: *mut SignalSet, signal: c_int) -> c_int;
    fn pthread_sigmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int;
    fn raise(signal: c_int) -> c_int;
    fn signal(signal: c_int, handler: usize) -> usize;
    fn sigwait(set: *const SignalSet, signal: *mut c_int) -> c_int;
}

fn stop_signals() -> SignalSet {
    let mut set = SignalSet([0; 128]);
    // SAFETY: `set` is valid for writes and no smaller than any `sigset_t`; the signal
    // numbers are valid, so neither call can fail.
    unsafe {
        sigemptyset(&mut set);
        sigaddset(&mut set, SIGINT);
        sigaddset(&mut set, SIGTERM);
    }
    set
}

/// `SIG_IGN`, the same on every Unix.
const IGNORE: usize = 1;

/// Ignores SIGHUP, and blocks SIGINT and SIGTERM in this thread and in all that it starts later.
/// Call it before any other thread exists, or the signal will find one that does not block it.
///
/// # Errors
/// If the system refuses, which it has no reason to.
pub fn block() -> io::Result<()> {
    // SAFETY: to ignore a signal runs no code, and the number is valid, so it cannot fail.
    unsafe { signal(SIGHUP, IGNORE) };
    // SAFETY: the set is initialised, and a null `old` is allowed.
    match unsafe { pthread_sigmask(SIG_BLOCK, &stop_signals(), std::ptr::null_mut()) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Stops this process, all its threads, until it receives SIGCONT.
pub fn stop_this_process() {
    // SAFETY: there is nothing but a number. It is valid, so the call cannot fail.
    unsafe {
        raise(SIGSTOP);
    }
}

/// Waits for the next of the blocked signals.
///
/// # Errors
/// If the system refuses, which it has no reason to.
pub fn wait() -> io::Result<Signal> {
    let mut signal = 0;
    // SAFETY: the set is initialised and `signal` is valid for writes.
    match unsafe { sigwait(&stop_signals(), &mut signal) } {
        0 if signal == SIGTERM => Ok(Signal::Terminate),
        0 => Ok(Signal::Interrupt),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
