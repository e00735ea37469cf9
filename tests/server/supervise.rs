//! Notifications to systemd and upstart. The test takes their place.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;

use crate::support::{PATIENCE, Process, TempDir, program, wait_for};

/// Reads a datagram.
fn receive(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 1000];
    let count = loop {
        match socket.recv(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            count => break count.expect("a message"),
        }
    };
    String::from_utf8(buffer[..count].to_vec()).expect("a message in UTF-8")
}

/// Starts a server that notifies `socket`, which has the address `address`, and stops it.
fn expect_messages(socket: &UnixDatagram, address: &str, setting: &str) {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let directory = TempDir::new();
    let mut command = program();
    command.env("NOTIFY_SOCKET", address);
    command.args(["--supervised", setting]);
    let mut server = Process::start_command(&directory, command);
    server.wait_for_line(
        " * Supervised by systemd. Please make sure you set appropriate values for \
         TimeoutStartSec and TimeoutStopSec in your service unit.",
    );
    assert_eq!(receive(socket), "STATUS=threadbare is loading...\n");
    assert_eq!(receive(socket), "STATUS=Ready to accept connections\n");
    assert_eq!(receive(socket), "READY=1\n");
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
    server.signal("TERM");
    assert_eq!(receive(socket), "STOPPING=1\n");
    assert_eq!(server.exit(), Some(0));
}

#[test]
fn systemd_is_notified_when_the_server_is_ready_and_when_it_stops() {
    for setting in ["systemd", "auto"] {
        let directory = TempDir::new();
        let path = directory.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        expect_messages(&socket, path.to_str().unwrap(), setting);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn systemd_may_listen_at_an_abstract_name() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    let name = format!("threadbare-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    expect_messages(&socket, &format!("@{name}"), "systemd");
}

#[test]
fn a_server_that_cannot_load_its_data_is_never_ready() {
    let directory = TempDir::new();
    directory.write("appendonly.aof", "garbage");
    let path = directory.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = program();
    command.env("NOTIFY_SOCKET", &path);
    command.args(["--supervised", "systemd"]);
    let mut server = Process::start_command(&directory, command);
    assert_eq!(server.exit(), Some(1));
    assert_eq!(receive(&socket), "STATUS=threadbare is loading...\n");
    assert_eq!(receive(&socket), "STOPPING=1\n");
}

#[test]
fn a_missing_supervisor_is_logged_and_the_server_serves() {
    for (setting, variable, expected) in [
        (
            "systemd",
            None,
            " # systemd supervision error: NOTIFY_SOCKET not found!",
        ),
        (
            "systemd",
            Some(("NOTIFY_SOCKET", "/nowhere/notify")),
            " # systemd supervision error: sd_notify: -2",
        ),
        (
            "upstart",
            None,
            " # upstart supervision requested, but UPSTART_JOB not found",
        ),
    ] {
        let directory = TempDir::new();
        let mut command = program();
        command
            .env_remove("NOTIFY_SOCKET")
            .env_remove("UPSTART_JOB");
        command.envs(variable);
        command.args(["--supervised", setting]);
        let server = Process::start_command(&directory, command);
        server.wait_for_line(expected);
        server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn upstart_sees_a_process_that_stops_itself_when_it_is_ready() {
    let directory = TempDir::new();
    let mut command = program();
    command
        .env("UPSTART_JOB", "redis")
        .args(["--supervised", "auto"]);
    let server = Process::start_command(&directory, command);
    server.wait_for_line(" * supervised by upstart, will stop to signal readiness");
    wait_for("the process to stop itself", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).ok()?;
        stat.contains(") T ").then_some(())
    });
    server.signal("CONT");
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
}
