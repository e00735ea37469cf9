//! Listening, and accepting whoever comes.
//!
//! To start a thread takes longer than a client takes to connect, so a thread that did both
//! would not keep up with a crowd, and those who do not fit into the system's queue are heard
//! a second later. This one only accepts, and another welcomes (`welcome.rs`). How many wait
//! in between is bounded by the descriptors.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use super::ServerError;
use super::welcome::{Complaints, RETRY_INTERVAL, TOO_MANY_CLIENTS, Welcomer, refuse};
use crate::config::Config;
use crate::execute::Engine;
use crate::logger::Logger;
use crate::sys::{Stream, sockets};

/// Binds every configured address; all of them to the port of the first, if that was
/// left to the system. The first one's address comes back as well.
pub(super) fn listen(
    config: &Config,
    logger: &Logger,
) -> Result<(Vec<TcpListener>, SocketAddr), ServerError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut first: Option<SocketAddr> = None;
    for address in &config.bind {
        let host = address.strip_prefix('-').unwrap_or(address);
        let shown = match host {
            "*" | "0.0.0.0" => "0.0.0.0",
            "::*" => "::",
            host => host,
        };
        let port = first.map_or(config.port, |address| address.port());
        let bound = TcpListener::bind((shown, port)).and_then(|listener| {
            sockets::set_backlog(&listener, config.tcp_backlog)?;
            Ok((listener.local_addr()?, listener))
        });
        match bound {
            Ok((local, listener)) => {
                first.get_or_insert(local);
                listeners.push(listener);
            }
            Err(error) if address.starts_with('-') && is_not_there(&error) => {
                logger.debug(format_args!("Not listening on {host}:{port}: {error}"));
            }
            Err(error) => return Err(ServerError::Bind(format!("{host}:{port}"), error)),
        }
    }
    if let Some(most) = sockets::max_backlog().filter(|most| *most < config.tcp_backlog) {
        logger.warning(format_args!(
            "WARNING: The TCP backlog setting of {} cannot be enforced because \
             /proc/sys/net/core/somaxconn is set to the lower value of {most}.",
            config.tcp_backlog
        ));
    }
    match first {
        Some(address) => Ok((listeners, address)),
        None => Err(ServerError::Bind(
            config.bind.join(" "),
            io::ErrorKind::AddrNotAvailable.into(),
        )),
    }
}

/// The machine does not have this address, or not this kind of address.
fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT, which has no kind of its own.
        || error.raw_os_error() == Some(97)
}

/// The threads that accept, one for each address, and the one that welcomes.
pub(super) struct Acceptors {
    stopping: Arc<AtomicBool>,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
    welcomer: JoinHandle<()>,
}

impl Acceptors {
    pub(super) fn start(
        listeners: Vec<TcpListener>,
        engine: &Arc<Engine>,
    ) -> io::Result<Acceptors> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (welcomer, arrivals) = mpsc::channel();
        let mut threads = Vec::new();
        for listener in listeners {
            let address = listener.local_addr()?;
            let acceptor = Acceptor {
                listener,
                welcomer: welcomer.clone(),
                engine: Arc::clone(engine),
                stopping: Arc::clone(&stopping),
                spare: spare_descriptor(),
                complaints: Complaints::default(),
            };
            let builder = thread::Builder::new().name("accept".to_owned());
            threads.push((address, builder.spawn(move || acceptor.run())?));
        }
        let welcomer = Welcomer {
            engine: Arc::clone(engine),
            stopping: Arc::clone(&stopping),
            complaints: Complaints::default(),
        };
        let builder = thread::Builder::new().name("welcome".to_owned());
        Ok(Acceptors {
            stopping,
            threads,
            welcomer: builder.spawn(move || welcomer.run(&arrivals))?,
        })
    }

    /// Accepts and welcomes nobody any more. A thread in `accept` is woken by a connection.
    pub(super) fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        let mut have_ended = true;
        for (mut address, thread) in self.threads {
            if address.ip().is_unspecified() {
                address.set_ip(match address {
                    SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                    SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                });
            }
            // If it cannot be woken, do not wait for it: it holds nothing but itself.
            if TcpStream::connect_timeout(&address, RETRY_INTERVAL).is_ok() || thread.is_finished()
            {
                let _ = thread.join();
            } else {
                have_ended = false;
            }
        }
        // It ends when nobody is left who could send it somebody.
        if have_ended {
            let _ = self.welcomer.join();
        }
    }
}

struct Acceptor {
    listener: TcpListener,
    welcomer: Sender<(Stream, SocketAddr)>,
    engine: Arc<Engine>,
    stopping: Arc<AtomicBool>,
    /// Kept open to be closed when there are no descriptors left, so that whoever waits
    /// can be told instead of being left waiting.
    spare: Option<File>,
    complaints: Complaints,
}

impl Acceptor {
    fn run(mut self) {
        loop {
            // Lost if somebody else was quicker when it was given up for a moment.
            if self.spare.is_none() {
                self.spare = spare_descriptor();
            }
            let accepted = self.listener.accept();
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            match accepted {
                Ok((stream, peer)) => {
                    if self.welcomer.send((Stream::Tcp(stream), peer)).is_err() {
                        return;
                    }
                }
                // The client was gone before it was its turn.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => self.recover(&error),
            }
        }
    }

    /// After an error that is not one connection's: say so, turn the next client away
    /// if it is descriptors that are missing, and let time pass.
    fn recover(&mut self, error: &io::Error) {
        let logger = &self.engine.instance().logger;
        self.complaints
            .say(logger, "Error accepting a connection", error);
        // Out of descriptors, of this process or of the whole system.
        if matches!(error.raw_os_error(), Some(23 | 24))
            && self.spare.take().is_some()
            && let Ok((stream, _)) = self.listener.accept()
        {
            self.engine.instance().clients.reject();
            refuse(&Stream::Tcp(stream), TOO_MANY_CLIENTS);
        }
        thread::sleep(RETRY_INTERVAL);
    }
}

fn spare_descriptor() -> Option<File> {
    File::open("/dev/null").ok()
}
