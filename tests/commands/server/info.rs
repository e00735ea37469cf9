use crate::support::{Client, TestServer, wait_for};

const DEFAULT: [&str; 11] = [
    "Server",
    "Clients",
    "Memory",
    "Persistence",
    "Stats",
    "Replication",
    "CPU",
    "Modules",
    "Errorstats",
    "Cluster",
    "Keyspace",
];

/// The sections of INFO all.
const ALL: [&str; 13] = [
    "Server",
    "Clients",
    "Memory",
    "Persistence",
    "Stats",
    "Replication",
    "CPU",
    "Commandstats",
    "Errorstats",
    "Latencystats",
    "Threads",
    "Cluster",
    "Keyspace",
];

/// Returns the headings of the sections in the reply to `line`.
fn sections(client: &mut Client, line: &str) -> Vec<String> {
    let text = client.ask_line(line).text();
    let headings = text
        .split("\r\n")
        .filter_map(|line| line.strip_prefix("# "));
    headings.map(str::to_owned).collect()
}

#[test]
fn info_has_the_requested_sections() {
    let server = TestServer::start();
    let mut client = server.connect();
    for line in ["INFO", "info default", "INFO cpu default"] {
        assert_eq!(sections(&mut client, line), DEFAULT, "{line}");
    }
    for (line, expected) in [
        ("INFO server", &["Server"][..]),
        ("INFO KEYSPACE", &["Keyspace"]),
        ("INFO keyspace clients", &["Clients", "Keyspace"]),
        ("INFO cpu cpu", &["CPU"]),
        ("INFO commandSTATS", &["Commandstats"]),
        ("INFO all", &ALL),
        ("INFO cpu all", &ALL),
        ("INFO nothing", &[]),
    ] {
        assert_eq!(sections(&mut client, line), expected, "{line}");
    }
}

#[test]
fn info_is_made_of_sections_and_fields() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("INFO nothing", "$0\r\n\r\n"),
        (
            "INFO cluster",
            "$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n",
        ),
        ("INFO keyspace", "$12\r\n# Keyspace\r\n\r\n"),
        ("SET k v", "+OK\r\n"),
        (
            "INFO keyspace cluster",
            "$76\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0,\
             avg_ttl=0\r\n\r\n",
        ),
    ]);
}

#[test]
fn info_describes_the_server() {
    let server = TestServer::start();
    let mut client = server.connect();
    let port = server.address().port().to_string();
    for (field, value) in [
        ("redis_version", "7.0.15"),
        ("redis_mode", "standalone"),
        ("tcp_port", &port),
        ("process_id", &std::process::id().to_string()),
        ("role", "master"),
        ("maxclients", "10000"),
        ("aof_enabled", "1"),
        ("aof_last_write_status", "ok"),
        ("loading", "0"),
    ] {
        assert_eq!(client.info(field), value, "{field}");
    }
    assert_eq!(client.info("run_id").len(), 40);
    assert!(client.info_number("used_memory") > 0);
}

#[test]
fn info_counts_requests() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    other.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("GET missing", "$-1\r\n"),
        ("HGET k f", crate::commands::WRONG_TYPE),
        ("EXISTS k missing", ":1\r\n"),
        ("TYPE k", "+string\r\n"),
        ("HGETALL missing", "*0\r\n"),
        ("SELECT 5", "+OK\r\n"),
        ("SET a 1", "+OK\r\n"),
        ("SET b 1", "+OK\r\n"),
    ]);
    // A key of the wrong type counts as found.
    for (field, value) in [
        ("connected_clients", 2),
        ("total_connections_received", 2),
        ("rejected_connections", 0),
        ("keyspace_hits", 4),
        ("keyspace_misses", 3),
        ("total_error_replies", 1),
    ] {
        assert_eq!(client.info_number(field), value, "{field}");
    }
    let before = client.info_number("total_commands_processed");
    other.expect_exchanges(&[("PING", "+PONG\r\n"), ("GET a", "$1\r\n1\r\n")]);
    let after = client.info_number("total_commands_processed");
    // Two requests, and one INFO.
    assert_eq!(after - before, 3);
    assert_eq!(client.info("db0"), "keys=1,expires=0,avg_ttl=0");
    assert_eq!(client.info("db5"), "keys=2,expires=0,avg_ttl=0");
    let bytes = server.directory.aof_bytes().len();
    assert_eq!(client.info_number("aof_current_size"), bytes as u64);
}

#[test]
fn info_remembers_clients_that_have_left() {
    let server = TestServer::start();
    let mut client = server.connect();
    for _ in 0..5 {
        server.connect().expect_exchanges(&[("QUIT", "+OK\r\n")]);
    }
    crate::support::wait_for("the clients to be gone", || {
        (client.info_number("connected_clients") == 1).then_some(())
    });
    assert_eq!(client.info_number("total_connections_received"), 6);
    assert!(client.info_number("total_commands_processed") > 5);
}

/// Returns the lines of a section.
fn section(client: &mut Client, name: &str) -> Vec<String> {
    let text = client.ask_line(&format!("INFO {name}")).text();
    let lines = text.lines().filter(|line| line.contains(':'));
    lines.map(str::to_owned).collect()
}

