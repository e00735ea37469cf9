//! The state that all threads of one server share, except the data: its settings, its clients, its
//! figures, and a way to stop it. Neither the data nor a socket can be reached from here.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use crate::aof;
use crate::aof::load::progress::Loading;
use crate::classroom::Classroom;
use crate::client::deliveries::Deliveries;
use crate::client::denials::Denials;
use crate::client::features::Features;
use crate::client::outbox::Budget;
use crate::client::pause::Pause;
use crate::client::registry::Registry;
use crate::client::rules::Rules;
use crate::client::trace::Tracing;
use crate::client::users::Users;
use crate::config::{
    Changes, Config, DIR_IN_USE, EventClasses, LiveThresholds, Renames, SetError, Thresholds,
    WrittenUser,
};
use crate::logger::Logger;
use crate::stats::{Measuring, Sweeping};
use crate::threads::Threads;

/// Why the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The SHUTDOWN command.
    Command {
        /// NOW: does not wait for clients.
        is_now: bool,
        /// FORCE: does not wait for the first file of a log that is being switched on.
        is_forced: bool,
    },
    /// The holder of the server's handle: the thread that waits for signals, or the program around
    /// the server.
    Handle,
}

/// The listening sockets, as commands can change them.
pub trait Listen: fmt::Debug + Send {
    /// Listens at the TCP addresses of `config`. If that fails, restores the former addresses, logs
    /// the reason and returns `false`. Connected clients stay.
    fn listen(&mut self, config: &Config) -> bool;
    /// Stops accepting clients.
    fn stop(self: Box<Self>);
}

/// The shared state of one server.
#[derive(Debug)]
pub struct ServerState {
    config: RwLock<Config>,
    /// Held by a CONFIG SET that switches the log on, until all of its changes are made or none.
    /// Taken before every other lock. Only such commands wait for it, so its holder may wait for a
    /// file.
    switch_on_turn: Mutex<()>,
    /// Held while CONFIG REWRITE or ACL SAVE writes its file: the last writer must write the latest
    /// settings.
    config_file: Mutex<()>,
    /// Taken before `config`, and held while the settings are changed.
    listening: Mutex<Option<Box<dyn Listen>>>,
    thresholds: LiveThresholds,
    /// The bits of the classes of keyspace events that are published.
    event_classes: AtomicU32,
    /// The renamed commands. They never change.
    pub renames: Renames,
    /// The connected clients.
    pub clients: Arc<Registry>,
    /// The users.
    pub users: Users,
    /// The refused requests and logins.
    pub denials: Denials,
    /// The logger.
    pub logger: Arc<Logger>,
    /// The status of the append-only file.
    pub aof: Arc<aof::Status>,
    /// What a class has slowed down.
    pub classroom: Arc<Classroom>,
    /// What clients have for other clients.
    pub deliveries: Arc<Deliveries>,
    /// The bytes of replies that are pending for all clients, and their limit.
    pub budget: Arc<Budget>,
    /// What the settings allow each client.
    pub rules: Arc<Rules>,
    /// The switched-on features that concern every request.
    pub features: Arc<Features>,
    /// The pause of CLIENT PAUSE.
    pub pause: Pause,
    /// The traced requests.
    pub tracing: Arc<Tracing>,
    /// The slow log, the latency monitor, and whether histograms are kept.
    pub measuring: Measuring,
    /// The threads of the server, and their waits.
    pub threads: Arc<Threads>,
    /// The progress of loading the data.
    pub loading: Loading,
    /// Whether the sweeper removes expired keys and fields.
    pub active_expire: AtomicBool,
    /// The number of removed expired keys.
    pub expired_keys: AtomicU64,
    /// What the sweeper has done.
    pub sweeping: Sweeping,
    /// The number of removed values that were freed after the lock was released.
    pub lazyfreed_objects: AtomicU64,
    /// The service manager that is notified.
    pub supervisor: OnceLock<&'static str>,
    /// The bytes in use before the data was loaded.
    pub startup_bytes: AtomicUsize,
    /// When the server started.
    pub started: Instant,
    /// 40 random hexadecimal digits that identify this run of the server.
    pub run_id: String,
    stop: Sender<StopReason>,
    is_stopping: AtomicBool,
}

impl ServerState {
    /// Makes the state of a server that starts now. `stop` reaches the thread that runs the server.
    pub fn new(config: Config, logger: Arc<Logger>, stop: Sender<StopReason>) -> Self {
        let aof = Arc::<aof::Status>::default();
        aof.set_up(&config);
        aof.classroom.set_up(&config);
        let budget = Arc::<Budget>::default();
        budget.set_up(&config);
        let users = Users::default();
        users.set_default_password(&config.requirepass);
        let rules = Arc::new(Rules::new(Arc::clone(users.default_user())));
        rules.set_up(&config);
        let measuring = Measuring::new(Arc::clone(&aof.latency));
        measuring.set_up(&config);
        let features = Arc::<Features>::default();
        let deliveries = Arc::<Deliveries>::default();
        deliveries.tracking.set_up(&config);
        ServerState {
            thresholds: LiveThresholds::new(config.thresholds),
            event_classes: AtomicU32::new(config.notify_keyspace_events.effective_bits()),
            renames: config.renames.clone(),
            config: RwLock::new(config),
            switch_on_turn: Mutex::default(),
            config_file: Mutex::default(),
            listening: Mutex::default(),
            clients: Arc::default(),
            users,
            denials: Denials::default(),
            logger,
            tracing: Arc::new(Tracing::new(&features, &aof.classroom)),
            classroom: Arc::clone(&aof.classroom),
            aof,
            deliveries,
            budget,
            rules,
            features,
            pause: Pause::default(),
            measuring,
            threads: Arc::default(),
            loading: Loading::default(),
            active_expire: AtomicBool::new(true),
            expired_keys: AtomicU64::new(0),
            sweeping: Sweeping::default(),
            lazyfreed_objects: AtomicU64::new(0),
            supervisor: OnceLock::new(),
            startup_bytes: AtomicUsize::new(0),
            started: Instant::now(),
            run_id: random_id(),
            stop,
            is_stopping: AtomicBool::new(false),
        }
    }

