//! Directives of Redis that have no effect here.
//!
//! A configuration written for Redis must start this server, and a client that sets or
//! asks for such a directive must get along; so they are known, kept and read back, with the
//! defaults of Redis 7.0.15. What is a number or one of some words is checked. Only two
//! defaults differ, because there are no snapshots: `save` is empty, and
//! `aof-use-rdb-preamble` is off. The server says at level debug which of them it was given,
//! and louder where somebody might rely on the effect.

use super::value::{boolean, integer, memory, memory_or_percent, one_of, yes_or_no};

/// A directive that is only remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inert {
    /// Its name.
    pub(super) name: &'static str,
    /// What CONFIG GET says until it is set.
    pub(super) default: &'static str,
    /// What it can be set to.
    pub(super) kind: Kind,
}

/// What a directive can be set to, as Redis has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything.
    Text,
    /// Anything, but not while the server runs.
    Fixed,
    /// `yes` or `no`.
    YesOrNo,
    /// A number between these two.
    Integer(i64, i64),
    /// A number of bytes between these two, for which `1k`, `1kb` and the like are read.
    Memory(u64, u64),
    /// A number of bytes, or a percentage.
    MemoryOrPercent,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

const MOST_BYTES: u64 = i64::MAX as u64;
const BYTES: Kind = Kind::Memory(0, MOST_BYTES);
const COUNT: Kind = Kind::Integer(0, i64::MAX);
const INT: Kind = Kind::Integer(0, i32::MAX as i64);
const POSITIVE_INT: Kind = Kind::Integer(1, i32::MAX as i64);
const PORT: Kind = Kind::Integer(0, 65_535);

const fn row(name: &'static str, default: &'static str, kind: Kind) -> Inert {
    Inert {
        name,
        default,
        kind,
    }
}

impl Inert {
    /// What is kept of `value`, or what is wrong with it.
    pub(super) fn read(&self, value: &str) -> Result<String, String> {
        match self.kind {
            Kind::Text | Kind::Fixed => Ok(value.to_owned()),
            Kind::YesOrNo => boolean(value).map(yes_or_no),
            Kind::Integer(least, most) => Ok(integer(value, least, most)?.to_string()),
            Kind::Memory(least, most) => Ok(memory(value, least, most)?.to_string()),
            Kind::MemoryOrPercent => memory_or_percent(value),
            Kind::OneOf(words) => one_of(words, value).map(str::to_owned),
        }
    }

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
    "list-max-ziplist-value",
    "lua-replicate-commands",
];

