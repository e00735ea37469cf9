use std::fs;

use crate::support::{Process, TempDir, wait_for};

#[test]
fn the_file_contains_the_process_id_and_is_removed_at_the_stop() {
    let directory = TempDir::new();
    for name in [
        "server.pid",
        directory.join("absolute.pid").to_str().unwrap(),
    ] {
        let mut server = Process::start(&directory, &["--pidfile", name]);
        let mut client = server.connect();
        // For a relative path, the server shows the path as it was given.
        assert_eq!(
            client.ask_line("CONFIG GET pidfile").texts(),
            ["pidfile", name]
        );
        let path = directory.join(name);
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            format!("{}\n", server.id())
        );
        server.signal("TERM");
        assert_eq!(server.exit(), Some(0));
        assert!(!path.exists());
    }
}

#[test]
fn the_file_exists_during_loading_and_is_removed_if_that_fails() {
    let directory = TempDir::new();
    directory.write("appendonly.aof", "garbage");
    let path = directory.join("server.pid");
    let mut server = Process::start(&directory, &["--pidfile", "server.pid"]);
    assert_eq!(server.exit(), Some(1));
    assert!(!path.exists());
}

#[test]
fn a_file_that_cannot_be_written_is_logged_and_the_server_serves() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &["--pidfile", "nowhere/server.pid"]);
    let line = server.wait_for_line("PID file");
    let (_, text) = line.split_once(" # ").expect("a warning");
    assert_eq!(text, "Failed to write PID file: No such file or directory");
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[test]
fn the_file_of_another_process_is_left_alone() {
    let directory = TempDir::new();
    let mut server = Process::start(&directory, &["--pidfile", "server.pid"]);
    server.wait_for_line("Ready to accept connections");
    let path = wait_for("the file", || {
        let path = directory.join("server.pid");
        path.exists().then_some(path)
    });
    fs::write(&path, "1\n").unwrap();
    server.signal("TERM");
    assert_eq!(server.exit(), Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
}
