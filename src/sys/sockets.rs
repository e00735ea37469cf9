//! Options and calls of sockets that the standard library lacks: a backlog, IPv6 only, the end of
//! `accept`, and keepalive.

use std::ffi::{c_int, c_void};
use std::fs;
use std::io;
#[cfg(target_os = "linux")]
use std::net::SocketAddrV6;
#[cfg(not(target_os = "linux"))]
use std::net::{Ipv4Addr, Ipv6Addr};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::fd::{FromRawFd, OwnedFd};

use super::Listener;

unsafe extern "C" {
    fn listen(socket: c_int, backlog: c_int) -> c_int;
    #[cfg(target_os = "linux")]
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    #[cfg(target_os = "linux")]
    fn bind(socket: c_int, address: *const Inet6Address, bytes: u32) -> c_int;
    #[cfg(target_os = "linux")]
    fn shutdown(socket: c_int, how: c_int) -> c_int;
    fn setsockopt(
        socket: c_int,
        level: c_int,
        name: c_int,
        value: *const c_void,
        bytes: u32,
    ) -> c_int;
}

/// Options of a socket, each with its level and its name.
#[cfg(target_os = "linux")]
mod option {
    use std::ffi::c_int;

    pub(super) const SO_REUSEADDR: (c_int, c_int) = (1, 2);
    pub(super) const SO_KEEPALIVE: (c_int, c_int) = (1, 9);
    pub(super) const TCP_KEEPIDLE: (c_int, c_int) = (6, 4);
    pub(super) const TCP_KEEPINTVL: (c_int, c_int) = (6, 5);
    pub(super) const TCP_KEEPCNT: (c_int, c_int) = (6, 6);
    pub(super) const IPV6_V6ONLY: (c_int, c_int) = (41, 26);
}

/// Listens at `address`. `backlog` connections may wait for `accept`. An IPv6 address accepts no
/// IPv4 clients, so that `* -::*` can be listened on, as in Redis. (On systems other than Linux,
/// the system decides that.)
///
/// # Errors
/// If the address is in use, or the machine does not have it.
pub fn listen_tcp(address: SocketAddr, backlog: c_int) -> io::Result<TcpListener> {
    #[cfg(target_os = "linux")]
    if let SocketAddr::V6(address) = address {
        return listen_ipv6(address, backlog);
    }
    let listener = TcpListener::bind(address)?;
    set_backlog(&listener, backlog)?;
    Ok(listener)
}

/// `struct sockaddr_in6`.
#[cfg(target_os = "linux")]
#[repr(C)]
struct Inet6Address {
    family: u16,
    /// In network byte order, as the address.
    port: [u8; 2],
    flow_info: u32,
    address: [u8; 16],
    scope_id: u32,
}

/// Does the same as `TcpListener::bind`, with one more option between `socket` and `bind`.
#[cfg(target_os = "linux")]
fn listen_ipv6(address: SocketAddrV6, backlog: c_int) -> io::Result<TcpListener> {
    const AF_INET6: u16 = 10;
    const SOCK_STREAM: c_int = 1;
    const SOCK_CLOEXEC: c_int = 0o2_000_000;
    // SAFETY: all arguments are numbers.
    let socket = match unsafe { socket(AF_INET6.into(), SOCK_STREAM | SOCK_CLOEXEC, 0) } {
        -1 => return Err(io::Error::last_os_error()),
        // SAFETY: the system has just opened this descriptor, and nothing else owns it.
        socket => unsafe { OwnedFd::from_raw_fd(socket) },
    };
    set(&socket, option::SO_REUSEADDR, 1)?;
    set(&socket, option::IPV6_V6ONLY, 1)?;
    let name = Inet6Address {
        family: AF_INET6,
        port: address.port().to_be_bytes(),
        flow_info: address.flowinfo(),
        address: address.ip().octets(),
        scope_id: address.scope_id(),
    };
    let bytes = size_of::<Inet6Address>() as u32;
    // SAFETY: the descriptor is open. The system reads at most `bytes` bytes of `name`, which is as
    // long, and only before it returns.
    checked(unsafe { bind(socket.as_raw_fd(), &raw const name, bytes) })?;
    set_backlog(&socket, backlog)?;
    Ok(TcpListener::from(socket))
}

