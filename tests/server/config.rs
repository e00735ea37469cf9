use std::fs;
use std::sync::Arc;

use crate::support::{TempDir, TestServer, program, run};

/// Wrong lines of a file, and their errors.
const MISTAKES: &[(&str, usize, &str)] = &[
    (
        "frobnicate yes",
        1,
        "Bad directive or wrong number of arguments",
    ),
    ("# a comment\n\n  port\t\n", 3, "wrong number of arguments"),
    ("port 7000 7001", 1, "wrong number of arguments"),
    ("hz 10 20", 1, "wrong number of arguments"),
    (
        "rename-command",
        1,
        "Bad directive or wrong number of arguments",
    ),
    (
        "timeout 0\nrequirepass \"secret",
        2,
        "Unbalanced quotes in configuration line",
    ),
    (
        "port 70000",
        1,
        "argument must be between 0 and 65535 inclusive",
    ),
    ("port x", 1, "argument couldn't be parsed into an integer"),
    ("dir /does/not/exist", 1, "No such file or directory"),
    ("dir /dev/null", 1, "Not a directory"),
    (
        "supervised maybe",
        1,
        "argument(s) must be one of the following: upstart, systemd, auto, no",
    ),
    (
        "unixsocketperm 888",
        1,
        "argument couldn't be parsed as an octal number",
    ),
    (
        "unixsocketperm 1777",
        1,
        "argument must be between 0 and 777 inclusive",
    ),
    (
        "databases 0",
        1,
        "argument must be between 1 and 65536 inclusive",
    ),
    ("appendonly maybe", 1, "argument must be 'yes' or 'no'"),
    ("maxmemory 12x", 1, "argument must be a memory value"),
    (
        "loglevel loud",
        1,
        "argument(s) must be one of the following: debug, verbose, notice, warning",
    ),
    (
        "rename-command NOSUCH x",
        1,
        "No such command in rename-command",
    ),
    (
        "rename-command GET x\nrename-command SET X",
        2,
        "Target command name already exists",
    ),
    ("save 1", 1, "Invalid save parameters"),
    (
        "notify-keyspace-events Q",
        1,
        "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
    ),
    ("daemonize maybe", 1, "argument must be 'yes' or 'no'"),
    (
        "shutdown-on-sigterm soon",
        1,
        "argument(s) must be one of the following: default, save, nosave, now, force",
    ),
    (
        "sentinel monitor a b",
        1,
        "sentinel directive while not in sentinel mode",
    ),
    ("appendfilename ''", 1, "appendfilename can't be empty"),
    (
        "appendfilename a/b",
        1,
        "appendfilename can't be a path, just a filename",
    ),
];

#[test]
fn a_mistake_in_a_file_is_shown_with_its_line() {
    let directory = TempDir::new();
    for (text, line_number, reason) in MISTAKES {
        let file = directory.write("bad.conf", text);
        let outcome = run(program().arg(&file));
        let line = text.lines().nth(line_number - 1).unwrap().trim();
        let expected = format!(
            "Reading the configuration file {}, at line {line_number}\n>>> '{line}'\n{reason}\n",
            file.display()
        );
        assert_eq!(outcome.code, Some(1), "{text}");
        let head = "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n";
        assert!(outcome.err.starts_with(head), "{text}");
        assert!(outcome.err.ends_with(&expected), "{text}: {}", outcome.err);
    }
}

#[test]
fn a_mistake_on_the_command_line_is_shown() {
    for (args, option, reason) in [
        (
            &["--frobnicate", "yes"][..],
            "--frobnicate yes",
            "no such option",
        ),
        (
            &["--prot", "7000"],
            "--prot 7000",
            "no such option; is '--port' meant?",
        ),
        (
            &["--timeout", "0", "--port", "x"],
            "--port x",
            "argument couldn't be parsed into an integer",
        ),
        (&["--port"], "--port", "wrong number of arguments"),
        (
            &["--rename-command", "GET", "SET"],
            "--rename-command GET SET",
            "Target command name already exists",
        ),
        // Options of redis-cli and of other programs.
        (
            &["-p", "7000"],
            "-p 7000",
            "an option is written '--port 7000'",
        ),
        (
            &["-timeout", "5"],
            "-timeout 5",
            "an option is written '--timeout 5'",
        ),
        (
            &["--port=7000"],
            "--port=7000",
            "an option is written '--port 7000'",
        ),
        (&["-x"], "-x", "no such option"),
        (
            &["--port", "0", "--check-aof", "file"],
            "--check-aof file",
            "it must come first",
        ),
    ] {
        let outcome = run(program().args(args));
        let expected = format!("threadbare: '{option}': {reason}\nTry 'threadbare --help'.\n");
        assert_eq!(outcome.code, Some(1), "{args:?}");
        assert_eq!(outcome.err, expected);
    }
}

