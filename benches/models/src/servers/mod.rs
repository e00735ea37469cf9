//! threadbare's engine behind other I/O models. The parser, the commands, the store, the log and
//! the settings are the same. Only the code that waits for sockets and the log differs.
//!
//! | model | serves a client | waits for the log |
//! |---|---|---|
//! | threadbare itself | a thread | none: another running thread, or the log's, sends the reply |
//! | [`tokio`] | a task, on as many threads as processors | the task |
//! | [`tokio`], current | a task, all on one thread | the task |
//! | [`smol`] | a task, on as many threads as processors | the task |
//! | [`mio`] | a state machine in one loop on one thread | the client's state |
//!
//! All models leave out these parts of threadbare's server:
//!
//! - its registry of clients, and with it `maxclients`, `timeout`, `tcp-keepalive` and the lines
//!   in CLIENT LIST and INFO;
//! - addresses other than 127.0.0.1;
//! - the sweep of expired keys: an expired key is removed only when a command meets it;
//! - clients while the data is loading;
//! - an orderly end by signals. Acknowledged writes are always in the file, so it is safe to
//!   kill the process.
//!
//! One step is less asynchronous than it looks. A request that runs may block its thread for a
//! moment, and delays all other clients of that thread. It blocks on the store's lock. If 32 MB
//! of records wait for a slow disk, it also blocks until the log has room. This is the price of
//! an engine that was made for threads. With a fast disk the delay is hard to measure: turns are
//! short, and no model waits during one.

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

/// Delay from a failed accept to the next try.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Upper bound of a stopping server's wait for the disk.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// Interval of the log's upkeep, as in threadbare's server.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(100);

/// Serves all clients of a nonblocking listener until the process ends.
pub type Serve = fn(TcpListener, Arc<Engine>) -> io::Result<()>;

/// The models by name.
pub const MODELS: [(&str, Serve); 4] = [
    ("tokio", tokio::multi_thread),
    ("tokio-current", tokio::current_thread),
    ("smol", smol::serve),
    ("mio", mio::serve),
];

/// Runs a server with the settings of `config`, until SHUTDOWN ends the process.
///
/// # Errors
/// If the server cannot start.
pub fn run(model: &str, serve: Serve, mut config: Config) -> Result<(), Box<dyn Error>> {
    let logger = Logger::open(&config.logfile, config.loglevel)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))?;
    listener.set_nonblocking(true)?;
    // `bind` has already listened with the standard library's own backlog; this sets the
    // configured one.
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

/// Waits for SHUTDOWN, has the log write its queued records, and ends the process. Writes that
/// come later are not acknowledged.
fn obey_shutdown(stopped: &Receiver<StopReason>, engine: &Engine) {
    // Cannot fail: the engine holds the sender.
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

/// Starts a rewrite of the log when one is due.
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
