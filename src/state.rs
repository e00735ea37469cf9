//! The running server as commands see it: its settings, its clients, its figures, and
//! a way to stop it. Neither the data nor any socket can be reached from here.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use crate::aof;
use crate::aof::load::progress::Loading;
use crate::client::outbox::Budget;
use crate::client::registry::Registry;
use crate::client::rules::Rules;
use crate::config::{Changes, Config, DIR_IN_USE, Renames, SetError, Small};
use crate::logger::Logger;

/// Why the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The SHUTDOWN command.
    Command {
        /// NOW: clients are not waited for.
        is_now: bool,
        /// FORCE: a first file that is being made is not waited for.
        is_forced: bool,
    },
    /// Whoever holds the server's handle: a signal, or the program around it.
    Handle,
}

/// Where clients can connect, as far as commands can change it.
pub trait Listen: fmt::Debug + Send {
    /// Listens at the TCP addresses that `config` names. If that fails all is as before, the
    /// server's log tells why, and this returns `false`. Connected clients stay.
    fn listen(&mut self, config: &Config) -> bool;
    /// Stops accepting clients.
    fn stop(self: Box<Self>);
}

/// The state that all threads of one server share, except the data.
#[derive(Debug)]
pub struct ServerState {
    config: RwLock<Config>,
    /// Held by CONFIG SET from before the log is switched on until it has made all of its changes
    /// or none. Taken before every other lock. Nobody else takes it, so a file may be waited for.
    switch_on_turn: Mutex<()>,
    /// Held while CONFIG REWRITE writes the file, so that the last one writes the latest settings.
    config_file: Mutex<()>,
    /// Taken before `config`, and held while that is changed.
    listening: Mutex<Option<Box<dyn Listen>>>,
    small_hash: SmallHash,
    /// Commands that have other names; they stay the same.
    pub renames: Renames,
    /// Who is connected.
    pub clients: Arc<Registry>,
    /// The server's log.
    pub logger: Arc<Logger>,
    /// How the append-only file is doing.
    pub aof: Arc<aof::Status>,
    /// The bytes of replies that wait for clients, and how many may.
    pub budget: Arc<Budget>,
    /// What the settings allow each client.
    pub rules: Arc<Rules>,
    /// How far the loading of the data has come.
    pub loading: Loading,
    /// Whether the sweeper removes expired keys and fields.
    pub active_expire: AtomicBool,
    /// How many expired keys have been removed.
    pub expired_keys: AtomicU64,
    /// When the server started.
    pub started: Instant,
    /// 40 hexadecimal digits that no other run has.
    pub run_id: String,
    stop: Sender<StopReason>,
    is_stopping: AtomicBool,
}

impl ServerState {
    /// The state of a server that starts now; `stop` reaches the thread that runs it.
    pub fn new(config: Config, logger: Arc<Logger>, stop: Sender<StopReason>) -> Self {
        let aof = Arc::<aof::Status>::default();
        aof.set_up(&config);
        let budget = Arc::<Budget>::default();
        budget.set_up(&config);
        let rules = Arc::<Rules>::default();
        rules.set_up(&config);
        ServerState {
            small_hash: SmallHash::new(config.small_hash),
            renames: config.renames.clone(),
            config: RwLock::new(config),
            switch_on_turn: Mutex::default(),
            config_file: Mutex::default(),
            listening: Mutex::default(),
            clients: Arc::default(),
            logger,
            aof,
            budget,
            rules,
            loading: Loading::default(),
            active_expire: AtomicBool::new(true),
            expired_keys: AtomicU64::new(0),
            started: Instant::now(),
            run_id: random_id(),
            stop,
            is_stopping: AtomicBool::new(false),
        }
    }

    /// The settings. Not to be held while anything is waited for.
    pub fn config(&self) -> RwLockReadGuard<'_, Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The settings with `changes` made.
    ///
    /// # Errors
    /// See [`Config::with`].
    pub fn config_with(&self, changes: &Changes) -> Result<Config, (Vec<u8>, SetError)> {
        self.config().with(changes, self.loading.is_on())
    }

    /// Changes settings: makes all of `changes`, or none.
    ///
    /// # Errors
    /// See [`Config::with`].
    pub fn set_config(&self, changes: &Changes) -> Result<(), (Vec<u8>, SetError)> {
        let mut listening = self.listening();
        let changed = self.config_with(changes)?;
        self.listen(&changed, &changes.pairs, listening.as_deref_mut())?;
        let mut config = self.config.write().unwrap_or_else(PoisonError::into_inner);
        // Another client may just have switched the log on, which has its file where it was.
        let moves = changed.dir != config.dir && !changes.have(&["appendonly"]);
        if moves && self.aof.is_recording() {
            let before = config.clone();
            drop(config);
            listening.as_deref_mut().map(|it| it.listen(&before));
            return Err(("dir".into(), SetError::Invalid(DIR_IN_USE.to_owned())));
        }
        *config = changed;
        self.set_appendonly(&mut config);
        self.logger.set_level(config.loglevel);
        self.aof.set_up(&config);
        self.small_hash.set(config.small_hash);
        self.budget.set_up(&config);
        self.rules.set_up(&config);
        Ok(())
    }