#[test]
fn a_missing_file_is_an_error() {
    let outcome = run(program().arg("/does/not/exist.conf"));
    assert_eq!(outcome.code, Some(1));
    let expected = "Fatal error, can't open config file '/does/not/exist.conf': No such file";
    assert!(outcome.err.starts_with(expected), "{}", outcome.err);
}

#[test]
fn a_mistake_in_an_included_file_is_shown_there() {
    let directory = TempDir::new();
    let inner = directory.write("inner.conf", "timeout 0\nnonsense 1\n");
    let outer = directory.write("outer.conf", format!("include {}\n", inner.display()));
    let outcome = run(program().arg(outer));
    assert_eq!(outcome.code, Some(1));
    let expected = format!("{}, at line 2\n>>> 'nonsense 1'", inner.display());
    assert!(outcome.err.contains(&expected), "{}", outcome.err);
}

#[test]
fn files_that_include_each_other_are_an_error() {
    let directory = TempDir::new();
    let file = directory.join("circle.conf");
    directory.write("circle.conf", format!("include {}\n", file.display()));
    let outcome = run(program().arg(file));
    assert_eq!(outcome.code, Some(1));
    let expected = "too many files include each other";
    assert!(outcome.err.contains(expected), "{}", outcome.err);
}

/// Starts a server with `args` and asserts the values of CONFIG GET.
fn expect_settings(directory: Arc<TempDir>, args: &[&str], expected: &[(&str, &str)]) {
    let server = TestServer::start_with_args(directory, args);
    let mut client = server.connect();
    for (name, value) in expected {
        let found = client.ask(&["CONFIG", "GET", name]).texts();
        assert_eq!(found, [*name, *value]);
    }
}

#[test]
fn the_last_value_of_a_setting_counts() {
    let directory = Arc::new(TempDir::new());
    let inner = directory.write("inner.conf", "timeout 2\ndatabases 2\nmaxclients 20\n");
    let text = format!(
        "timeout 1\ndatabases 1\ninclude {}\nDATABASES 3\nhz 20\n",
        inner.display()
    );
    let outer = directory.write("outer.conf", text);
    let args = [outer.to_str().unwrap(), "--maxclients", "40"];
    let expected = [
        ("timeout", "2"),
        ("databases", "3"),
        ("maxclients", "40"),
        ("hz", "20"),
    ];
    expect_settings(directory, &args, &expected);
}

#[test]
fn a_pattern_includes_all_matching_files() {
    let directory = Arc::new(TempDir::new());
    for part in ["parts.a", "parts.b", "other", "parts.a/z.conf"] {
        fs::create_dir(directory.join(part)).unwrap();
    }
    directory.write("parts.a/1.conf", "timeout 1\ndatabases 1\nmaxclients 10\n");
    directory.write("parts.a/2.conf", "databases 2\nmaxclients 20\n");
    directory.write("parts.b/1.conf", "maxclients 30\n");
    for not_meant in ["parts.b/.hidden.conf", "parts.b/1.conf~", "other/1.conf"] {
        directory.write(not_meant, "nonsense\n");
    }
    let text = format!(
        "include {0}/parts.[!c]/*.conf\ninclude {0}/nothing*/*.conf\ntcp-keepalive 7\n",
        directory.display()
    );
    directory.write("outer.conf", text);
    let pattern = directory.join("out?r.conf");
    let expected = [
        ("timeout", "1"),
        ("databases", "2"),
        ("maxclients", "30"),
        ("tcp-keepalive", "7"),
    ];
    expect_settings(directory, &[pattern.to_str().unwrap()], &expected);
}