    /// Returns the settings. The caller must not wait for anything while it holds them.
    pub fn config(&self) -> RwLockReadGuard<'_, Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the settings with `changes` applied, without changing the server's own.
    ///
    /// # Errors
    /// See [`Config::with`].
    pub fn config_with(&self, changes: &Changes) -> Result<Config, (Vec<u8>, SetError)> {
        self.config().with(changes, self.loading.is_on())
    }

    /// Applies all of `changes` to the settings, or none.
    ///
    /// # Errors
    /// See [`Config::with`].
    pub fn set_config(&self, changes: &Changes) -> Result<(), (Vec<u8>, SetError)> {
        let mut listening = self.listening();
        let changed = self.config_with(changes)?;
        self.listen(&changed, &changes.pairs, listening.as_deref_mut())?;
        let mut config = self.config.write().unwrap_or_else(PoisonError::into_inner);
        // Another client may just have switched the log on. Its file stays where it is.
        let changes_dir = changed.dir != config.dir && !changes.include(&["appendonly"]);
        if changes_dir && self.aof.is_recording() {
            let before = config.clone();
            drop(config);
            listening.as_deref_mut().map(|it| it.listen(&before));
            return Err(("dir".into(), SetError::Invalid(DIR_IN_USE.to_owned())));
        }
        if changes.include(&["requirepass"]) {
            self.users.set_default_password(&changed.requirepass);
        }
        *config = changed;
        self.set_appendonly(&mut config);
        self.logger.set_level(config.loglevel);
        self.aof.set_up(&config);
        self.thresholds.set(config.thresholds);
        let classes = config.notify_keyspace_events.effective_bits();
        self.event_classes.store(classes, Ordering::Relaxed);
        self.budget.set_up(&config);
        self.rules.set_up(&config);
        self.measuring.set_up(&config);
        self.deliveries.tracking.set_up(&config);
        Ok(())
    }

    /// Waits until no other client switches the log on. Other clients wait until the guard is
    /// dropped.
    pub fn switch_on_turn(&self) -> MutexGuard<'_, ()> {
        self.switch_on_turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the setting `appendonly` to the state of the log, after it was switched.
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

    /// Sets `appendonly` to the state of the log. While the data is loaded there is no log yet, and
    /// the setting stays. (Another client may just have switched the log.)
    fn set_appendonly(&self, config: &mut Config) {
        if !self.loading.is_on() {
            config.appendonly = self.aof.is_on();
        }
    }

    /// Writes the settings and the users, which `users` returns, into the configuration file: CONFIG
    /// REWRITE. Returns `None` if the server was started without a file.
    pub fn rewrite_config(
        &self,
        users: impl FnOnce() -> Vec<WrittenUser>,
    ) -> Option<io::Result<()>> {
        self.with_config_file(|| {
            let config = self.config().clone();
            let has_file = !config.config_file.as_os_str().is_empty();
            has_file.then(|| config.rewrite(&users()))
        })
    }

    /// Calls `write`, which writes the configuration file or the ACL file. Nobody else writes them
    /// meanwhile.
    pub fn with_config_file<T>(&self, write: impl FnOnce() -> T) -> T {
        let turn = self.config_file.lock();
        let _turn = turn.unwrap_or_else(PoisonError::into_inner);
        write()
    }

    /// Listens at the addresses of `changed`, if they differ from the current ones.
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

    /// Calls `start`, which begins to accept clients. The lock is held meanwhile, because even the
    /// first client can change the addresses.
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

    /// Returns the settings of that kind. Each HSET reads them, so this takes no lock.
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds.get()
    }

    /// Returns the classes of keyspace events that are published.
    pub fn event_classes(&self) -> EventClasses {
        EventClasses::from_bits(self.event_classes.load(Ordering::Relaxed))
    }

    /// Warns that the data is lost when the process ends. Called at the start if `appendonly` is
    /// `no`, and when it is switched off.
    pub fn warn_of_no_persistence(&self) {
        self.logger.warning(format_args!(
            "WARNING: no data is kept: 'appendonly' is 'no', and there are no snapshots. All of \
             it is lost when the server ends. To keep it: 'appendonly yes' in the configuration \
             file, '--appendonly yes', or CONFIG SET appendonly yes."
        ));
    }

    /// Counts values that are freed after the lock was released.
    pub fn count_freed(&self, values: usize) {
        if values > 0 {
            let freed = &self.lazyfreed_objects;
            freed.fetch_add(values as u64, Ordering::Relaxed);
        }
    }

    /// Asks the server to stop, and returns at once.
    pub fn stop(&self, reason: StopReason) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.classroom.end();
        // If there is no receiver, the server is already stopping.
        let _ = self.stop.send(reason);
    }

    /// Returns whether the server has been asked to stop. Long work checks this.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

/// Returns random digits. The standard library's only source of randomness is the seed of its
/// hasher.
pub fn random_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    let digits: String = (0..3)
        .map(|part: u32| format!("{:016x}", RandomState::new().hash_one(part)))
        .collect();
    digits[..40].to_owned()
}
