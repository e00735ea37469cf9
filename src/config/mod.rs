//! All settings, each defined once. Fixed limits are in [`limits`].
//!
//! Names and texts are those of redis.conf
//! (<https://redis.io/docs/latest/operate/oss_and_stack/management/config/>). A setting is a row of
//! [`SETTINGS`]. The command line, configuration files, CONFIG GET and CONFIG SET all use that
//! table.

mod changes;
mod choices;
mod directive;
mod events;
mod inert;
pub mod limits;
mod monitoring;
mod output_limits;
mod rename;
mod setting;
mod settings;
mod sizes;
mod source;
mod thresholds;
pub mod user;
mod value;
mod view;

pub use changes::{Changes, DIR_IN_USE, SetError};
pub use choices::{Channels, Fsync, Protected, Supervised};
pub use events::{EventClass, EventClasses};
pub use monitoring::Monitoring;
pub use output_limits::{OutputLimit, OutputLimits};
pub use rename::Renames;
pub use setting::Setting;
pub use settings::SETTINGS;
pub use source::{ConfigError, WrittenUser, replace_file};
pub use thresholds::{ListNode, LiveThresholds, Small, Thresholds};
pub(crate) use value::bytes as memory_bytes;
pub use view::View;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::logger::Level;
use user::{Catalogue, Terms, UserLine};

/// The version of Redis that this server behaves as. HELLO and INFO report it.
pub const REDIS_VERSION: &str = "7.0.15";

