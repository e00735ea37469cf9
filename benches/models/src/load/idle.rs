//! Idle connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::PATIENCE;
use super::probe::{PING, ask};

/// Connections per source address: an address has some 28,000 ports.
const PER_ADDRESS: usize = 20_000;
/// Upper bound of connections that the server has not accepted yet. A server accepts in order,
/// so an answer to a new connection proves that all earlier ones are accepted. If the accept
/// queue overflowed, connections would wait a second and try again.
const UNACCEPTED: usize = 100;

/// Opens `count` connections, which stay open until the returned list is dropped. Every
/// hundredth sends a PING when it is new.
///
/// # Errors
/// If a connection cannot be opened, most often because descriptors run out: see `ulimit -n`.
pub fn open(address: SocketAddr, count: usize) -> io::Result<Vec<TcpStream>> {
    let mut connections = Vec::with_capacity(count);
    for place in 0..count {
        let mut connection = open_one(address, place / PER_ADDRESS)?;
        if place % UNACCEPTED == UNACCEPTED - 1 {
            connection.set_read_timeout(Some(PATIENCE))?;
            ask(&mut connection, PING)?;
        }
        connections.push(connection);
    }
    Ok(connections)
}

/// Opens one connection. On the loopback interface, `from` selects the source address, since
/// each address has its own ports.
fn open_one(address: SocketAddr, from: usize) -> io::Result<TcpStream> {
    if from == 0 || !address.ip().is_loopback() || address.is_ipv6() {
        return TcpStream::connect(address);
    }
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    let source = IpAddr::V4(Ipv4Addr::new(127, 0, 1, from as u8));
    bind(&socket, &SocketAddr::new(source, 0))?;
    connect(&socket, &address)?;
    Ok(TcpStream::from(socket))
}

#[cfg(test)]
mod tests {
    use super::super::fake;
    use super::*;

    #[test]
    fn connections_stay_open() {
        let count = 2 * UNACCEPTED + 1;
        let mut connections = open(fake::server(b"+PONG\r\n"), count).unwrap();
        assert_eq!(connections.len(), count);
        for connection in &mut connections {
            ask(connection, PING).unwrap();
        }
    }

    #[test]
    fn connections_come_from_the_usual_address_and_then_from_others() {
        let server = fake::server(b"+PONG\r\n");
        let source = |from| open_one(server, from).unwrap().local_addr().unwrap().ip();
        assert_eq!(source(0).to_string(), "127.0.0.1");
        assert_eq!(source(2).to_string(), "127.0.1.2");
    }
}
