//! Unsupported directives of a configuration: the server warns of them, or does not start.

use std::sync::Arc;

use super::config::STOCK;
use crate::support::{Process, TempDir, TestServer, program, run};

/// Starts the program and returns the warnings of its log, once clients are served.
fn warnings(directory: &TempDir, args: &[&str]) -> Vec<String> {
    let server = Process::start(directory, args);
    server.wait_for_line("Ready to accept connections");
    let lines = server.lines();
    let texts = lines.iter().filter_map(|line| line.split_once(" # "));
    let texts = texts.map(|(_, text)| text.to_owned());
    texts.filter(|text| text.starts_with("WARNING: ")).collect()
}

const NOTHING_KEPT: &str = "WARNING: no data is kept: 'appendonly' is 'no', and there are no \
                            snapshots. All of it is lost when the server ends. To keep it: \
                            'appendonly yes' in the configuration file, '--appendonly yes', or \
                            CONFIG SET appendonly yes.";

#[test]
fn each_unsupported_directive_is_warned_of_once() {
    let directory = TempDir::new();
    let text = "maxmemory 100mb\nmaxmemory-policy allkeys-lru\nmaxmemory 200mb\n\
                save 900 1\nsave 300 10\nmin-slaves-to-write 1\n\
                daemonize yes\nsyslog-enabled no\n";
    let file = directory.write("redis.conf", text);
    let args = [file.to_str().unwrap()];
    let expected = [
        "'daemonize yes' has no effect: the server stays in the foreground; end the command \
         line with '&', or let a service manager run it.",
        "'maxmemory 209715200' has no effect: memory is not bounded and no key is evicted.",
        "'min-replicas-to-write 1' has no effect: there are no replicas, and writes are accepted \
         without them.",
        "'save 300 10' has no effect: there are no snapshots; data is kept in the append-only \
         file.",
    ];
    let expected = expected.map(|text| format!("WARNING: {text}"));
    assert_eq!(warnings(&directory, &args), expected);
}

#[test]
fn config_get_returns_the_true_value_of_an_unsupported_directive() {
    let directory = Arc::new(TempDir::new());
    let file = directory.write("redis.conf", "maxmemory 100mb\nsave 900 1\ndaemonize yes\n");
    let args = [file.to_str().unwrap()];
    let server = TestServer::start_with_args(Arc::clone(&directory), &args);
    let mut client = server.connect();
    for (name, value) in [("maxmemory", "0"), ("save", ""), ("daemonize", "no")] {
        let found = client.ask(&["CONFIG", "GET", name]).texts();
        assert_eq!(found, [name, value]);
    }
}

/// Wherever `appendonly no` comes from: Redis would make snapshots.
#[test]
fn a_server_without_persistence_warns() {
    let directory = TempDir::new();
    assert_eq!(
        warnings(&directory, &["--appendonly", "no"]),
        [NOTHING_KEPT]
    );
    let file = directory.write("redis.conf", "appendonly no\n");
    assert_eq!(
        warnings(&directory, &[file.to_str().unwrap()]),
        [NOTHING_KEPT]
    );
    assert!(warnings(&directory, &[]).is_empty());

    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    client.expect_exchanges(&[("CONFIG SET appendonly no", "+OK\r\n")]);
    server.wait_for_line(NOTHING_KEPT);
}

/// A stock file causes only two warnings.
#[test]
fn the_redis_conf_of_debian_causes_one_warning_per_difference() {
    let directory = TempDir::new();
    let file = directory.write("redis.conf", STOCK);
    let args = [file.to_str().unwrap(), "--logfile", "", "--pidfile", ""];
    let found = warnings(&directory, &args);
    assert!(
        found[0].starts_with("WARNING: 'daemonize yes' has no effect: "),
        "{found:?}"
    );
    assert_eq!(found[1..], [NOTHING_KEPT]);
}

#[test]
fn data_that_is_not_loaded_is_named() {
    let directory = TempDir::new();
    let dump = directory.write("dump.rdb", "REDIS0010");
    let shown = directory.display();
    let expected = format!(
        "WARNING: {} is not loaded. To take its data over: threadbare --import-aof {0} --dir \
         {shown}",
        dump.display()
    );
    assert_eq!(warnings(&directory, &[]), [expected]);
    // A server with data of its own does not need the warning.
    directory.write("appendonly.aof", "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n");
    assert!(warnings(&directory, &[]).is_empty());
    let expected = format!(
        "WARNING: {} is not loaded, because 'appendonly' is 'no'.",
        directory.aof().display()
    );
    let found = warnings(&directory, &["--appendonly", "no"]);
    assert_eq!(found, [NOTHING_KEPT.to_owned(), expected]);
}

#[test]
fn directives_about_safety_or_other_servers_end_the_start() {
    let directory = TempDir::new();
    for (line, name, instead) in [
        (
            "tls-port 6380",
            "tls-port",
            "connections are never encrypted",
        ),
        (
            "cluster-enabled yes",
            "cluster-enabled",
            "a server is always alone, never part of a cluster",
        ),
        (
            "replicaof 10.0.0.1 6379",
            "replicaof",
            "a server is always alone, never a replica",
        ),
        (
            "SLAVEOF 10.0.0.1 6379",
            "slaveof",
            "a server is always alone, never a replica",
        ),
        ("loadmodule /x.so", "loadmodule", "there are no modules"),
    ] {
        let file = directory.write("redis.conf", format!("port 0\n{line}\ntimeout 0\n"));
        let outcome = run(program().arg(file));
        assert_eq!(outcome.code, Some(1), "{line}");
        let said = format!(", at line 2\n>>> '{line}'\n'{name}' is not supported: {instead}.\n");
        assert!(outcome.err.ends_with(&said), "{line}: {}", outcome.err);
    }
    let outcome = run(program().args(["--cluster-enabled", "yes"]));
    let said = "threadbare: '--cluster-enabled yes': 'cluster-enabled' is not supported: a server \
                is always alone, never part of a cluster.\nTry 'threadbare --help'.\n";
    assert_eq!(outcome.err, said);
}

/// As for all directives, the last value counts, and a value that describes this server is
/// accepted.
#[test]
fn a_later_line_can_correct_a_refused_value() {
    let directory = Arc::new(TempDir::new());
    let text = "cluster-enabled yes\ntls-port 6380\ntls-cert-file x\nreplicaof no one\n\
                masterauth x\naclfile \"\"\ncluster-node-timeout 5\ntls-port 0\n";
    let file = directory.write("redis.conf", text);
    let args = [file.to_str().unwrap(), "--cluster-enabled", "no"];
    let server = TestServer::start_with_args(Arc::clone(&directory), &args);
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
}
