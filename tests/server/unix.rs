//! The Unix socket: served like TCP, made at the start, removed at the stop.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use threadbare::Server;
use threadbare::config::Protected;

use crate::support::{
    Client, Process, TempDir, TestServer, config_in, free_port, program, run, wait_for,
};

/// A server that listens at `redis.sock` in its directory only.
fn start() -> TestServer {
    TestServer::start_with(|config| config.unixsocket = "redis.sock".into())
}

/// Returns the path of the socket, once the server has its data.
fn socket(server: &TestServer) -> PathBuf {
    server.address();
    server.directory.join("redis.sock")
}

fn connect(server: &TestServer) -> Client {
    Client::connect_unix(&socket(server))
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

#[test]
fn port_0_with_a_unix_socket_is_no_tcp() {
    let server = start();
    let mut client = connect(&server);
    client.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
        ("CONFIG GET port", "*2\r\n$4\r\nport\r\n$1\r\n0\r\n"),
        (
            "CONFIG GET unixsocketperm",
            "*2\r\n$14\r\nunixsocketperm\r\n$1\r\n0\r\n",
        ),
        (
            "CONFIG SET unixsocket other.sock",
            "-ERR CONFIG SET failed (possibly related to argument 'unixsocket') - can't set \
             immutable config\r\n",
        ),
    ]);
    assert_eq!(client.info("tcp_port"), "0");
    assert_eq!(server.address().to_string(), "0.0.0.0:0");
    // A value that exceeds all buffers, in both directions.
    let big = "x".repeat(8 << 20);
    assert_eq!(client.ask(&["SET", "big", &big]).text(), "OK");
    assert_eq!(client.ask(&["GET", "big"]).text(), big);
}

#[test]
fn tcp_and_the_unix_socket_serve_the_same_data_to_maxclients_together() {
    let port = free_port();
    let server = TestServer::start_with(|config| {
        config.port = port;
        config.unixsocket = "redis.sock".into();
        config.maxclients = 2;
    });
    server.connect().expect_exchanges(&[("SET k v", "+OK\r\n")]);
    let mut first = wait_for("a free slot", || {
        let mut client = connect(&server);
        let _ = client.try_send("GET k\r\n");
        (client.try_reply().ok()?.error().is_none()).then_some(client)
    });
    let mut second = wait_for("a free slot", || {
        let mut client = server.connect();
        let _ = client.try_send("GET k\r\n");
        (client.try_reply().ok()?.error().is_none()).then_some(client)
    });
    for mut third in [connect(&server), server.connect()] {
        third.expect("-ERR max number of clients reached\r\n");
        third.expect_end();
    }
    first.expect_exchanges(&[("APPEND k w", ":2\r\n")]);
    second.expect_exchanges(&[("GET k", "$2\r\nvw\r\n")]);
}

#[test]
fn a_client_of_the_unix_socket_is_shown_with_its_path() {
    let server = start();
    let mut client = connect(&server);
    let listed = client.ask(&["CLIENT", "LIST"]).text();
    for expected in [" addr=redis.sock:0 laddr=redis.sock:0 ", " flags=U "] {
        assert!(listed.contains(expected), "{listed}");
    }
    client.expect_exchanges(&[("MULTI", "+OK\r\n")]);
    let listed = connect(&server).ask(&["CLIENT", "LIST"]).text();
    assert!(listed.contains(" flags=xU "), "{listed}");
}

#[test]
fn a_client_of_the_unix_socket_counts_as_local() {
    let server = TestServer::start_with(|config| {
        config.unixsocket = "redis.sock".into();
        config.enable_debug_command = Protected::Local;
    });
    connect(&server).expect_exchanges(&[("DEBUG SET-ACTIVE-EXPIRE 1", "+OK\r\n")]);
}

#[test]
fn the_file_has_the_configured_permissions_and_is_removed_at_the_stop() {
    for mode in [0o700, 0o770, 0o777] {
        let directory = Arc::new(TempDir::new());
        let server = TestServer::start_in(Arc::clone(&directory), |config| {
            config.unixsocket = "redis.sock".into();
            config.unixsocketperm = mode;
        });
        let path = socket(&server);
        let found = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode);
        let mut client = connect(&server);
        client.expect_exchanges(&[("PING", "+PONG\r\n")]);
        server.stop();
        client.expect_end();
        assert!(!path.exists());
    }
}

#[test]
fn a_socket_that_a_crash_has_left_is_replaced() {
    let directory = TempDir::new();
    let path = directory.join("redis.sock");
    for number in 0..2 {
        let server = Process::start(&directory, &["--unixsocket", path.to_str().unwrap()]);
        server.wait_for_line("The server is now ready to accept connections at ");
        let mut client = Client::connect_unix(&path);
        assert_eq!(client.ask(&["INCR", "n"]).integer(), number + 1);
        // Dropping it kills the server.
        drop(server);
        assert!(is_socket(&path));
    }
}

#[test]
fn a_second_server_does_not_take_the_socket_away() {
    let server = start();
    let path = socket(&server);
    let elsewhere = TempDir::new();
    let outcome = run(program()
        .args(["--port", "0", "--unixsocket", path.to_str().unwrap()])
        .arg("--dir")
        .arg(elsewhere.as_os_str()));
    assert_eq!(outcome.code, Some(1));
    let expected = "another server is listening there";
    assert!(outcome.err.contains(expected), "{}", outcome.err);
    connect(&server).expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[test]
fn a_file_that_is_no_socket_is_not_removed() {
    let directory = TempDir::new();
    let path = directory.write("precious", "data");
    let mut config = config_in(&directory);
    config.unixsocket = path.clone();
    let error = Server::bind(config).expect_err("a file that is in the way");
    let expected = format!(
        "Failed opening Unix socket {}: a file that is not a socket is there",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(fs::read_to_string(path).unwrap(), "data");
}

#[test]
fn the_server_stops_in_order_if_the_file_is_missing_or_replaced() {
    let server = start();
    fs::remove_file(socket(&server)).unwrap();
    server.stop();

    let server = start();
    let path = socket(&server);
    let directory = Arc::clone(&server.directory);
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    server.stop();
    assert!(is_socket(&path));
    drop(directory);
}

#[test]
fn nothing_to_listen_on_is_an_error() {
    let directory = TempDir::new();
    let mut config = config_in(&directory);
    config.bind.clear();
    let error = Server::bind(config).expect_err("nowhere to listen");
    assert_eq!(
        error.to_string(),
        "Configured to not listen anywhere, exiting."
    );
}

#[test]
fn a_failed_start_leaves_no_socket_behind() {
    let directory = TempDir::new();
    directory.write("appendonly.aof", "garbage");
    let mut config = config_in(&directory);
    config.unixsocket = "redis.sock".into();
    let server = Server::bind(config).unwrap();
    assert!(is_socket(&directory.join("redis.sock")));
    assert!(TcpStream::connect(server.local_addr()).is_err());
    server.run().expect_err("a damaged file");
    assert!(!directory.join("redis.sock").exists());
}
