//! Receives, sends and waits on a socket that stays in blocking mode.
//!
//! In the standard library, the mode of the socket decides whether a call blocks, and all threads
//! share that mode. Here the caller decides with each call (`MSG_DONTWAIT`). So the client's own
//! thread can block while other threads never do.

use std::ffi::{c_int, c_short, c_void};
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::time::Duration;

use super::Stream;

#[cfg(target_os = "linux")]
mod flag {
    use std::ffi::c_int;

    pub(super) const DONTWAIT: c_int = 0x40;
    /// No SIGPIPE if the other end is gone: the error code is enough.
    pub(super) const NOSIGNAL: c_int = 0x4000;
}

// For the BSDs and macOS. A Rust program ignores SIGPIPE, so it needs no flag for that.
#[cfg(not(target_os = "linux"))]
mod flag {
    use std::ffi::c_int;

    pub(super) const DONTWAIT: c_int = 0x80;
    pub(super) const NOSIGNAL: c_int = 0;
}

const POLLIN: c_short = 1;
const POLLOUT: c_short = 4;

/// `struct pollfd`, the same on every Unix.
#[repr(C)]
struct PollFd {
    fd: c_int,
    events: c_short,
    revents: c_short,
}

impl PollFd {
    fn new(fd: c_int, events: c_short) -> PollFd {
        PollFd {
            fd,
            events,
            revents: 0,
        }
    }
}

/// `nfds_t`.
#[cfg(target_os = "linux")]
type Count = std::ffi::c_ulong;
#[cfg(not(target_os = "linux"))]
type Count = std::ffi::c_uint;

unsafe extern "C" {
    fn recv(socket: c_int, buffer: *mut c_void, bytes: usize, flags: c_int) -> isize;
    fn send(socket: c_int, bytes: *const c_void, count: usize, flags: c_int) -> isize;
    #[cfg(target_os = "linux")]
    fn sendmsg(socket: c_int, message: *const Message, flags: c_int) -> isize;
    fn poll(sockets: *mut PollFd, count: Count, timeout_ms: c_int) -> c_int;
}

/// `struct msghdr` of 64-bit Linux. In musl the two counts are 32 bits wide, with 32 bits of
/// padding. On little-endian machines that layout is the same.
#[cfg(target_os = "linux")]
#[repr(C)]
struct Message {
    name: *const c_void,
    name_bytes: u32,
    slices: *const c_void,
    slice_count: usize,
    control: *const c_void,
    control_bytes: usize,
    flags: c_int,
}

/// Whether a receive blocks while there is no input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitMode {
    /// Blocks until there is input. Only for a thread that no other thread waits for.
    Block,
    /// Fails with `WouldBlock` if there is no input yet.
    DontBlock,
}

impl WaitMode {
    fn flags(self) -> c_int {
        match self {
            WaitMode::Block => 0,
            WaitMode::DontBlock => flag::DONTWAIT,
        }
    }
}

/// What a socket is ready for. After an error or the end of the connection, it is ready for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// A receive will not block.
    pub to_receive: bool,
    /// A send will take some bytes.
    pub to_send: bool,
}

impl Stream {
    /// Receives at most `max` bytes and appends them to `buffer`, within its capacity. Returns the
    /// number of bytes; 0 at the end of the input.
    ///
    /// # Errors
    /// `WouldBlock` if there is no input and the call may not block; the errors of the connection.
    pub fn receive(&self, buffer: &mut Vec<u8>, max: usize, mode: WaitMode) -> io::Result<usize> {
        let flags = mode.flags();
        let room = buffer.spare_capacity_mut();
        let bytes = room.len().min(max);
        let received = retry(|| {
            // SAFETY: `room` is valid for writes of `bytes` bytes, and the descriptor is open as
            // long as `self` is borrowed.
            unsafe { recv(self.as_raw_fd(), room.as_mut_ptr().cast(), bytes, flags) }
        })?;
        // SAFETY: the system has written `received` bytes behind the buffer's length, at most
        // `bytes`.
        unsafe { buffer.set_len(buffer.len() + received) };
        Ok(received)
    }

