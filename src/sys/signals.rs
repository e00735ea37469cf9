//! Waits for SIGINT and SIGTERM, ignores SIGHUP, and sends SIGSTOP and SIGKILL to this process.
//!
//! No signal handler is installed. All threads block the signals, and one thread waits for them in
//! `sigwait`, as another waits for clients in `accept`. So no code is interrupted to run other
//! code. SIGHUP, which a terminal sends when it closes, is ignored, as by Redis.

use std::ffi::c_int;
use std::io;

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// `kill`, or the shutdown of the system.
    Terminate,
}

// The same on every Unix.
const SIGHUP: c_int = 1;
const SIGINT: c_int = 2;
const SIGKILL: c_int = 9;
const SIGTERM: c_int = 15;
#[cfg(target_os = "linux")]
const SIGSTOP: c_int = 19;
#[cfg(not(target_os = "linux"))]
const SIGSTOP: c_int = 17;
#[cfg(target_os = "linux")]
const SIG_BLOCK: c_int = 0;
#[cfg(not(target_os = "linux"))]
const SIG_BLOCK: c_int = 1;

/// `sigset_t`: 128 bytes on Linux, less elsewhere. Only the C library reads and writes its content.
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

/// Ignores SIGHUP, and blocks SIGINT and SIGTERM in this thread and in all threads that it starts
/// later. To be called before other threads exist: a signal would end the process in a thread that
/// does not block it.
///
/// # Errors
/// If the system refuses, for which it has no reason.
pub fn block() -> io::Result<()> {
    // SAFETY: an ignored signal runs no code. The number is valid, so the call cannot fail.
    unsafe { signal(SIGHUP, IGNORE) };
    // SAFETY: the set is initialised, and a null `old` is allowed.
    match unsafe { pthread_sigmask(SIG_BLOCK, &stop_signals(), std::ptr::null_mut()) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Stops all threads of this process until it receives SIGCONT.
pub fn stop_this_process() {
    // SAFETY: the argument is a number. It is valid, so the call cannot fail.
    unsafe {
        raise(SIGSTOP);
    }
}

/// Ends this process at once, as `kill -9` does.
pub fn kill_this_process() {
    // SAFETY: the argument is a number. It is valid, so the call cannot fail.
    unsafe {
        raise(SIGKILL);
    }
}

/// Waits for the next blocked signal.
///
/// # Errors
/// If the system refuses, for which it has no reason.
pub fn wait() -> io::Result<Signal> {
    let mut signal = 0;
    // SAFETY: the set is initialised and `signal` is valid for writes.
    match unsafe { sigwait(&stop_signals(), &mut signal) } {
        0 if signal == SIGTERM => Ok(Signal::Terminate),
        0 => Ok(Signal::Interrupt),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
