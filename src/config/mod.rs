//! Every setting once; the limits that are no settings are in [`limits`].
//!
//! Names and texts are those of redis.conf
//! (<https://redis.io/docs/latest/operate/oss_and_stack/management/config/>). A setting
//! is a row of [`SETTINGS`]; the command line, configuration files, CONFIG GET and CONFIG
//! SET all read that table.

mod changes;
mod choices;
mod directive;
mod inert;
pub mod limits;
pub mod names;
mod output_limits;
mod rename;
mod setting;
mod settings;
mod source;
mod user;
mod value;

pub use changes::{Changes, DIR_IN_USE, SetError};
pub use choices::{Fsync, Protected, Supervised};
pub use output_limits::{OutputLimit, OutputLimits};
pub use rename::Renames;
pub use setting::Setting;
pub use settings::SETTINGS;
pub use source::ConfigError;
pub use user::DefaultUser;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::logger::Level;

/// The version whose behaviour clients may expect, as HELLO and INFO report it.
pub const REDIS_VERSION: &str = "7.0.15";

/// How a server is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// TCP port. 0: no TCP if there is a `unixsocket`, or else a free port.
    pub port: u16,
    /// Addresses to listen on. `-` before one: no matter if it is not there; `*`: all.
    pub bind: Vec<String>,
    /// Path of the Unix socket to listen on; empty for none. If relative, it is in `dir`.
    pub unixsocket: PathBuf,
    /// Permissions of its file; 0 leaves them to the umask.
    pub unixsocketperm: u32,
    /// How many connections may wait to be accepted.
    pub tcp_backlog: i32,
    /// Directory of the append-only file.
    pub dir: PathBuf,
    /// File that gets the process's number; empty for none. If relative, it is in `dir`.
    pub pidfile: PathBuf,
    /// The service manager that is notified when the server is ready and when it stops.
    pub supervised: Supervised,
    /// Whether data is kept in a file at all.
    pub appendonly: bool,
    /// When it is synced.
    pub appendfsync: Fsync,
    /// Whether what is written at once ends in a checksum.
    pub aof_checksums: bool,
    /// By how many percent the file may grow before it is rewritten; 0 for never.
    pub auto_aof_rewrite_percentage: u64,
    /// How big it must be for that.
    pub auto_aof_rewrite_min_bytes: u64,
    /// Name of that file, without a directory.
    pub appendfilename: String,
    /// Whether a file that ends within a command is cut off there.
    pub aof_load_truncated: bool,
    /// How big a damaged end of the file may be to be put aside.
    pub aof_load_corrupt_tail_max_bytes: u64,
    /// How many databases SELECT can choose from.
    pub databases: usize,
    /// How many clients may be connected at once.
    pub maxclients: usize,
    /// Bytes of replies that may be pending for one client, by its class.
    pub client_output_buffer_limit: OutputLimits,
    /// Bytes of replies that may be pending for all clients together; 0 for a quarter of the
    /// memory. Above it, clients with many pending bytes are not read from.
    pub client_output_buffer_total: u64,
    /// Bytes of requests that one client may have pending.
    pub client_query_buffer_limit: u64,
    /// The longest bulk string of a request, and the longest string that a command may make.
    pub proto_max_bulk_bytes: u64,
    /// Password of the default user; empty for none. [`Config::user`] goes before it.
    pub requirepass: String,
    /// The default user, if a line `user default` defines it.
    pub user: Option<DefaultUser>,
    /// Commands that have other names, or none.
    pub renames: Renames,
    /// Without a password, refuse clients from other machines.
    pub protected_mode: bool,
    /// Who may use DEBUG.
    pub enable_debug_command: Protected,
    /// Who may change a setting that names a directory or file.
    pub enable_protected_configs: Protected,
    /// Seconds of silence after which a client is disconnected; 0 for never.
    pub timeout_s: u64,
    /// Seconds of silence after which its machine is asked whether it is still there; 0 for
    /// never.
    pub tcp_keepalive_s: i32,
    /// Seconds that an orderly stop may take.
    pub shutdown_timeout_s: u64,
    /// How much the server says.
    pub loglevel: Level,
    /// Where it says it; empty for standard output.
    pub logfile: PathBuf,
    /// The size up to which a hash is packed.
    pub small_hash: Small,
    /// Values of Redis's directives that have no effect here and need none.
    pub inert: BTreeMap<&'static str, String>,
    /// Directives that ask for something that will not happen, and their values.
    pub unsupported: BTreeMap<&'static str, String>,
    /// The file that this was read from; empty for none.
    pub config_file: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            port: 6379,
            bind: vec!["127.0.0.1".to_owned(), "-::1".to_owned()],
            unixsocket: PathBuf::new(),
            unixsocketperm: 0,
            tcp_backlog: 511,
            dir: PathBuf::from("."),
            pidfile: PathBuf::new(),
            supervised: Supervised::No,
            appendonly: true,
            appendfsync: Fsync::EverySecond,
            aof_checksums: true,
            auto_aof_rewrite_percentage: 100,
            auto_aof_rewrite_min_bytes: 64 << 20,
            appendfilename: "appendonly.aof".to_owned(),
            aof_load_truncated: true,
            aof_load_corrupt_tail_max_bytes: 64 << 20,
            databases: 16,
            maxclients: 10_000,
            client_output_buffer_limit: OutputLimits::default(),
            client_output_buffer_total: 0,
            client_query_buffer_limit: 1 << 30,
            proto_max_bulk_bytes: limits::DEFAULT_BULK_BYTES,
            requirepass: String::new(),
            user: None,
            renames: Renames::default(),
            protected_mode: true,
            enable_debug_command: Protected::No,
            enable_protected_configs: Protected::No,
            timeout_s: 0,
            tcp_keepalive_s: 300,
            shutdown_timeout_s: 10,
            loglevel: Level::Notice,
            logfile: PathBuf::new(),
            small_hash: Small::default(),
            inert: BTreeMap::new(),
            unsupported: BTreeMap::new(),
            config_file: PathBuf::new(),
        }
    }
}

/// The size up to which a collection is packed, where Redis has a listpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Small {
    /// Upper bound of its elements, or of its fields.
    pub entries: usize,
    /// Upper bound of the bytes of each element, name or value.
    pub value_bytes: usize,
}

/// As Redis has it for a hash.
impl Default for Small {
    fn default() -> Small {
        Small {
            entries: 512,
            value_bytes: 64,
        }
    }
}

impl Config {
    /// Where the append-only file is.
    pub fn aof_path(&self) -> PathBuf {
        self.dir.join(&self.appendfilename)
    }

    /// Where the process's number is written, if anywhere.
    pub fn pid_path(&self) -> Option<PathBuf> {
        let is_wanted = !self.pidfile.as_os_str().is_empty();
        is_wanted.then(|| self.dir.join(&self.pidfile))
    }

    /// Where the Unix socket is, if there is to be one.
    pub fn unix_socket_path(&self) -> Option<PathBuf> {
        let is_wanted = !self.unixsocket.as_os_str().is_empty();
        is_wanted.then(|| self.dir.join(&self.unixsocket))
    }

    /// The default user.
    pub fn default_user(&self) -> Cow<'_, DefaultUser> {
        match &self.user {
            Some(user) => Cow::Borrowed(user),
            None => Cow::Owned(DefaultUser::with_password(&self.requirepass)),
        }
    }

    /// Makes `password` the default user's only one; empty for none.
    fn set_password(&mut self, password: &str) {
        password.clone_into(&mut self.requirepass);
        if let Some(user) = &mut self.user {
            user.set_password(password);
        }
    }
}