    /// Waits until no other client is switching the log on, and keeps them waiting.
    pub fn switch_on_turn(&self) -> MutexGuard<'_, ()> {
        self.switch_on_turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets `appendonly` to the state of the log.
    pub fn update_appendonly(&self) {
        let mut config = self.config.write().unwrap_or_else(PoisonError::into_inner);
        let was_on = config.appendonly;
        self.set_appendonly(&mut config);
        let is_switched_off = was_on && !config.appendonly;
        drop(config);
        if is_switched_off {
            self.warn_of_no_persistence();
        }
    }

    /// Once there is a log, it says what `appendonly` is: another client may just have switched it.
    fn set_appendonly(&self, config: &mut Config) {
        if !self.loading.is_on() {
            config.appendonly = self.aof.is_on();
        }
    }

    /// Writes the settings into the file that they were read from. `None` if there is none.
    pub fn rewrite_config(&self) -> Option<io::Result<()>> {
        let turn = self.config_file.lock();
        let _turn = turn.unwrap_or_else(PoisonError::into_inner);
        let config = self.config().clone();
        let has_file = !config.config_file.as_os_str().is_empty();
        has_file.then(|| config.rewrite())
    }

    /// Listens where `changed` says, if it says something else than before.
    fn listen(
        &self,
        changed: &Config,
        pairs: &[(Vec<u8>, Vec<u8>)],
        listening: Option<&mut (dyn Listen + 'static)>,
    ) -> Result<(), (Vec<u8>, SetError)> {
        let name = {
            let config = self.config();
            pairs
                .iter()
                .find_map(|(name, _)| config.listening_change(changed, name))
        };
        let Some((name, reason)) = name else {
            return Ok(());
        };
        if listening.is_some_and(|listening| listening.listen(changed)) {
            return Ok(());
        }
        self.logger.warning(format_args!(
            "Failed applying new configuration. Possibly related to new {name} setting. \
             Restoring previous settings."
        ));
        Err((name.into(), SetError::Invalid(reason.to_owned())))
    }

    /// Lets clients in as `start` does. Even the first of them can change where the server
    /// listens.
    ///
    /// # Errors
    /// That of `start`.
    pub fn start_listening<E>(
        &self,
        start: impl FnOnce() -> Result<Box<dyn Listen>, E>,
    ) -> Result<(), E> {
        let mut listening = self.listening();
        *listening = Some(start()?);
        Ok(())
    }

    /// Stops accepting clients.
    pub fn stop_listening(&self) {
        let listening = self.listening().take();
        if let Some(listening) = listening {
            listening.stop();
        }
    }

    fn listening(&self) -> MutexGuard<'_, Option<Box<dyn Listen>>> {
        self.listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The setting of that name, read without the settings' lock: each HSET asks for it.
    pub fn small_hash(&self) -> Small {
        self.small_hash.get()
    }

    /// Warns that the data is lost when the process ends. Called at the start without `appendonly`,
    /// and when it is switched off.
    pub fn warn_of_no_persistence(&self) {
        self.logger.warning(format_args!(
            "WARNING: no data is kept: 'appendonly' is 'no', and there are no snapshots. All of \
             it is lost when the server ends. To keep it: 'appendonly yes' in the configuration \
             file, '--appendonly yes', or CONFIG SET appendonly yes."
        ));
    }

    /// Asks the server to stop; returns at once.
    pub fn stop(&self, reason: StopReason) {
        self.is_stopping.store(true, Ordering::Relaxed);
        // If nobody receives it, it is stopping already.
        let _ = self.stop.send(reason);
    }

    /// Whether it has been asked to stop: for work that takes long.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

/// A [`Small`] that many threads read while CONFIG SET changes it.
#[derive(Debug)]
struct SmallHash {
    entries: AtomicUsize,
    value_bytes: AtomicUsize,
}

impl SmallHash {
    fn new(small: Small) -> SmallHash {
        SmallHash {
            entries: AtomicUsize::new(small.entries),
            value_bytes: AtomicUsize::new(small.value_bytes),
        }
    }

    fn get(&self) -> Small {
        Small {
            entries: self.entries.load(Ordering::Relaxed),
            value_bytes: self.value_bytes.load(Ordering::Relaxed),
        }
    }

    fn set(&self, small: Small) {
        self.entries.store(small.entries, Ordering::Relaxed);
        self.value_bytes.store(small.value_bytes, Ordering::Relaxed);
    }
}

/// The standard library's only source of randomness is the seed of its hasher.
fn random_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    let digits: String = (0..3)
        .map(|part: u32| format!("{:016x}", RandomState::new().hash_one(part)))
        .collect();
    digits[..40].to_owned()
}