/// Returns the figures of a command in INFO commandstats, without its times.
fn calls(client: &mut Client, command: &str) -> Option<String> {
    let lines = section(client, "commandstats");
    let start = format!("cmdstat_{command}:");
    let line = lines.iter().find_map(|line| line.strip_prefix(&start))?;
    let fields = line.split(',').filter(|field| !field.starts_with("usec"));
    Some(fields.collect::<Vec<_>>().join(","))
}

#[test]
fn info_counts_the_calls_of_each_command() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut other = server.connect();
    other.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("HGET k f", crate::commands::WRONG_TYPE),
        ("CLIENT SETNAME other", "+OK\r\n"),
    ]);
    other.ask_line("GET");
    other.ask_line("GET k and more");
    other.expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("GET k", "+QUEUED\r\n"),
        ("INCR k", "+QUEUED\r\n"),
    ]);
    other.ask_line("EXEC");
    client.expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
    let expect = |client: &mut Client| {
        for (command, figures) in [
            ("get", "calls=3,rejected_calls=2,failed_calls=0"),
            ("set", "calls=1,rejected_calls=0,failed_calls=0"),
            ("hget", "calls=1,rejected_calls=0,failed_calls=1"),
            ("incr", "calls=1,rejected_calls=0,failed_calls=1"),
            ("multi", "calls=1,rejected_calls=0,failed_calls=0"),
            ("exec", "calls=1,rejected_calls=0,failed_calls=0"),
            ("client|setname", "calls=1,rejected_calls=0,failed_calls=0"),
        ] {
            assert_eq!(
                calls(client, command).as_deref(),
                Some(figures),
                "{command}"
            );
        }
        let errors = ["errorstat_ERR:count=3", "errorstat_WRONGTYPE:count=1"];
        assert_eq!(section(client, "errorstats"), errors);
    };
    expect(&mut client);
    // A client that is gone still counts.
    drop(other);
    wait_for("the other client to end", || {
        (client.info("connected_clients") == "1").then_some(())
    });
    expect(&mut client);
    client.expect_exchanges(&[("CONFIG RESETSTAT", "+OK\r\n")]);
    assert_eq!(calls(&mut client, "get"), None);
    assert_eq!(
        calls(&mut client, "config|resetstat").as_deref(),
        Some("calls=1,rejected_calls=0,failed_calls=0")
    );
    assert!(section(&mut client, "errorstats").is_empty());
}

#[test]
fn a_pipeline_is_counted_call_by_call() {
    let server = TestServer::start();
    let mut client = server.connect();
    let requests = "SET k v\r\n".repeat(50) + &"GET k\r\n".repeat(50) + "PING\r\n";
    client.send(requests.as_bytes());
    client.expect(&("+OK\r\n".repeat(50) + &"$1\r\nv\r\n".repeat(50) + "+PONG\r\n"));
    for command in ["set", "get"] {
        let figures = "calls=50,rejected_calls=0,failed_calls=0";
        assert_eq!(calls(&mut client, command).as_deref(), Some(figures));
    }
}

#[test]
fn a_served_client_is_counted_once() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut waiting = server.connect();
    waiting.send(b"BLPOP list 0\r\n");
    wait_for("a client in line", || {
        (client.info("blocked_clients") == "1").then_some(())
    });
    assert_eq!(calls(&mut client, "blpop"), None);
    client.expect_exchanges(&[("RPUSH list a", ":1\r\n")]);
    waiting.expect("*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
    assert_eq!(
        calls(&mut client, "blpop").as_deref(),
        Some("calls=1,rejected_calls=0,failed_calls=0")
    );
}

#[test]
fn info_tells_the_rate_of_requests() {
    let server = TestServer::start();
    let mut client = server.connect();
    wait_for("a rate", || {
        (client.info_number("instantaneous_ops_per_sec") > 0).then_some(())
    });
    let kbps: f64 = client.info("instantaneous_output_kbps").parse().unwrap();
    assert!(kbps > 0.0);
    assert!(client.info_number("total_reads_processed") > 0);
    assert!(client.info_number("total_writes_processed") > 0);
}

#[test]
fn info_counts_values_that_are_freed_without_the_lock() {
    let server = TestServer::start();
    let mut client = server.connect();
    let members: String = (0..1000).map(|member| format!(" m{member}")).collect();
    assert_eq!(
        client.ask_line(&format!("SADD set{members}")).integer(),
        1000
    );
    client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("DEL k", ":1\r\n")]);
    assert_eq!(client.info_number("lazyfreed_objects"), 0);
    client.expect_exchanges(&[("UNLINK set", ":1\r\n")]);
    assert_eq!(client.info_number("lazyfreed_objects"), 1);
    client.expect_exchanges(&[("MSET a 1 b 2", "+OK\r\n"), ("FLUSHALL ASYNC", "+OK\r\n")]);
    assert_eq!(client.info_number("lazyfreed_objects"), 3);
    client.expect_exchanges(&[("CONFIG RESETSTAT", "+OK\r\n")]);
    assert_eq!(client.info_number("lazyfreed_objects"), 0);
}
