//! A server for this crate's tests that sends the same reply to every request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Starts a server that lives as long as the test's process.
pub(super) fn server(reply: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream.unwrap(), reply));
        }
    });
    address
}

fn serve(mut stream: TcpStream, reply: &[u8]) {
    let mut input = BufReader::new(stream.try_clone().unwrap());
    while let Some(arguments) = number(&mut input) {
        for _ in 0..arguments {
            let length = number(&mut input).unwrap();
            input.read_exact(&mut vec![0; length + 2]).unwrap();
        }
        if stream.write_all(reply).is_err() {
            return;
        }
    }
}

/// Reads a line like `*3` or `$16` and returns its number, or `None` at the end of the stream.
fn number(input: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    line.get(1..)?.trim_end().parse().ok()
}
