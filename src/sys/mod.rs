//! What the standard library does not offer of the system. The only room with `unsafe`.
//!
//! Each function is a call or two of the C library, which the standard library is linked with
//! anyway, and says why the call is sound. Knows nothing of the rest of the server.
#![allow(unsafe_code)]

mod address;
mod listener;
pub mod signals;
pub mod sockets;
mod stream;

pub use address::Address;
pub use listener::Listener;
pub use stream::Stream;