    /// Sends as many bytes of `slices` as the socket's buffer has room for, without blocking.
    /// Returns the number of bytes.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; the errors of the connection.
    #[cfg(target_os = "linux")]
    pub fn try_send(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let message = Message {
            name: ptr::null(),
            name_bytes: 0,
            slices: slices.as_ptr().cast(),
            slice_count: slices.len(),
            control: ptr::null(),
            control_bytes: 0,
            flags: 0,
        };
        let flags = flag::DONTWAIT | flag::NOSIGNAL;
        // SAFETY: an `IoSlice` is a `struct iovec`, as the standard library guarantees. The slices
        // are valid for reads, `message` lives as long as the call, and the descriptor is open as
        // long as `self` is borrowed.
        retry(|| unsafe { sendmsg(self.as_raw_fd(), &message, flags) })
    }

    /// Does the same with one slice, because `struct msghdr` differs from system to system.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; the errors of the connection.
    #[cfg(not(target_os = "linux"))]
    pub fn try_send(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices.iter().find(|slice| !slice.is_empty()) {
            Some(slice) => NonBlockingWriter(self).write(slice),
            None => Ok(0),
        }
    }

    /// Waits until a send will take some bytes, or until `timeout` has passed. If `receives`, also
    /// returns when there is input.
    ///
    /// # Errors
    /// If the system refuses, for which it has no reason.
    pub fn wait_to_send(&self, receives: bool, timeout: Option<Duration>) -> io::Result<Ready> {
        let wanted = Ready {
            to_receive: receives,
            to_send: true,
        };
        self.wait_for(wanted, None, timeout)
    }

    /// Waits until the socket is ready for something in `wanted`, until there is input or the end
    /// of it at `other`, or until `timeout` has passed, rounded up to milliseconds.
    ///
    /// # Errors
    /// If the system refuses, for which it has no reason.
    pub fn wait_for(
        &self,
        wanted: Ready,
        other: Option<&UnixStream>,
        timeout: Option<Duration>,
    ) -> io::Result<Ready> {
        let receiving = if wanted.to_receive { POLLIN } else { 0 };
        let sending = if wanted.to_send { POLLOUT } else { 0 };
        let mut sockets = [
            PollFd::new(self.as_raw_fd(), receiving | sending),
            // A negative descriptor is ignored (POSIX, `poll`).
            PollFd::new(other.map_or(-1, AsRawFd::as_raw_fd), POLLIN),
        ];
        let timeout_ms = timeout.map_or(-1, |timeout| {
            let rounded = timeout.as_nanos().div_ceil(1_000_000);
            c_int::try_from(rounded).unwrap_or(c_int::MAX)
        });
        let count = sockets.len() as Count;
        // SAFETY: `sockets` is an array of `count` times `struct pollfd`, valid for reads and writes.
        retry(|| unsafe { poll(sockets.as_mut_ptr(), count, timeout_ms) as isize })?;
        let events = sockets[0].revents;
        // Any other event is an error or the end of the connection.
        let is_over = events & !(POLLIN | POLLOUT) != 0;
        Ok(Ready {
            to_receive: is_over || events & POLLIN != 0,
            to_send: is_over || events & POLLOUT != 0,
        })
    }
}

/// Reads from a socket. `mode` says whether a read blocks while there is no input.
#[derive(Debug)]
pub struct SocketReader<'a> {
    /// The socket.
    pub stream: &'a Stream,
    /// Whether the next read may block.
    pub mode: WaitMode,
}

impl Read for SocketReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let flags = self.mode.flags();
        // SAFETY: `buffer` is valid for writes of its length, and the descriptor is open as long
        // as `stream` is borrowed.
        retry(|| unsafe {
            let fd = self.stream.as_raw_fd();
            recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags)
        })
    }
}

/// Writes as much as the socket's buffer has room for, without blocking: see
/// [`Stream::try_send`].
#[derive(Debug)]
pub struct NonBlockingWriter<'a>(pub &'a Stream);

impl Write for NonBlockingWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let flags = flag::DONTWAIT | flag::NOSIGNAL;
        // SAFETY: `bytes` is valid for reads, and the descriptor is open as long as the stream is
        // borrowed.
        retry(|| unsafe {
            send(
                self.0.as_raw_fd(),
                bytes.as_ptr().cast(),
                bytes.len(),
                flags,
            )
        })
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_send(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Repeats a call that a signal has interrupted.
fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        match usize::try_from(call()) {
            Ok(count) => return Ok(count),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}
