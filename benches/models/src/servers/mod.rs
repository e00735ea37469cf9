//! Other ways to move bytes, around threadbare's engine: the parser, the commands, the
//! store, the log and the settings are the same, and only what waits for sockets differs.
//!
//! | model | who serves a client | who waits for the log |
//! |---|---|---|
//! | threadbare itself | a thread | nobody: another thread that is awake sends the reply, or the log's |
//! | [`tokio`] | a task, on as many threads as processors | the task |
//! | [`tokio`], current | a task, all on one thread | the task |
//! | [`smol`] | a task, on as many threads as processors | the task |
//! | [`mio`] | a state machine in one loop on one thread | the state |
//!
//! What all of them leave out of threadbare's server: its registry of clients, and so
//! `maxclients`, `timeout`, `tcp-keepalive` and lines in CLIENT LIST and INFO; addresses other
//! than 127.0.0.1; the sweep for what is past its time, which goes only when somebody asks for
//! it; clients while the data is loaded; and an orderly end by signals. What was acknowledged
//! is in the file at any time, so ending the process is good enough.
//!
//! One thing is not as asynchronous as it looks. To run a request may block its thread for
//! a moment, and with it all clients whose turn that thread would have next: on the store's
//! lock, and, if 32 MB of records wait for a slow disk, until the log has room again. It is
//! the price of an engine that was made for threads; with a fast disk it is hard to measure,
//! because turns are short and no model waits for anything during one.

mod conversation;
pub mod mio;
pub mod smol;
pub mod tokio;

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use threadbare::Config;
use threadbare::engine::Engine;
use threadbare::logger::Logger;
use threadbare::server::open_engine;
use threadbare::state::{ServerState, StopReason};

/// After a failure to accept, the next try comes this much later.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// How long a server that stops waits for the disk.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether the log needs something; as in threadbare's server.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(100);

/// Serves whoever connects to the listener, which does not block, as long as the process
/// lives.
pub type Serve = fn(TcpListener, Arc<Engine>) -> io::Result<()>;

/// The models by name.
pub const MODELS: [(&str, Serve); 4] = [
    ("tokio", tokio::multi_thread),
    ("tokio-current", tokio::current_thread),
    ("smol", smol::serve),
    ("mio", mio::serve),
];

/// Runs a server as `config` says, until SHUTDOWN ends the process.
///
/// # Errors
/// If it cannot start.
pub fn run(model: &str, serve: Serve, mut config: Config) -> Result<(), Box<dyn Error>> {
    let logger = Logger::open(&config.logfile, config.loglevel)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))?;
    listener.set_nonblocking(true)?;
    // The standard library has asked for its own number, as it does for threadbare.
    rustix::net::listen(&listener, config.tcp_backlog)?;
    config.port = listener.local_addr()?.port();
    logger.notice(format_args!(
        "threadbare's engine with {model} is starting, pid={}, port={}",
        process::id(),
        config.port
    ));
    let (stop, stopped) = mpsc::channel();
    let state = Arc::new(ServerState::new(config, Arc::new(logger), stop));
    let engine = Arc::new(open_engine(&state)?);
    thread::Builder::new().name("stop".to_owned()).spawn({
        let engine = Arc::clone(&engine);
        move || obey_shutdown(&stopped, &engine)
    })?;
    thread::Builder::new()
        .name("aof-upkeep".to_owned())
        .spawn({
            let engine = Arc::clone(&engine);
            move || tend_log(&engine)
        })?;
    state
        .logger
        .notice(format_args!("Ready to accept connections"));
    Ok(serve(listener, engine)?)
}

/// Waits for SHUTDOWN, has the log write what it was given, and ends the process. Clients
/// whose changes come later get no answer.
fn obey_shutdown(stopped: &Receiver<StopReason>, engine: &Engine) {
    // The engine holds the sender.
    let _ = stopped.recv();
    if let Some(log) = engine.attached_log() {
        log.prepare_stop();
        if let Err(error) = log.stop(STOP_PATIENCE) {
            engine.state().logger.warning(format_args!("{error}"));
            process::exit(1);
        }
    }
    process::exit(0);
}

/// Has the log rewritten when it is time.
fn tend_log(engine: &Engine) {
    loop {
        thread::sleep(UPKEEP_INTERVAL);
        engine.tend_log();
    }
}

fn complain_of_accept(engine: &Engine, error: &io::Error) {
    let logger = &engine.state().logger;
    logger.warning(format_args!("Error accepting a connection: {error}"));
}
