use crate::support::TestServer;

#[test]
fn latency_counts_the_calls_of_each_command() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("SET k w", "+OK\r\n")]);
    client.ask_line("CLIENT ID");
    let reply = client.ask_line("LATENCY HISTOGRAM set CLIENT get nothing");
    let pairs = reply.array();
    assert_eq!(pairs.len(), 4);
    assert_eq!(pairs[0].text(), "set");
    assert_eq!(pairs[1].array()[1].integer(), 2);
    assert_eq!(pairs[2].text(), "client|id");
}

#[test]
fn latency_notes_calls_over_the_threshold() {
    let server = TestServer::start_with(|config| {
        config.enable_debug_command = threadbare::config::Protected::Yes;
    });
    let mut client = server.connect();
    client.expect_exchanges(&[
        ("LATENCY LATEST", "*0\r\n"),
        ("CONFIG SET latency-monitor-threshold 20", "+OK\r\n"),
        ("DEBUG SLEEP 0.03", "+OK\r\n"),
    ]);
    let latest = client.ask_line("LATENCY LATEST");
    let event = latest.array()[0].array();
    assert_eq!(event[0].text(), "command");
    assert!(event[2].integer() >= 30);
    let history = client.ask_line("LATENCY HISTORY command");
    assert_eq!(history.array().len(), 1);
    let graph = client.ask_line("LATENCY GRAPH command").text();
    assert!(graph.starts_with("command - high "), "{graph}");
    client.expect_exchanges(&[
        ("LATENCY RESET nothing", ":0\r\n"),
        ("LATENCY RESET command", ":1\r\n"),
        (
            "LATENCY GRAPH command",
            "-ERR No samples available for event 'command'\r\n",
        ),
    ]);
}

#[test]
fn a_server_is_always_alone() {
    const NO_CLUSTER: &str = "-ERR This instance has cluster support disabled\r\n";
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"),
        ("REPLICAOF NO ONE", "+OK\r\n"),
        ("MODULE LIST", "*0\r\n"),
        ("CLUSTER INFO", NO_CLUSTER),
        ("READONLY", NO_CLUSTER),
        ("FAILOVER", "-ERR FAILOVER requires connected replicas.\r\n"),
    ]);
}
