use crate::support::{Process, TempDir, TestServer};

#[test]
fn memory_purge_replies_ok() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("MEMORY PURGE", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("MEMORY PURGE", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n+OK\r\n"),
        (
            "MEMORY PURGE x",
            "-ERR wrong number of arguments for 'memory|purge' command\r\n",
        ),
        (
            "MEMORY MALLOC-STATS",
            "$45\r\nStats not supported for the current allocator\r\n",
        ),
    ]);
}

#[test]
fn memory_doctor_reports_a_peak() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    let report = client.ask_line("MEMORY DOCTOR").text();
    assert!(
        report.starts_with("Hi Sam, this state is empty"),
        "{report}"
    );
    client.ask(&["SET", "stays", &"x".repeat(10_000_000)]);
    client.ask(&["SET", "goes", &"x".repeat(50_000_000)]);
    client.ask_line("INFO memory");
    client.ask_line("DEL goes");
    let report = client.ask_line("MEMORY DOCTOR").text();
    assert!(report.contains(" * Peak memory: "), "{report}");
}

#[test]
fn memory_stats_has_the_fields_of_redis() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.ask_line("SET k v");
    let stats = client.ask_line("MEMORY STATS");
    let names = stats.array().iter().step_by(2);
    let names: Vec<String> = names.map(|name| name.text()).collect();
    assert_eq!(names[..2], ["peak.allocated", "total.allocated"]);
    let keys = names.iter().position(|name| name == "keys.count").unwrap();
    assert_eq!(stats.array()[2 * keys + 1].integer(), 1);
}
