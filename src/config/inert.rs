//! Directives of Redis that have no effect here.
//!
//! A configuration written for Redis must start this server, and a client that sets or
//! asks for such a directive must get along; so they are known, kept and read back, with
//! the defaults of Redis 7.0.15 (but for `save`: there are no snapshots). The server
//! says at level debug which of them it was given, and louder where somebody might rely
//! on the effect.

/// A directive that is only remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inert {
    /// Its name.
    pub(super) name: &'static str,
    /// What CONFIG GET says until it is set.
    pub(super) default: &'static str,
    /// Whether it is a number of bytes, for which `1k`, `1kb` and the like are read.
    pub(super) is_memory: bool,
}

impl Inert {
    const fn text(name: &'static str, default: &'static str) -> Inert {
        Inert {
            name,
            default,
            is_memory: false,
        }
    }

    const fn memory(name: &'static str, default: &'static str) -> Inert {
        Inert {
            name,
            default,
            is_memory: true,
        }
    }
}

impl Inert {
    /// The name under which it is kept: some directives have an older name besides.
    pub(super) fn key(&self) -> &'static str {
        let newer = self
            .name
            .replace("slave", "replica")
            .replace("ziplist", "listpack")
            .replace("lua-time-limit", "busy-reply-threshold");
        INERT
            .iter()
            .find(|inert| inert.name == newer)
            .map_or(self.name, |inert| inert.name)
    }
}

/// The directive of that name, if there is one.
pub(super) fn find(name: &str) -> Option<&'static Inert> {
    INERT
        .iter()
        .find(|inert| inert.name.eq_ignore_ascii_case(name))
}

/// Whether somebody who gives `name` this `value` counts on protection or a bound that
/// this server does not give.
pub(super) fn is_relied_on(name: &str, value: &str) -> bool {
    match name {
        "aclfile" | "user" | "rename-command" => true,
        "maxmemory" | "tls-port" => value != "0",
        _ => false,
    }
}

/// In a file only: CONFIG does not know them.
pub(super) const FILE_ONLY: &[&str] = &[
    "loadmodule",
    "rename-command",
    "user",
    "sentinel",
    "list-max-ziplist-entries",
];

