//! The table of settings: a row each.

use std::path::PathBuf;

use super::monitoring::{PERCENTILES, SLOW_CALLS, SLOW_US, SPIKE_MS, TRACKS};
use super::setting::{Change, Setting};
use super::sizes::{
    HASH_ENTRIES, HASH_VALUE, INTSET_ENTRIES, LIST_NODE, SPARSE_BYTES, ZSET_ENTRIES, ZSET_VALUE,
    before_redis_7,
};
use super::value::{boolean, directory, integer, memory, name_of, named, octal, yes_or_no};
use super::view;
use super::{Channels, EventClasses, Fsync, Protected, Supervised, limits};
use crate::logger::Level;

/// The largest number of addresses, as in Redis (`CONFIG_BINDADDR_MAX`).
const MAX_ADDRESSES: usize = 16;

/// All settings that have an effect.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "port",
        summary: "TCP port; 0 for none if there is a unixsocket, or else a free one",
        change: Change::Live,
        get: |config| config.port.to_string(),
        set: |config, value| {
            config.port = integer(value, 0, 65_535)? as u16;
            Ok(())
        },
    },
    Setting {
        name: "bind",
        summary: "addresses to listen on; '*' for all; one after '-' may be missing",
        change: Change::Live,
        get: |config| config.bind.join(" "),
        set: |config, value| {
            let addresses: Vec<String> =
                value.split_ascii_whitespace().map(str::to_owned).collect();
            if addresses.len() > MAX_ADDRESSES {
                return Err("Too many bind addresses specified.".to_owned());
            }
            config.bind = addresses;
            Ok(())
        },
    },
    Setting {
        name: "unixsocket",
        summary: "path of a Unix socket to listen on too",
        change: Change::Never,
        get: |config| config.unixsocket.display().to_string(),
        set: |config, value| {
            config.unixsocket = PathBuf::from(value);
            Ok(())
        },
    },
    Setting {
        name: "unixsocketperm",
        summary: "permissions of the Unix socket, in octal; 0 leaves them to the umask",
        change: Change::Never,
        get: |config| format!("{:o}", config.unixsocketperm),
        set: |config, value| {
            config.unixsocketperm = octal(value, 0, 0o777)? as u32;
            Ok(())
        },
    },
    Setting {
        name: "tcp-backlog",
        summary: "number of connections that may wait for accept",
        change: Change::Never,
        get: |config| config.tcp_backlog.to_string(),
        set: |config, value| {
            config.tcp_backlog = integer(value, 0, i64::from(i32::MAX))? as i32;
            Ok(())
        },
    },
    Setting {
        name: "dir",
        summary: "directory of the append-only file",
        change: Change::Protected,
        get: |config| {
            std::path::absolute(&config.dir)
                .unwrap_or_else(|_| config.dir.clone())
                .display()
                .to_string()
        },
        set: |config, value| {
            config.dir = directory(&config.dir, value)?;
            Ok(())
        },
    },
    Setting {
        name: "pidfile",
        summary: "file for the process id",
        change: Change::Never,
        get: |config| config.pidfile.display().to_string(),
        set: |config, value| {
            config.pidfile = PathBuf::from(value);
            Ok(())
        },
    },
    Setting {
        name: "supervised",
        summary: "service manager that is notified: no, systemd, upstart, auto",
        change: Change::Never,
        get: |config| name_of(&Supervised::ALL, config.supervised),
        set: |config, value| {
            config.supervised = named(&Supervised::ALL, value)
                .ok_or("argument(s) must be one of the following: upstart, systemd, auto, no")?;
            Ok(())
        },
    },
    Setting {
        name: "appendonly",
        summary: "keep data in the append-only file",
        change: Change::Live,
        get: |config| yes_or_no(config.appendonly),
        set: |config, value| {
            config.appendonly = boolean(value)?;
            Ok(())
        },
    },
    Setting {
        name: "appendfilename",
        summary: "name of the append-only file in 'dir'",
        change: Change::Never,
        get: |config| config.appendfilename.clone(),
        set: |config, value| {
            if value.is_empty() {
                return Err("appendfilename can't be empty".to_owned());
            }
            if value.contains('/') {
                return Err("appendfilename can't be a path, just a filename".to_owned());
            }
            config.appendfilename = value.to_owned();
            Ok(())
        },
    },
    Setting {
        name: "appendfsync",
        summary: "when the append-only file is synced to the disk: always, everysec, no",
        change: Change::Live,
        get: |config| name_of(&Fsync::ALL, config.appendfsync),
        set: |config, value| {
            config.appendfsync = named(&Fsync::ALL, value)
                .ok_or("argument(s) must be one of the following: everysec, always, no")?;
            Ok(())
        },
    },
    Setting {
        name: "aof-checksums",
        summary: "end each write with a checksum, in a line that Redis 7 skips",
        change: Change::SameValue,
        get: |config| yes_or_no(config.aof_checksums),
        set: |config, value| {
            config.aof_checksums = boolean(value)?;
            Ok(())
        },
    },
    Setting {
        name: "auto-aof-rewrite-percentage",
        summary: "percentage of growth after which the append-only file is rewritten; 0 for never",
        change: Change::Live,
        get: |config| config.auto_aof_rewrite_percentage.to_string(),
        set: |config, value| {
            config.auto_aof_rewrite_percentage = integer(value, 0, i64::from(i32::MAX))? as u64;
            Ok(())
        },
    },
    Setting {
        name: "auto-aof-rewrite-min-size",
        summary: "smallest append-only file that is rewritten because of its growth",
        change: Change::Live,
        get: |config| config.auto_aof_rewrite_min_bytes.to_string(),
        set: |config, value| {
            config.auto_aof_rewrite_min_bytes = memory(value, 0, i64::MAX as u64)?;
            Ok(())
        },
    },
    Setting {
        name: "aof-load-truncated",
        summary: "at the start, cut off an unfinished command at the end of the append-only file",
        change: Change::Live,
        get: |config| yes_or_no(config.aof_load_truncated),
        set: |config, value| {
            config.aof_load_truncated = boolean(value)?;
            Ok(())
        },
    },
    Setting {
        name: "aof-load-corrupt-tail-max-size",
        summary: "largest damaged end of the file that the start moves to another file",
        change: Change::Live,
        get: |config| config.aof_load_corrupt_tail_max_bytes.to_string(),
        set: |config, value| {
            config.aof_load_corrupt_tail_max_bytes = memory(value, 0, i64::MAX as u64)?;
            Ok(())
        },
    },
    HASH_ENTRIES,
    before_redis_7("hash-max-ziplist-entries", HASH_ENTRIES),
    HASH_VALUE,
    before_redis_7("hash-max-ziplist-value", HASH_VALUE),
    SPARSE_BYTES,
    INTSET_ENTRIES,
    ZSET_ENTRIES,
    before_redis_7("zset-max-ziplist-entries", ZSET_ENTRIES),
    ZSET_VALUE,
    before_redis_7("zset-max-ziplist-value", ZSET_VALUE),
    LIST_NODE,
    before_redis_7("list-max-ziplist-size", LIST_NODE),
    Setting {
        name: "databases",
        summary: "number of databases",
        change: Change::Never,
        get: |config| config.databases.to_string(),
        set: |config, value| {
            config.databases = integer(value, 1, 65_536)? as usize;
            Ok(())
        },
    },
    Setting {
        name: "maxclients",
        summary: "largest number of connected clients",
        change: Change::Live,
        get: |config| config.maxclients.to_string(),
        set: |config, value| {
            config.maxclients = integer(value, 1, i64::from(u32::MAX))? as usize;
            Ok(())
        },
    },
    Setting {
        name: "client-output-buffer-limit",
        summary: "bytes of replies that may be pending for a client: for each class (normal, replica, \
                  pubsub) a hard limit, a soft limit and its seconds",
        change: Change::Live,
        get: |config| config.client_output_buffer_limit.to_string(),
        set: |config, value| config.client_output_buffer_limit.change(value),
    },
    Setting {
        name: "client-output-buffer-total",
        summary: "bytes of replies that may be pending for all clients together before the server \
                  stops reading from those with many; 0 for a quarter of the memory",
        change: Change::Live,
        get: |config| config.client_output_buffer_total.to_string(),
        set: |config, value| {
            config.client_output_buffer_total = memory(value, 0, i64::MAX as u64)?;
            Ok(())
        },
    },
    Setting {
        name: "client-query-buffer-limit",
        summary: "bytes of requests that may be pending for a client, with its transaction",
        change: Change::Live,
        get: |config| config.client_query_buffer_limit.to_string(),
        set: |config, value| {
            config.client_query_buffer_limit = memory(value, 1 << 20, i64::MAX as u64)?;
            Ok(())
        },
    },
    Setting {
        name: "proto-max-bulk-len",
        summary: "length of the longest string, in a request or made by a command",
        change: Change::Live,
        get: |config| config.proto_max_bulk_bytes.to_string(),
        set: |config, value| {
            let bytes = memory(value, 1 << 20, i64::MAX as u64)?;
            if bytes > limits::MAX_BULK_BYTES {
                return Err(format!(
                    "argument can be {} at most",
                    limits::MAX_BULK_BYTES
                ));
            }
            config.proto_max_bulk_bytes = bytes;
            Ok(())
        },
    },
    Setting {
        name: "requirepass",
        summary: "password that clients must give",
        change: Change::Live,
        get: |config| config.requirepass.clone(),
        set: |config, value| {
            value.clone_into(&mut config.requirepass);
            Ok(())
        },
    },
    Setting {
        name: "aclfile",
        summary: "file that defines the users; empty for none",
        change: Change::Never,
        get: |config| config.aclfile.clone(),
        set: |config, value| {
            value.clone_into(&mut config.aclfile);
            Ok(())
        },
    },
    Setting {
        name: "acl-pubsub-default",
        summary: "the channels of a new user: resetchannels for none, or allchannels",
        change: Change::Live,
        get: |config| name_of(&Channels::ALL, config.acl_pubsub_default),
        set: |config, value| {
            config.acl_pubsub_default = named(&Channels::ALL, value)
                .ok_or("argument(s) must be one of the following: allchannels, resetchannels")?;
            Ok(())
        },
    },
    Setting {
        name: "acllog-max-len",
        summary: "most entries of ACL LOG",
        change: Change::Live,
        get: |config| config.acllog_max_len.to_string(),
        set: |config, value| {
            config.acllog_max_len = integer(value, 0, i64::MAX)? as usize;
            Ok(())
        },
    },
    Setting {
        name: "tracking-table-max-keys",
        summary: "most keys that are remembered for clients with CLIENT TRACKING; 0 for no limit",
        change: Change::Live,
        get: |config| config.tracking_table_max_keys.to_string(),
        set: |config, value| {
            config.tracking_table_max_keys = integer(value, 0, i64::MAX)? as usize;
            Ok(())
        },
    },
    Setting {
        name: "protected-mode",
        summary: "without a password, refuse clients from other machines",
        change: Change::Live,
        get: |config| yes_or_no(config.protected_mode),
        set: |config, value| {
            config.protected_mode = boolean(value)?;
            Ok(())
        },
    },
    Setting {
        name: "enable-debug-command",
        summary: "clients that may use DEBUG: no, yes (all), local (on this machine)",
        change: Change::Never,
        get: |config| name_of(&Protected::ALL, config.enable_debug_command),
        set: |config, value| {
            config.enable_debug_command = named(&Protected::ALL, value)
                .ok_or("argument(s) must be one of the following: no, yes, local")?;
            Ok(())
        },
    },
    Setting {
        name: "enable-protected-configs",
        summary: "clients that may set 'dir': no, yes (all), local (on this machine)",
        change: Change::Never,
        get: |config| name_of(&Protected::ALL, config.enable_protected_configs),
        set: |config, value| {
            config.enable_protected_configs = named(&Protected::ALL, value)
                .ok_or("argument(s) must be one of the following: no, yes, local")?;
            Ok(())
        },
    },
    Setting {
        name: "timeout",
        summary: "seconds without a request after which a client is disconnected; 0 for never",
        change: Change::Live,
        get: |config| config.timeout_s.to_string(),
        set: |config, value| {
            config.timeout_s = integer(value, 0, i64::from(i32::MAX))? as u64;
            Ok(())
        },
    },
    Setting {
        name: "tcp-keepalive",
        summary: "seconds of silence after which a client's machine is probed; 0 for never",
        change: Change::Live,
        get: |config| config.tcp_keepalive_s.to_string(),
        set: |config, value| {
            config.tcp_keepalive_s = integer(value, 0, i64::from(i32::MAX))? as i32;
            Ok(())
        },
    },
    Setting {
        name: "shutdown-timeout",
        summary: "seconds that a stop may take: half for slow clients, half for the disk",
        change: Change::Live,
        get: |config| config.shutdown_timeout_s.to_string(),
        set: |config, value| {
            config.shutdown_timeout_s = integer(value, 0, i64::from(i32::MAX))? as u64;
            Ok(())
        },
    },
    Setting {
        name: "notify-keyspace-events",
        summary: "classes of keyspace events that are published, a letter each; none if empty",
        change: Change::Live,
        get: |config| config.notify_keyspace_events.to_string(),
        set: |config, value| {
            config.notify_keyspace_events = EventClasses::parse(value)?;
            Ok(())
        },
    },
    Setting {
        name: "loglevel",
        summary: "how much is logged: debug, verbose, notice, warning, nothing",
        change: Change::Live,
        get: |config| name_of(&Level::ALL, config.loglevel),
        set: |config, value| {
            config.loglevel = named(&Level::ALL, value).ok_or(
                "argument(s) must be one of the following: debug, verbose, notice, warning",
            )?;
            Ok(())
        },
    },
    Setting {
        name: "logfile",
        summary: "file for the server's log; empty for standard output",
        change: Change::Never,
        get: |config| config.logfile.display().to_string(),
        set: |config, value| {
            config.logfile = PathBuf::from(value);
            Ok(())
        },
    },
    view::PORT,
    view::BIND,
    view::CLASSROOM,
    SLOW_US,
    SLOW_CALLS,
    SPIKE_MS,
    TRACKS,
    PERCENTILES,
];