#[test]
fn values_may_be_quoted_and_sizes_have_units() {
    let directory = Arc::new(TempDir::new());
    let text = "proc-title-template \"a \\x42 \\\"c\\\"\"\n\
                notify-keyspace-events ''\r\n\
                \t appendfilename 'my file.aof'   \n\
                auto-aof-rewrite-min-size 2gb\n\
                repl-backlog-size 3mb\n\
                client-query-buffer-limit 4M\n\
                bind 127.0.0.1 -::1\n";
    let file = directory.write("redis.conf", text);
    let expected = [
        ("proc-title-template", "a B \"c\""),
        ("notify-keyspace-events", ""),
        ("appendfilename", "my file.aof"),
        ("auto-aof-rewrite-min-size", "2147483648"),
        ("repl-backlog-size", "3145728"),
        ("client-query-buffer-limit", "4000000"),
        ("bind", "127.0.0.1 -::1"),
    ];
    let args = [file.to_str().unwrap()];
    expect_settings(Arc::clone(&directory), &args, &expected);
    assert!(directory.join("my file.aof").exists());
}

/// The directives of the redis.conf that Debian installs with Redis 7.0.15.
pub(super) const STOCK: &str = r#"
# Redis configuration file example.
bind 127.0.0.1 -::1
protected-mode yes
port 6379
tcp-backlog 511
timeout 0
tcp-keepalive 300
daemonize yes
pidfile /run/redis/redis-server.pid
loglevel notice
logfile /var/log/redis/redis-server.log
databases 16
always-show-logo no
set-proc-title yes
proc-title-template "{title} {listen-addr} {server-mode}"
stop-writes-on-bgsave-error yes
rdbcompression yes
rdbchecksum yes
dbfilename dump.rdb
rdb-del-sync-files no
dir /var/lib/redis
replica-serve-stale-data yes
replica-read-only yes
repl-diskless-sync yes
repl-diskless-sync-delay 5
repl-diskless-sync-max-replicas 0
repl-diskless-load disabled
repl-disable-tcp-nodelay no
replica-priority 100
acllog-max-len 128
lazyfree-lazy-eviction no
lazyfree-lazy-expire no
lazyfree-lazy-server-del no
replica-lazy-flush no
lazyfree-lazy-user-del no
lazyfree-lazy-user-flush no
oom-score-adj no
oom-score-adj-values 0 200 800
disable-thp yes
lua-replicate-commands yes
appendonly no
appendfilename "appendonly.aof"
appenddirname "appendonlydir"
appendfsync everysec
no-appendfsync-on-rewrite no
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 64mb
aof-load-truncated yes
aof-use-rdb-preamble yes
aof-timestamp-enabled no
slowlog-log-slower-than 10000
slowlog-max-len 128
latency-monitor-threshold 0
notify-keyspace-events ""
hash-max-listpack-entries 512
hash-max-listpack-value 64
list-max-listpack-size -2
list-compress-depth 0
set-max-intset-entries 512
zset-max-listpack-entries 128
zset-max-listpack-value 64
hll-sparse-max-bytes 3000
stream-node-max-bytes 4096
stream-node-max-entries 100
activerehashing yes
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit replica 256mb 64mb 60
client-output-buffer-limit pubsub 32mb 8mb 60
hz 10
dynamic-hz yes
aof-rewrite-incremental-fsync yes
rdb-save-incremental-fsync yes
jemalloc-bg-thread yes
"#;

#[test]
fn the_redis_conf_of_debian_is_accepted() {
    let directory = Arc::new(TempDir::new());
    // The directory of Debian.
    let text = STOCK.replace("/var/lib/redis", directory.to_str().unwrap());
    let file = directory.write("redis.conf", text);
    let args = [
        file.to_str().unwrap(),
        // Settings that a test must not use.
        "--logfile",
        "",
        "--pidfile",
        "",
    ];
    let expected = [
        ("tcp-keepalive", "300"),
        ("databases", "16"),
        ("appendonly", "no"),
        ("auto-aof-rewrite-min-size", "67108864"),
        ("oom-score-adj-values", "0 200 800"),
        ("proc-title-template", "{title} {listen-addr} {server-mode}"),
        ("pidfile", ""),
        ("supervised", "no"),
        ("hz", "10"),
    ];
    expect_settings(directory, &args, &expected);
}
