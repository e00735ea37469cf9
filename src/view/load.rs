//! The gentle load of a class: five clients that send about a hundred requests a second together.
//!
//! They are ordinary clients: each connects to an address of this server (the first of `bind`, or
//! else `unixsocket`) and logs in with `requirepass`. So the page shows them as it shows all others.
//! An error that other clients would get ends the load. Its keys begin with `class:` and expire within a
//! minute.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, Builder};
use std::time::Duration;

use super::load_client::LoadClient;
use crate::config::Config;
use crate::state::ServerState;
use crate::threads::{self, Kind, Reason};

/// The numbers in keys are below this, so that the load needs little memory.
const NUMBERS: u64 = 1_000;

/// A client of the load.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Its name, also that of its thread.
    name: &'static str,
    /// The pause after a pipeline.
    pause: Duration,
    /// The requests of a pipeline. `%` stands for a number that grows.
    requests: &'static [&'static str],
}

/// The clients. They use each type, a pipeline, a transaction, and a command that waits for data.
const PARTS: [Part; 5] = [
    Part {
        name: "load-writer",
        pause: Duration::from_millis(60),
        requests: &["SET class:key:% value-% EX 5", "SET class:last % EX 60"],
    },
    Part {
        name: "load-reader",
        pause: Duration::from_millis(100),
        requests: &["GET class:key:%", "GET class:last", "HGET class:hash %"],
    },
    Part {
        name: "load-sender",
        pause: Duration::from_millis(300),
        requests: &[
            "MULTI",
            "RPUSH class:jobs job-%",
            "EXPIRE class:jobs 60",
            "EXEC",
        ],
    },
    Part {
        name: "load-worker",
        pause: Duration::ZERO,
        requests: &["BLPOP class:jobs 1"],
    },
    Part {
        name: "load-counter",
        pause: Duration::from_millis(200),
        requests: &[
            "HSET class:hash % value-%",
            "EXPIRE class:hash 60",
            "ZADD class:scores % member-%",
            "EXPIRE class:scores 60",
            "SADD class:set member-%",
            "EXPIRE class:set 60",
        ],
    },
];

/// Switches the load on, unless it is on.
///
/// # Errors
/// Why it cannot be, as a line of text.
pub(super) fn start(state: &Arc<ServerState>) -> Result<(), String> {
    let Some(number) = state.classroom.begin_load() else {
        return Ok(());
    };
    let started = PARTS
        .iter()
        .try_for_each(|part| start_part(state, *part, number));
    started.map_err(|error| {
        state.classroom.end_load(number);
        format!("the load cannot start: {error}")
    })
}

/// Starts a client of the load `number`.
fn start_part(state: &Arc<ServerState>, part: Part, number: u64) -> io::Result<()> {
    let config = state.config().clone();
    let mut client = LoadClient::new(connect(&config)?)?;
    if !config.requirepass.is_empty() {
        client.ask(&["AUTH", &config.requirepass])?;
    }
    client.ask(&["CLIENT", "SETNAME", part.name])?;
    client.wait_long()?;
    let state = Arc::clone(state);
    let builder = Builder::new().name(part.name.to_owned());
    threads::start(Kind::Classroom, builder, move || {
        let Err(error) = run(&state, part, number, &mut client) else {
            return;
        };
        if state.classroom.has_load_of(number) {
            let logger = &state.logger;
            logger.warning(format_args!("The load of the page ends: {error}"));
            state.classroom.end_load(number);
        }
    })?;
    Ok(())
}

/// Sends pipelines until the load is switched off.
fn run(state: &ServerState, part: Part, number: u64, client: &mut LoadClient) -> io::Result<()> {
    for step in 0.. {
        if !state.classroom.has_load_of(number) {
            break;
        }
        let step = (step % NUMBERS).to_string();
        let lines = part.requests.iter().map(|line| line.replace('%', &step));
        client.ask_all(lines)?;
        let _waiting = threads::waiting(Reason::Work);
        thread::sleep(part.pause);
    }
    Ok(())
}

/// Connects to this server.
fn connect(config: &Config) -> io::Result<TcpStream> {
    let error = match config.bind.first().filter(|_| config.port != 0) {
        Some(host) => match connect_tcp(host, config.port) {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        },
        None => io::ErrorKind::NotConnected.into(),
    };
    let path = config.unix_socket_path().ok_or(error)?;
    // Both kinds of socket are read and written with the same calls.
    Ok(TcpStream::from(OwnedFd::from(UnixStream::connect(path)?)))
}

/// Connects to the address `host` of the setting `bind`.
fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let host = match host.strip_prefix('-').unwrap_or(host) {
        "*" => "127.0.0.1",
        "::*" => "::1",
        host => host,
    };
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.map(local).collect();
    TcpStream::connect(&addresses[..])
}

/// Returns the loopback address in place of "all addresses".
fn local(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