/// The settings of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The TCP port. 0 means no TCP if there is a `unixsocket`, or else a free port.
    pub port: u16,
    /// The addresses to listen on; `*` means all. An address after `-` may be missing on this
    /// machine.
    pub bind: Vec<String>,
    /// The path of the Unix socket; empty for none. A relative path is in `dir`.
    pub unixsocket: PathBuf,
    /// The permissions of the Unix socket's file; 0 leaves them to the umask.
    pub unixsocketperm: u32,
    /// How many connections may wait for `accept`.
    pub tcp_backlog: i32,
    /// The directory of the append-only file.
    pub dir: PathBuf,
    /// The file for the process id; empty for none. A relative path is in `dir`.
    pub pidfile: PathBuf,
    /// The service manager that is notified when the server is ready and when it stops.
    pub supervised: Supervised,
    /// Whether the data is kept in the append-only file.
    pub appendonly: bool,
    /// When the append-only file is synced.
    pub appendfsync: Fsync,
    /// Whether each write to the append-only file ends with a checksum.
    pub aof_checksums: bool,
    /// The append-only file is rewritten when it has grown by this percentage; 0 for never.
    pub auto_aof_rewrite_percentage: u64,
    /// The smallest append-only file that is rewritten because of its growth.
    pub auto_aof_rewrite_min_bytes: u64,
    /// The name of the append-only file, without a directory.
    pub appendfilename: String,
    /// Whether the start cuts off an unfinished command at the end of the append-only file.
    pub aof_load_truncated: bool,
    /// The largest damaged end of the append-only file that the start moves to another file.
    pub aof_load_corrupt_tail_max_bytes: u64,
    /// The number of databases.
    pub databases: usize,
    /// The largest number of connected clients.
    pub maxclients: usize,
    /// How many bytes of replies may be pending for one client, by its class.
    pub client_output_buffer_limit: OutputLimits,
    /// How many bytes of replies may be pending for all clients together; 0 for a quarter of the
    /// memory. Above it, the server stops reading from clients with many pending bytes.
    pub client_output_buffer_total: u64,
    /// How many bytes of requests may be pending for one client.
    pub client_query_buffer_limit: u64,
    /// The longest bulk string of a request, and the longest string that a command may make.
    pub proto_max_bulk_bytes: u64,
    /// The password of the default user; empty for none. A line in [`Config::users`] and the ACL
    /// file take precedence.
    pub requirepass: String,
    /// The users that lines define. The server has others when ACL SETUSER has changed them.
    pub users: Vec<UserLine>,
    /// The ACL file, which defines the users; empty for none. A relative path is in `dir`.
    pub aclfile: String,
    /// Whether a new user may use all channels.
    pub acl_pubsub_default: Channels,
    /// The most entries of ACL LOG.
    pub acllog_max_len: usize,
    /// The largest number of keys that are tracked for clients; 0 for no limit.
    pub tracking_table_max_keys: usize,
    /// Commands that are renamed or disabled.
    pub renames: Renames,
    /// Whether clients of other machines are refused as long as there is no password.
    pub protected_mode: bool,
    /// The clients that may use DEBUG.
    pub enable_debug_command: Protected,
    /// The clients that may change a setting that names a directory or file.
    pub enable_protected_configs: Protected,
    /// Seconds without a request after which a client is disconnected; 0 for never.
    pub timeout_s: u64,
    /// Seconds of silence after which the system probes whether the client's machine still exists;
    /// 0 for never.
    pub tcp_keepalive_s: i32,
    /// The longest time of an orderly stop, in seconds.
    pub shutdown_timeout_s: u64,
    /// The classes of keyspace events that are published.
    pub notify_keyspace_events: EventClasses,
    /// How much the server logs.
    pub loglevel: Level,
    /// The file of the logger; empty for standard output.
    pub logfile: PathBuf,
    /// The sizes up to which values are packed.
    pub thresholds: Thresholds,
    /// Which figures about commands are kept.
    pub monitoring: Monitoring,
    /// Where the page that shows the server at work is served.
    pub view: View,
    /// Values of directives without effect: hints that change no answer.
    pub inert: BTreeMap<&'static str, String>,
    /// Values of unsupported directives: the start warns that they have no effect.
    pub unsupported: BTreeMap<&'static str, String>,
    /// The configuration file; empty for none.
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
            users: Vec::new(),
            aclfile: String::new(),
            acl_pubsub_default: Channels::None,
            acllog_max_len: 128,
            tracking_table_max_keys: 1_000_000,
            renames: Renames::default(),
            protected_mode: true,
            enable_debug_command: Protected::No,
            enable_protected_configs: Protected::No,
            timeout_s: 0,
            tcp_keepalive_s: 300,
            shutdown_timeout_s: 10,
            notify_keyspace_events: EventClasses::default(),
            loglevel: Level::Notice,
            logfile: PathBuf::new(),
            thresholds: Thresholds::default(),
            monitoring: Monitoring::default(),
            view: View::default(),
            inert: BTreeMap::new(),
            unsupported: BTreeMap::new(),
            config_file: PathBuf::new(),
        }
    }
}

impl Config {
    /// Returns the path of the append-only file.
    pub fn aof_path(&self) -> PathBuf {
        self.dir.join(&self.appendfilename)
    }

    /// Returns the path of the pid file, if one is wanted.
    pub fn pid_path(&self) -> Option<PathBuf> {
        let is_wanted = !self.pidfile.as_os_str().is_empty();
        is_wanted.then(|| self.dir.join(&self.pidfile))
    }

    /// Returns the path of the Unix socket, if one is wanted.
    pub fn unix_socket_path(&self) -> Option<PathBuf> {
        let is_wanted = !self.unixsocket.as_os_str().is_empty();
        is_wanted.then(|| self.dir.join(&self.unixsocket))
    }

    /// Returns the path of the ACL file, if there is one.
    pub fn acl_path(&self) -> Option<PathBuf> {
        (!self.aclfile.is_empty()).then(|| self.dir.join(&self.aclfile))
    }

    /// Returns what the rules of a user refer to.
    pub fn terms<'a>(&self, catalogue: &'a Catalogue) -> Terms<'a> {
        Terms {
            catalogue,
            all_channels: self.acl_pubsub_default == Channels::All,
        }
    }
}
