//! Guarantees that hold for all clients: concurrent, random, through kills and restarts.

mod atomicity;
mod conditions;
mod dump;
mod expiry;
mod extremes;
mod moves;
mod priority_queues;
mod queues;
mod replay;
mod scan;
mod transfers;
mod writer;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use crate::support::Client;

/// Repeats a check until the server is gone, and returns the error.
fn repeat(address: SocketAddr, check: impl Fn(&mut Client) -> io::Result<()>) -> io::Error {
    let ended = Client::try_connect(address).and_then(|mut client| {
        loop {
            check(&mut client)?;
        }
    });
    let Err(error): io::Result<Infallible> = ended;
    error
}