/// All of them.
pub(super) const INERT: &[Inert] = &[
    row(
        "acl-pubsub-default",
        "resetchannels",
        Kind::OneOf(&["allchannels", "resetchannels"]),
    ),
    row("aclfile", "", Kind::Fixed),
    row("acllog-max-len", "128", COUNT),
    row("active-defrag-cycle-max", "25", Kind::Integer(1, 99)),
    row("active-defrag-cycle-min", "1", Kind::Integer(1, 99)),
    row(
        "active-defrag-ignore-bytes",
        "104857600",
        Kind::Memory(1, MOST_BYTES),
    ),
    row(
        "active-defrag-max-scan-fields",
        "1000",
        Kind::Integer(1, i64::MAX),
    ),
    row(
        "active-defrag-threshold-lower",
        "10",
        Kind::Integer(0, 1000),
    ),
    row(
        "active-defrag-threshold-upper",
        "100",
        Kind::Integer(0, 1000),
    ),
    row("active-expire-effort", "1", Kind::Integer(1, 10)),
    row("activedefrag", "no", Kind::YesOrNo),
    row("activerehashing", "yes", Kind::YesOrNo),
    row("always-show-logo", "no", Kind::Fixed),
    row("aof-disable-auto-gc", "no", Kind::YesOrNo),
    row("aof-rewrite-incremental-fsync", "yes", Kind::YesOrNo),
    row("aof-timestamp-enabled", "no", Kind::YesOrNo),
    row("aof-use-rdb-preamble", "no", Kind::YesOrNo),
    row("aof_rewrite_cpulist", "", Kind::Fixed),
    row("appenddirname", "appendonlydir", Kind::Fixed),
    row("bgsave_cpulist", "", Kind::Fixed),
    row("bind-source-addr", "", Kind::Text),
    row("bio_cpulist", "", Kind::Fixed),
    row("busy-reply-threshold", "5000", COUNT),
    row(
        "client-query-buffer-limit",
        "1073741824",
        Kind::Memory(1 << 20, MOST_BYTES),
    ),
    row("cluster-allow-pubsubshard-when-down", "yes", Kind::YesOrNo),
    row("cluster-allow-reads-when-down", "no", Kind::YesOrNo),
    row("cluster-allow-replica-migration", "yes", Kind::YesOrNo),
    row("cluster-announce-bus-port", "0", PORT),
    row("cluster-announce-hostname", "", Kind::Text),
    row("cluster-announce-ip", "", Kind::Text),
    row("cluster-announce-port", "0", PORT),
    row("cluster-announce-tls-port", "0", PORT),
    row("cluster-config-file", "nodes.conf", Kind::Fixed),
    row("cluster-enabled", "no", Kind::Fixed),
    row("cluster-link-sendbuf-limit", "0", Kind::Memory(0, u64::MAX)),
    row("cluster-migration-barrier", "1", INT),
    row("cluster-node-timeout", "15000", COUNT),
    row("cluster-port", "0", Kind::Fixed),
    row(
        "cluster-preferred-endpoint-type",
        "ip",
        Kind::OneOf(&["ip", "hostname", "unknown-endpoint"]),
    ),
    row("cluster-replica-no-failover", "no", Kind::YesOrNo),
    row("cluster-replica-validity-factor", "10", INT),
    row("cluster-require-full-coverage", "yes", Kind::YesOrNo),
    row("cluster-slave-no-failover", "no", Kind::YesOrNo),
    row("cluster-slave-validity-factor", "10", INT),
    row("crash-log-enabled", "yes", Kind::YesOrNo),
    row("crash-memcheck-enabled", "yes", Kind::YesOrNo),
    row("daemonize", "no", Kind::Fixed),
    row("dbfilename", "dump.rdb", Kind::Text),
    row("disable-thp", "yes", Kind::Fixed),
    row("dynamic-hz", "yes", Kind::YesOrNo),
    row("enable-module-command", "no", Kind::Fixed),
    row("enable-protected-configs", "no", Kind::Fixed),
    row("hll-sparse-max-bytes", "3000", BYTES),
    row("hz", "10", INT),
    row("ignore-warnings", "", Kind::Text),
    row("io-threads", "1", Kind::Fixed),
    row("io-threads-do-reads", "no", Kind::Fixed),
    row("jemalloc-bg-thread", "yes", Kind::YesOrNo),
    row("latency-monitor-threshold", "0", COUNT),
    row("latency-tracking", "yes", Kind::YesOrNo),
    row(
        "latency-tracking-info-percentiles",
        "50 99 99.9",
        Kind::Text,
    ),
    row("lazyfree-lazy-eviction", "no", Kind::YesOrNo),
    row("lazyfree-lazy-expire", "no", Kind::YesOrNo),
    row("lazyfree-lazy-server-del", "no", Kind::YesOrNo),
    row("lazyfree-lazy-user-del", "no", Kind::YesOrNo),
    row("lazyfree-lazy-user-flush", "no", Kind::YesOrNo),
    row("lfu-decay-time", "1", INT),
    row("lfu-log-factor", "10", INT),
    row("list-compress-depth", "0", INT),
    row(
        "list-max-listpack-size",
        "-2",
        Kind::Integer(i32::MIN as i64, i32::MAX as i64),
    ),
    row(
        "list-max-ziplist-size",
        "-2",
        Kind::Integer(i32::MIN as i64, i32::MAX as i64),
    ),
    row("lua-time-limit", "5000", COUNT),
    row("masterauth", "", Kind::Text),
    row("masteruser", "", Kind::Text),
    row("maxmemory", "0", Kind::Memory(0, u64::MAX)),
    row("maxmemory-clients", "0", Kind::MemoryOrPercent),
    row("maxmemory-eviction-tenacity", "10", Kind::Integer(0, 100)),
    row(
        "maxmemory-policy",
        "noeviction",
        Kind::OneOf(&[
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "noeviction",
        ]),
    ),
    row("maxmemory-samples", "5", POSITIVE_INT),
    row("min-replicas-max-lag", "10", INT),
    row("min-replicas-to-write", "0", INT),
    row("min-slaves-max-lag", "10", INT),
    row("min-slaves-to-write", "0", INT),
    row("no-appendfsync-on-rewrite", "no", Kind::YesOrNo),
    row("notify-keyspace-events", "", Kind::Text),
    row(
        "oom-score-adj",
        "no",
        Kind::OneOf(&["no", "yes", "relative", "absolute"]),
    ),
    row("oom-score-adj-values", "0 200 800", Kind::Text),
    row(
        "proc-title-template",
        "{title} {listen-addr} {server-mode}",
        Kind::Text,
    ),
    row(
        "propagation-error-behavior",
        "ignore",
        Kind::OneOf(&["ignore", "panic", "panic-on-replicas"]),
    ),
    row(
        "proto-max-bulk-len",
        "536870912",
        Kind::Memory(1 << 20, MOST_BYTES),
    ),
    row("rdb-del-sync-files", "no", Kind::YesOrNo),
    row("rdb-save-incremental-fsync", "yes", Kind::YesOrNo),
    row("rdbchecksum", "yes", Kind::Fixed),
    row("rdbcompression", "yes", Kind::YesOrNo),
    row("repl-backlog-size", "1048576", Kind::Memory(1, MOST_BYTES)),
    row("repl-backlog-ttl", "3600", COUNT),
    row("repl-disable-tcp-nodelay", "no", Kind::YesOrNo),
    row(
        "repl-diskless-load",
        "disabled",
        Kind::OneOf(&["disabled", "on-empty-db", "swapdb"]),
    ),
    row("repl-diskless-sync", "yes", Kind::YesOrNo),
    row("repl-diskless-sync-delay", "5", INT),
    row("repl-diskless-sync-max-replicas", "0", INT),
    row("repl-ping-replica-period", "10", POSITIVE_INT),
    row("repl-ping-slave-period", "10", POSITIVE_INT),
    row("repl-timeout", "60", POSITIVE_INT),
    row("replica-announce-ip", "", Kind::Text),
    row("replica-announce-port", "0", PORT),
    row("replica-announced", "yes", Kind::YesOrNo),
    row("replica-ignore-disk-write-errors", "no", Kind::YesOrNo),
    row("replica-ignore-maxmemory", "yes", Kind::YesOrNo),
    row("replica-lazy-flush", "no", Kind::YesOrNo),
    row("replica-priority", "100", INT),
    row("replica-read-only", "yes", Kind::YesOrNo),
    row("replica-serve-stale-data", "yes", Kind::YesOrNo),
    row("replicaof", "", Kind::Fixed),
    row(
        "sanitize-dump-payload",
        "no",
        Kind::OneOf(&["no", "yes", "clients"]),
    ),
    row("save", "", Kind::Text),
    row("server_cpulist", "", Kind::Fixed),
    row("set-max-intset-entries", "512", COUNT),
    row("set-proc-title", "yes", Kind::Fixed),
    row("shutdown-on-sigint", "default", Kind::Text),
    row("shutdown-on-sigterm", "default", Kind::Text),
    row("shutdown-timeout", "10", INT),
    row("slave-announce-ip", "", Kind::Text),
    row("slave-announce-port", "0", PORT),
    row("slave-ignore-maxmemory", "yes", Kind::YesOrNo),
    row("slave-lazy-flush", "no", Kind::YesOrNo),
    row("slave-priority", "100", INT),
    row("slave-read-only", "yes", Kind::YesOrNo),
    row("slave-serve-stale-data", "yes", Kind::YesOrNo),
    row("slaveof", "", Kind::Fixed),
    row(
        "slowlog-log-slower-than",
        "10000",
        Kind::Integer(-1, i64::MAX),
    ),
    row("slowlog-max-len", "128", COUNT),
    row("socket-mark-id", "0", Kind::Fixed),
    row("stop-writes-on-bgsave-error", "yes", Kind::YesOrNo),
    row("stream-node-max-bytes", "4096", BYTES),
    row("stream-node-max-entries", "100", COUNT),
    row("syslog-enabled", "no", Kind::Fixed),
    row("syslog-facility", "local0", Kind::Fixed),
    row("syslog-ident", "redis", Kind::Fixed),
    row(
        "tls-auth-clients",
        "yes",
        Kind::OneOf(&["no", "yes", "optional"]),
    ),
    row("tls-ca-cert-dir", "", Kind::Text),
    row("tls-ca-cert-file", "", Kind::Text),
    row("tls-cert-file", "", Kind::Text),
    row("tls-ciphers", "", Kind::Text),
    row("tls-ciphersuites", "", Kind::Text),
    row("tls-client-cert-file", "", Kind::Text),
    row("tls-client-key-file", "", Kind::Text),
    row("tls-client-key-file-pass", "", Kind::Text),
    row("tls-cluster", "no", Kind::YesOrNo),
    row("tls-dh-params-file", "", Kind::Text),
    row("tls-key-file", "", Kind::Text),
    row("tls-key-file-pass", "", Kind::Text),
    row("tls-port", "0", PORT),
    row("tls-prefer-server-ciphers", "no", Kind::YesOrNo),
    row("tls-protocols", "", Kind::Text),
    row("tls-replication", "no", Kind::YesOrNo),
    row("tls-session-cache-size", "20480", INT),
    row("tls-session-cache-timeout", "300", INT),
    row("tls-session-caching", "yes", Kind::YesOrNo),
    row("tracking-table-max-keys", "1000000", COUNT),
    row("zset-max-listpack-entries", "128", COUNT),
    row("zset-max-listpack-value", "64", BYTES),
    row("zset-max-ziplist-entries", "128", COUNT),
    row("zset-max-ziplist-value", "64", BYTES),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_set() {
        for inert in INERT {
            let kept = inert.read(inert.default);
            assert_eq!(kept.as_deref(), Ok(inert.default), "{}", inert.name);
        }
    }
}
