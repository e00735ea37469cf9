//! The life of a server: bind, load the data, accept clients, and stop in order.

mod accept;
mod announce;
mod bind;
pub mod connection;
mod error;
mod listening;
mod load;
mod memory;
mod pidfile;
mod stop;
mod supervise;
mod ticker;
mod unix;
mod welcome;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::client::marks::Mark;
use crate::commands::load_users;
use crate::config::Config;
use crate::config::limits::{clients_within, max_open_files};
use crate::engine::{Engine, Sweep};
use crate::logger::Logger;
use crate::state::{ServerState, StopReason};
use crate::sys;
use crate::sys::Listener;
use crate::threads::{self, Kind, Reason};
use crate::view::View;

use bind::Bound;
use listening::Listening;
use pidfile::PidFile;
use supervise::Supervisor;

pub use crate::engine::LoadError;
pub use error::ServerError;
pub use load::{DamagedFile, open_engine};
use memory::{MEMORY_CHECK, MemoryReleaser};
use ticker::Ticker;

/// How long a stopping server waits for each ticker.
const TICKER_PATIENCE: Duration = Duration::from_millis(200);

/// How often the server looks for idle clients.
const IDLE_CHECK: Duration = Duration::from_secs(1);

/// How often expired keys and fields are removed.
const SWEEP_INTERVAL: Duration = Duration::from_millis(100);

/// How often the server checks whether the log needs a rewrite.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(100);

/// How long a sweep leaves the lock to other threads after each step.
const SWEEP_PAUSE: Duration = Duration::from_micros(100);

/// A server that listens. [`Server::run`] serves the clients.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use threadbare::{Config, Level, Server};
///
/// let config = Config { port: 0, appendonly: false, loglevel: Level::Nothing, ..Config::default() };
/// let server = Server::bind(config).unwrap();
/// let address = server.local_addr();
/// let handle = server.handle();
/// let running = std::thread::spawn(move || server.run());
/// while handle.is_loading() {
///     std::thread::yield_now();
/// }
///
/// let mut client = TcpStream::connect(address).unwrap();
/// client.write_all(b"PING\r\n").unwrap();
/// let mut reply = [0; 7];
/// client.read_exact(&mut reply).unwrap();
/// assert_eq!(&reply, b"+PONG\r\n");
///
/// handle.shutdown();
/// running.join().unwrap().unwrap();
/// ```
#[derive(Debug)]
pub struct Server {
    bound: Bound,
    /// The socket of the page, if there is one.
    view: Option<Listener>,
    state: Arc<ServerState>,
    stopped: Receiver<StopReason>,
}

/// A handle to stop a server from another thread.
#[derive(Clone, Debug)]
pub struct Handle {
    state: Arc<ServerState>,
}

impl Handle {
    /// Asks the server to stop, and returns at once. [`Server::run`] returns when it has stopped.
    pub fn shutdown(&self) {
        self.state.stop(StopReason::Handle);
    }

    /// Returns whether the server has not loaded its data yet, or could not.
    pub fn is_loading(&self) -> bool {
        self.state.loading.is_on()
    }

    /// Returns the server's logger.
    pub fn logger(&self) -> &Logger {
        &self.state.logger
    }
}

impl Server {
    /// Listens on the configured addresses. Clients can connect from now on, but [`Server::run`]
    /// serves them. While it loads the data, it answers most commands with an error.
    ///
    /// # Errors
    /// If the log file cannot be opened, an address cannot be listened on, or a user cannot be defined.
    pub fn bind(mut config: Config) -> Result<Server, ServerError> {
        let logger = Logger::open(&config.logfile, config.loglevel)
            .map_err(|error| ServerError::Logfile(config.logfile.clone(), error))?;
        let bound = Bound::new(&mut config, &logger)?;
        let view = Bound::view(&config, &logger)?;
        fit_to_descriptors(&mut config, &logger);
        let (stop, stopped) = mpsc::channel();
        let state = ServerState::new(config, Arc::new(logger), stop);
        load_users(&state).map_err(ServerError::Users)?;
        state.loading.begin(0);
        Ok(Server {
            bound,
            view,
            state: Arc::new(state),
            stopped,
        })
    }

    /// Returns the first TCP address that the server listens on; `0.0.0.0:0` without TCP.
    pub fn local_addr(&self) -> SocketAddr {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        self.bound.tcp_address().unwrap_or(nowhere)
    }

    /// Returns a handle to stop the server while it runs.
    pub fn handle(&self) -> Handle {
        Handle {
            state: Arc::clone(&self.state),
        }
    }