/// All of them.
pub(super) const INERT: &[Inert] = &[
    Inert::text("acl-pubsub-default", "resetchannels"),
    Inert::text("aclfile", ""),
    Inert::text("acllog-max-len", "128"),
    Inert::text("active-defrag-cycle-max", "25"),
    Inert::text("active-defrag-cycle-min", "1"),
    Inert::memory("active-defrag-ignore-bytes", "104857600"),
    Inert::text("active-defrag-max-scan-fields", "1000"),
    Inert::text("active-defrag-threshold-lower", "10"),
    Inert::text("active-defrag-threshold-upper", "100"),
    Inert::text("active-expire-effort", "1"),
    Inert::text("activedefrag", "no"),
    Inert::text("activerehashing", "yes"),
    Inert::text("always-show-logo", "no"),
    Inert::text("aof-disable-auto-gc", "no"),
    Inert::text("aof-rewrite-incremental-fsync", "yes"),
    Inert::text("aof-timestamp-enabled", "no"),
    Inert::text("aof-use-rdb-preamble", "no"),
    Inert::text("aof_rewrite_cpulist", ""),
    Inert::text("appenddirname", "appendonlydir"),
    Inert::text("bgsave_cpulist", ""),
    Inert::text("bind-source-addr", ""),
    Inert::text("bio_cpulist", ""),
    Inert::text("busy-reply-threshold", "5000"),
    Inert::text(
        "client-output-buffer-limit",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    ),
    Inert::memory("client-query-buffer-limit", "1073741824"),
    Inert::text("cluster-allow-pubsubshard-when-down", "yes"),
    Inert::text("cluster-allow-reads-when-down", "no"),
    Inert::text("cluster-allow-replica-migration", "yes"),
    Inert::text("cluster-announce-bus-port", "0"),
    Inert::text("cluster-announce-hostname", ""),
    Inert::text("cluster-announce-ip", ""),
    Inert::text("cluster-announce-port", "0"),
    Inert::text("cluster-announce-tls-port", "0"),
    Inert::text("cluster-config-file", "nodes.conf"),
    Inert::text("cluster-enabled", "no"),
    Inert::memory("cluster-link-sendbuf-limit", "0"),
    Inert::text("cluster-migration-barrier", "1"),
    Inert::text("cluster-node-timeout", "15000"),
    Inert::text("cluster-port", "0"),
    Inert::text("cluster-preferred-endpoint-type", "ip"),
    Inert::text("cluster-replica-no-failover", "no"),
    Inert::text("cluster-replica-validity-factor", "10"),
    Inert::text("cluster-require-full-coverage", "yes"),
    Inert::text("cluster-slave-no-failover", "no"),
    Inert::text("cluster-slave-validity-factor", "10"),
    Inert::text("crash-log-enabled", "yes"),
    Inert::text("crash-memcheck-enabled", "yes"),
    Inert::text("daemonize", "no"),
    Inert::text("dbfilename", "dump.rdb"),
    Inert::text("disable-thp", "yes"),
    Inert::text("dynamic-hz", "yes"),
    Inert::text("enable-module-command", "no"),
    Inert::text("enable-protected-configs", "no"),
    Inert::text("hash-max-listpack-entries", "512"),
    Inert::memory("hash-max-listpack-value", "64"),
    Inert::text("hash-max-ziplist-entries", "512"),
    Inert::memory("hash-max-ziplist-value", "64"),
    Inert::memory("hll-sparse-max-bytes", "3000"),
    Inert::text("hz", "10"),
    Inert::text("ignore-warnings", ""),
    Inert::text("io-threads", "1"),
    Inert::text("io-threads-do-reads", "no"),
    Inert::text("jemalloc-bg-thread", "yes"),
    Inert::text("latency-monitor-threshold", "0"),
    Inert::text("latency-tracking", "yes"),
    Inert::text("latency-tracking-info-percentiles", "50 99 99.9"),
    Inert::text("lazyfree-lazy-eviction", "no"),
    Inert::text("lazyfree-lazy-expire", "no"),
    Inert::text("lazyfree-lazy-server-del", "no"),
    Inert::text("lazyfree-lazy-user-del", "no"),
    Inert::text("lazyfree-lazy-user-flush", "no"),
    Inert::text("lfu-decay-time", "1"),
    Inert::text("lfu-log-factor", "10"),
    Inert::text("list-compress-depth", "0"),
    Inert::text("list-max-listpack-size", "-2"),
    Inert::text("list-max-ziplist-size", "-2"),
    Inert::text("lua-time-limit", "5000"),
    Inert::text("masterauth", ""),
    Inert::text("masteruser", ""),
    Inert::memory("maxmemory", "0"),
    Inert::memory("maxmemory-clients", "0"),
    Inert::text("maxmemory-eviction-tenacity", "10"),
    Inert::text("maxmemory-policy", "noeviction"),
    Inert::text("maxmemory-samples", "5"),
    Inert::text("min-replicas-max-lag", "10"),
    Inert::text("min-replicas-to-write", "0"),
    Inert::text("min-slaves-max-lag", "10"),
    Inert::text("min-slaves-to-write", "0"),
    Inert::text("no-appendfsync-on-rewrite", "no"),
    Inert::text("notify-keyspace-events", ""),
    Inert::text("oom-score-adj", "no"),
    Inert::text("oom-score-adj-values", "0 200 800"),
    Inert::text("pidfile", ""),
    Inert::text("proc-title-template", "{title} {listen-addr} {server-mode}"),
    Inert::text("propagation-error-behavior", "ignore"),
    Inert::memory("proto-max-bulk-len", "536870912"),
    Inert::text("rdb-del-sync-files", "no"),
    Inert::text("rdb-save-incremental-fsync", "yes"),
    Inert::text("rdbchecksum", "yes"),
    Inert::text("rdbcompression", "yes"),
    Inert::memory("repl-backlog-size", "1048576"),
    Inert::text("repl-backlog-ttl", "3600"),
    Inert::text("repl-disable-tcp-nodelay", "no"),
    Inert::text("repl-diskless-load", "disabled"),
    Inert::text("repl-diskless-sync", "yes"),
    Inert::text("repl-diskless-sync-delay", "5"),
    Inert::text("repl-diskless-sync-max-replicas", "0"),
    Inert::text("repl-ping-replica-period", "10"),
    Inert::text("repl-ping-slave-period", "10"),
    Inert::text("repl-timeout", "60"),
    Inert::text("replica-announce-ip", ""),
    Inert::text("replica-announce-port", "0"),
    Inert::text("replica-announced", "yes"),
    Inert::text("replica-ignore-disk-write-errors", "no"),
    Inert::text("replica-ignore-maxmemory", "yes"),
    Inert::text("replica-lazy-flush", "no"),
    Inert::text("replica-priority", "100"),
    Inert::text("replica-read-only", "yes"),
    Inert::text("replica-serve-stale-data", "yes"),
    Inert::text("replicaof", ""),
    Inert::text("sanitize-dump-payload", "no"),
    Inert::text("save", ""),
    Inert::text("server_cpulist", ""),
    Inert::text("set-max-intset-entries", "512"),
    Inert::text("set-proc-title", "yes"),
    Inert::text("shutdown-on-sigint", "default"),
    Inert::text("shutdown-on-sigterm", "default"),
    Inert::text("shutdown-timeout", "10"),
    Inert::text("slave-announce-ip", ""),
    Inert::text("slave-announce-port", "0"),
    Inert::text("slave-ignore-maxmemory", "yes"),
    Inert::text("slave-lazy-flush", "no"),
    Inert::text("slave-priority", "100"),
    Inert::text("slave-read-only", "yes"),
    Inert::text("slave-serve-stale-data", "yes"),
    Inert::text("slaveof", ""),
    Inert::text("slowlog-log-slower-than", "10000"),
    Inert::text("slowlog-max-len", "128"),
    Inert::text("socket-mark-id", "0"),
    Inert::text("stop-writes-on-bgsave-error", "yes"),
    Inert::memory("stream-node-max-bytes", "4096"),
    Inert::text("stream-node-max-entries", "100"),
    Inert::text("supervised", "no"),
    Inert::text("syslog-enabled", "no"),
    Inert::text("syslog-facility", "local0"),
    Inert::text("syslog-ident", "redis"),
    Inert::text("tls-auth-clients", "yes"),
    Inert::text("tls-ca-cert-dir", ""),
    Inert::text("tls-ca-cert-file", ""),
    Inert::text("tls-cert-file", ""),
    Inert::text("tls-ciphers", ""),
    Inert::text("tls-ciphersuites", ""),
    Inert::text("tls-client-cert-file", ""),
    Inert::text("tls-client-key-file", ""),
    Inert::text("tls-client-key-file-pass", ""),
    Inert::text("tls-cluster", "no"),
    Inert::text("tls-dh-params-file", ""),
    Inert::text("tls-key-file", ""),
    Inert::text("tls-key-file-pass", ""),
    Inert::text("tls-port", "0"),
    Inert::text("tls-prefer-server-ciphers", "no"),
    Inert::text("tls-protocols", ""),
    Inert::text("tls-replication", "no"),
    Inert::text("tls-session-cache-size", "20480"),
    Inert::text("tls-session-cache-timeout", "300"),
    Inert::text("tls-session-caching", "yes"),
    Inert::text("tracking-table-max-keys", "1000000"),
    Inert::text("unixsocket", ""),
    Inert::text("unixsocketperm", "0"),
    Inert::text("zset-max-listpack-entries", "128"),
    Inert::memory("zset-max-listpack-value", "64"),
    Inert::text("zset-max-ziplist-entries", "128"),
    Inert::memory("zset-max-ziplist-value", "64"),
];