/// Sets how many connections may wait for `accept`; the system caps this at [`max_backlog`]. The
/// standard library asks for 128, Redis for 511 (`tcp-backlog`). A connection beyond the backlog is
/// dropped, and the client tries again a second later.
///
/// # Errors
/// If the system refuses, for which it has no reason.
pub fn set_backlog(listener: &impl AsRawFd, backlog: c_int) -> io::Result<()> {
    // SAFETY: all arguments are numbers, and the descriptor is open as long as `listener` is
    // borrowed. For a socket that already listens, the call changes the backlog (POSIX, `listen`).
    checked(unsafe { listen(listener.as_raw_fd(), backlog) })
}

/// Ends listening: a thread in `accept` returns, no more connections are accepted, and another
/// listener can use the address. This needs neither a free descriptor nor a connection to the
/// listener's address.
///
/// # Errors
/// If the system refuses, for which it has no reason.
#[cfg(target_os = "linux")]
pub fn end_accept(listener: &Listener) -> io::Result<()> {
    const SHUT_RDWR: c_int = 2;
    // SAFETY: all arguments are numbers, and the descriptor is open as long as `listener` is
    // borrowed. Linux guarantees that `accept` then returns with EINVAL.
    checked(unsafe { shutdown(listener.as_raw_fd(), SHUT_RDWR) })
}

/// Connects to the listener, so that a thread in `accept` returns.
///
/// # Errors
/// If the listener cannot be reached.
#[cfg(not(target_os = "linux"))]
pub fn end_accept(listener: &Listener) -> io::Result<()> {
    match listener {
        Listener::Tcp(socket) => {
            let mut address = socket.local_addr()?;
            match address {
                SocketAddr::V4(_) if address.ip().is_unspecified() => {
                    address.set_ip(Ipv4Addr::LOCALHOST.into());
                }
                SocketAddr::V6(_) if address.ip().is_unspecified() => {
                    address.set_ip(Ipv6Addr::LOCALHOST.into());
                }
                _ => {}
            }
            TcpStream::connect(address).map(drop)
        }
        Listener::Unix(socket, _) => {
            let address = socket.local_addr()?;
            std::os::unix::net::UnixStream::connect_addr(&address).map(drop)
        }
    }
}

/// Returns the largest backlog that the system allows, if it reports that (Linux).
pub fn max_backlog() -> Option<c_int> {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?;
    text.trim().parse().ok()
}

/// Makes the system probe the other end after `idle_s` seconds of silence, then three times within
/// as many seconds, and disconnect it if it does not answer. Without keepalive, a client whose
/// machine has lost power or network would keep its thread for ever. Equal to Redis's
/// `tcp-keepalive`.
///
/// # Errors
/// If the system refuses, for example because the time is too long (on Linux, 9 hours).
#[cfg(target_os = "linux")]
pub fn keep_alive(stream: &TcpStream, idle_s: c_int) -> io::Result<()> {
    set(stream, option::SO_KEEPALIVE, 1)?;
    set(stream, option::TCP_KEEPIDLE, idle_s)?;
    set(stream, option::TCP_KEEPINTVL, (idle_s / 3).max(1))?;
    set(stream, option::TCP_KEEPCNT, 3)
}

/// Refuses, because the options have other numbers on this system.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn keep_alive(_: &TcpStream, _: c_int) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn set(socket: &impl AsRawFd, (level, name): (c_int, c_int), value: c_int) -> io::Result<()> {
    let bytes = size_of::<c_int>() as u32;
    // SAFETY: the descriptor is open as long as `socket` is borrowed. The system reads at most
    // `bytes` bytes of `value`, which is as long, and only before it returns.
    checked(unsafe {
        let value = (&raw const value).cast();
        setsockopt(socket.as_raw_fd(), level, name, value, bytes)
    })
}

fn checked(result: c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