    /// Loads the data and serves until SHUTDOWN or [`Handle::shutdown`]. When this returns, all
    /// clients are disconnected and all acknowledged writes are on the disk. A thread in the middle
    /// of a long command may still exist.
    ///
    /// # Errors
    /// If the data cannot be loaded, a thread cannot be started, or the disk does not take all
    /// acknowledged writes within `shutdown-timeout`.
    pub fn run(self) -> Result<(), ServerError> {
        let Server {
            bound,
            view,
            state,
            stopped,
        } = self;
        let _entered = state.threads.enter(Kind::Main);
        announce::announce(&state);
        let _pid_file = PidFile::write(&state);
        let supervisor = Supervisor::find(&state);
        let engine = Arc::new(Engine::new(Arc::clone(&state)));
        let usage = sys::memory::usage().unwrap_or_default();
        state.startup_bytes.store(usage.used, Ordering::Relaxed);
        let file = load::open(&state)?;
        let listening = state.start_listening(|| Listening::start(bound, &engine));
        listening.map_err(ServerError::Thread)?;
        let view = view.map(|listener| View::start(listener, &engine));
        let view = view.transpose().map_err(ServerError::Thread)?;
        let outcome = match load::load(&engine, file) {
            Ok(true) => serve(&engine, &stopped, &supervisor),
            Ok(false) => Ok(StopReason::Handle),
            Err(error) => Err(error),
        };
        supervisor.stopping();
        state.stop_listening();
        if let Some(view) = view {
            view.stop();
        }
        if let Some(log) = engine.attached_log() {
            log.prepare_stop();
        }
        let (is_now, is_forced) = match outcome {
            Ok(StopReason::Command { is_now, is_forced }) => (is_now, is_forced),
            Ok(StopReason::Handle) | Err(_) => (false, false),
        };
        stop::disconnect_clients(&state, is_now);
        let saved = stop::stop_log(&engine, is_forced);
        outcome?;
        saved?;
        state
            .logger
            .warning(format_args!("threadbare is now ready to exit, bye bye..."));
        Ok(())
    }
}

/// Serves until the server is asked to stop. Returns the reason.
fn serve(
    engine: &Arc<Engine>,
    stopped: &Receiver<StopReason>,
    supervisor: &Supervisor,
) -> Result<StopReason, ServerError> {
    let tickers = start_tickers(engine).map_err(ServerError::Thread)?;
    let logger = &engine.state().logger;
    announce_listening(engine.state());
    supervisor.ready();

    // The server's state holds the sender, so `recv` cannot fail.
    let waiting = threads::waiting(Reason::Work);
    let reason = stopped.recv().unwrap_or(StopReason::Handle);
    drop(waiting);

    logger.warning(format_args!("{}", stop_text(reason)));
    for ticker in tickers {
        ticker.stop(TICKER_PATIENCE);
    }
    Ok(reason)
}

/// Starts the threads that do periodic work.
fn start_tickers(engine: &Arc<Engine>) -> io::Result<[Ticker; 4]> {
    let state = Arc::clone(engine.state());
    let idle_check = Ticker::start((Kind::IdleCheck, "idle-check"), IDLE_CHECK, move || {
        state.clients.sample();
        close_slow_clients(&state);
        close_idle_clients(&state);
    })?;
    let swept = Arc::clone(engine);
    let sweeper = Ticker::start((Kind::Sweeper, "sweeper"), SWEEP_INTERVAL, move || {
        sweep(&swept);
    })?;
    let engine = Arc::clone(engine);
    let upkeep = Ticker::start(
        (Kind::AofUpkeep, "aof-upkeep"),
        UPKEEP_INTERVAL,
        move || {
            engine.tend_log();
        },
    )?;
    let mut releaser = MemoryReleaser::new();
    let memory = Ticker::start((Kind::Memory, "memory"), MEMORY_CHECK, move || {
        releaser.check();
    })?;
    Ok([idle_check, sweeper, upkeep, memory])
}

fn announce_listening(state: &ServerState) {
    let config = state.config();
    if config.port != 0 && !config.bind.is_empty() {
        let logger = &state.logger;
        logger.notice(format_args!("Ready to accept connections"));
    }
    if let Some(path) = config.unix_socket_path() {
        state.logger.notice(format_args!(
            "The server is now ready to accept connections at {}",
            path.display()
        ));
    }
}

fn stop_text(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Command { .. } => "User requested shutdown...",
        StopReason::Handle => "Shutdown requested...",
    }
}

/// Lowers `maxclients` if the system allows fewer file descriptors, as in Redis: every client needs
/// one. `ulimit` can raise the system's limit.
fn fit_to_descriptors(config: &mut Config, logger: &Logger) {
    let Some(allowed) = max_open_files() else {
        return;
    };
    let reserved = config.view.reserved_fds();
    let fitting = clients_within(allowed, reserved);
    if config.maxclients <= fitting {
        return;
    }
    logger.warning(format_args!(
        "You requested maxclients of {} requiring at least {} max file descriptors. Current \
         maximum open files is {allowed}. maxclients has been reduced to {fitting} to compensate \
         for low ulimit. If you need higher maxclients increase 'ulimit -n'.",
        config.maxclients,
        config.maxclients + reserved,
    ));
    config.maxclients = fitting;
}

/// Disconnects clients for which replies have been pending for too long.
fn close_slow_clients(state: &ServerState) {
    for client in state.clients.clients() {
        client.connection().close_if_over_limit();
    }
}

/// Disconnects clients that have sent no request for longer than `timeout`, unless they wait for
/// data or are monitors.
fn close_idle_clients(state: &ServerState) {
    let timeout = state.config().timeout_s;
    if timeout == 0 {
        return;
    }
    for client in state.clients.clients() {
        let is_idle = client.idle() > Duration::from_secs(timeout);
        if is_idle && !client.wait.is_in_line() && !client.marks.has(Mark::Monitor) {
            state
                .logger
                .verbose(format_args!("Closing idle {client:?}"));
            client.connection().close();
        }
    }
}

/// Removes all expired keys and fields, unless DEBUG has switched that off. Releases the lock after
/// each step.
fn sweep(engine: &Engine) {
    let mut sweep = Sweep::default();
    let state = engine.state();
    while state.active_expire.load(Ordering::Relaxed)
        && !state.is_stopping()
        && engine.sweep(&mut sweep)
    {
        let _waiting = threads::waiting(Reason::Work);
        thread::sleep(SWEEP_PAUSE);
    }
}
