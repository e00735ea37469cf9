use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::support::{
    Client, PATIENCE, Process, TempDir, TestServer, outer_address, skip, wait_for,
};

const TOO_MANY: &str = "-ERR max number of clients reached\r\n";

/// Connects and sends PING. Returns `None` if the server refuses the client.
fn admitted(address: SocketAddr) -> Option<Client> {
    let mut client = Client::connect(address);
    // After the refusal, the PING may fail.
    let _ = client.try_send("PING\r\n");
    let reply = client.try_reply().ok()?;
    (reply == crate::support::Reply::Simple("PONG".to_owned())).then_some(client)
}

#[test]
fn a_client_beyond_maxclients_gets_an_error_and_is_disconnected() {
    let server = TestServer::start_with(|config| config.maxclients = 2);
    let mut first = server.connect();
    let mut second = server.connect();
    first.expect_exchanges(&[("PING", "+PONG\r\n")]);
    second.expect_exchanges(&[("PING", "+PONG\r\n")]);

    let mut third = server.connect();
    third.expect(TOO_MANY);
    third.expect_end();
    assert_eq!(first.info_number("rejected_connections"), 1);

    drop(second);
    let mut next = wait_for("a free slot", || admitted(server.address()));
    next.expect_exchanges(&[("SET k v", "+OK\r\n")]);
    first.expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
}

#[test]
fn maxclients_can_be_changed_while_clients_are_connected() {
    let server = TestServer::start_with(|config| config.maxclients = 1);
    let mut first = server.connect();
    first.expect_exchanges(&[("CONFIG SET maxclients 2", "+OK\r\n")]);
    let mut second = server.connect();
    second.expect_exchanges(&[
        ("PING", "+PONG\r\n"),
        ("CONFIG SET maxclients 1", "+OK\r\n"),
        ("PING", "+PONG\r\n"),
    ]);
    server.connect().expect(TOO_MANY);
    first.expect_exchanges(&[("PING", "+PONG\r\n")]);
}

/// Returns how many files this process may open.
fn open_files_limit() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_ascii_whitespace().nth(3)?.parse().ok())
        .unwrap_or(1024)
}

#[test]
fn a_thousand_clients_do_not_delay_others() {
    // Both ends are in this process, which runs other tests too.
    let count = 1000.min(open_files_limit() / 4);
    let server = TestServer::start();
    let mut clients: Vec<Client> = (0..count).map(|_| server.connect()).collect();
    let mut other = server.connect();
    other.expect_exchanges(&[("PING", "+PONG\r\n")]);
    wait_for("all clients to be connected", || {
        (other.info_number("connected_clients") == count as u64 + 1).then_some(())
    });
    for client in &mut clients {
        client.send("INFO server\r\nPING\r\n");
    }
    other.expect_exchanges(&[("SET k v", "+OK\r\n"), ("GET k", "$1\r\nv\r\n")]);
    for client in &mut clients {
        assert!(client.reply().text().starts_with("# Server"));
        client.expect("+PONG\r\n");
    }
}

#[test]
fn many_clients_that_connect_during_a_long_command_are_served() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let address = server.address();
    let allowed = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    let count = 400.min(allowed.trim().parse().unwrap_or(128));

    server.signal("STOP");
    let crowd: Vec<TcpStream> = (0..count)
        .map(|_| TcpStream::connect_timeout(&address, PATIENCE).expect("a place in the queue"))
        .collect();
    server.signal("CONT");
    for mut stream in &crowd {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"PING\r\n").unwrap();
    }
    for mut stream in &crowd {
        let mut reply = [0; 7];
        stream.read_exact(&mut reply).expect("a reply");
        assert_eq!(&reply, b"+PONG\r\n");
    }
}

#[test]
fn the_queue_is_as_long_as_tcp_backlog_says() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &["--tcp-backlog", "5"]);
    let address = server.address();
    server.connect().expect_exchanges(&[(
        "CONFIG GET tcp-backlog",
        "*2\r\n$11\r\ntcp-backlog\r\n$1\r\n5\r\n",
    )]);

    server.signal("STOP");
    let mut crowd = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        crowd.push(stream);
        assert!(crowd.len() < 100, "no end of the queue");
    }
    server.signal("CONT");
    // A client that did not fit tries again.
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
}

/// Returns in how many hundredths of a second the system will probe `client`; 0 for never. The
/// server's end of the connection has a timer for that, and no other timer as soon as all sent
/// bytes have arrived.
#[cfg(target_os = "linux")]
fn time_until_asked(client: &TcpStream) -> u64 {
    let ends = [client.peer_addr().unwrap(), client.local_addr().unwrap()];
    let ends = ends.map(|end| format!("0100007F:{:04X}", end.port()));
    wait_for("all that was sent to come", || {
        // The columns: number, both ends, state, queues, timer:when.
        let connections = fs::read_to_string("/proc/net/tcp").unwrap();
        let mut lines = connections.lines().map(str::split_ascii_whitespace);
        let mut line = lines.find(|line| line.clone().skip(1).take(2).eq(&ends))?;
        match line.nth(5)?.split_once(':')? {
            ("00", _) => Some(0),
            ("02", when) => u64::from_str_radix(when, 16).ok(),
            _ => None,
        }
    })
}

#[cfg(target_os = "linux")]
#[test]
fn silent_clients_are_probed() {
    let server = TestServer::start();
    let arrive = || {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"PING\r\n").unwrap();
        stream.read_exact(&mut [0; 7]).expect("a reply");
        stream
    };
    assert!((6_001..=30_000).contains(&time_until_asked(&arrive())));

    let mut client = server.connect();
    client.expect_exchanges(&[("CONFIG SET tcp-keepalive 60", "+OK\r\n")]);
    assert!((1..=6_000).contains(&time_until_asked(&arrive())));

    client.expect_exchanges(&[("CONFIG SET tcp-keepalive 0", "+OK\r\n")]);
    assert_eq!(time_until_asked(&arrive()), 0);
}

#[test]
fn protected_mode_refuses_other_machines() {
    let Some(address) = outer_address() else {
        return skip("this machine has no address but the loopback interface's");
    };
    let server = TestServer::start_with(|config| config.bind = vec!["0.0.0.0".to_owned()]);
    let outside = SocketAddr::new(address, server.address().port());
    let inside = SocketAddr::from(([127, 0, 0, 1], server.address().port()));

    let mut client = Client::connect(outside);
    client.expect("-DENIED Redis is running in protected mode because protected mode is enabled");
    let mut inner = Client::connect(inside);
    inner.expect_exchanges(&[("CONFIG SET protected-mode no", "+OK\r\n")]);
    Client::connect(outside).expect_exchanges(&[("PING", "+PONG\r\n")]);
    inner.expect_exchanges(&[("CONFIG SET protected-mode yes", "+OK\r\n")]);
    Client::connect(outside).expect("-DENIED ");
    inner.expect_exchanges(&[("CONFIG SET requirepass secret", "+OK\r\n")]);
    Client::connect(outside).expect_exchanges(&[
        ("PING", "-NOAUTH Authentication required.\r\n"),
        ("AUTH secret", "+OK\r\n"),
    ]);
}

#[test]
fn maxclients_is_lowered_to_the_available_descriptors() {
    let directory = TempDir::new();
    let server = Process::start_after("ulimit -n 40", &directory);
    let line = server.wait_for_line("maxclients");
    let (_, text) = line.split_once(" # ").expect("a warning");
    assert_eq!(
        text,
        "You requested maxclients of 10000 requiring at least 10032 max file descriptors. Current \
         maximum open files is 40. maxclients has been reduced to 8 to compensate for low \
         ulimit. If you need higher maxclients increase 'ulimit -n'."
    );
    let mut clients: Vec<Client> = (0..8)
        .map(|_| admitted(server.address()).expect("a place"))
        .collect();
    server.connect().expect(TOO_MANY);
    clients[0].expect_exchanges(&[
        (
            "CONFIG GET maxclients",
            "*2\r\n$10\r\nmaxclients\r\n$1\r\n8\r\n",
        ),
        ("SET k v", "+OK\r\n"),
    ]);
}

/// Inherited descriptors count too, so they can run out before `maxclients` is reached.
#[test]
fn without_descriptors_clients_are_refused_and_later_accepted_again() {
    let directory = TempDir::new();
    let script = "ulimit -n 40; for fd in {3..31}; do eval \"exec $fd</dev/null\"; done";
    let server = Process::start_after(script, &directory);
    let mut clients = Vec::new();
    while let Some(client) = admitted(server.address()) {
        clients.push(client);
        assert!(clients.len() < 8, "the descriptors do not run out");
    }
    assert!(!clients.is_empty(), "no descriptors at all");
    server.wait_for_line("Error accepting a connection: Too many open files");
    server.connect().expect(TOO_MANY);
    for client in &mut clients {
        client.expect_exchanges(&[("SET k v", "+OK\r\n"), ("GET k", "$1\r\nv\r\n")]);
    }
    clients.pop();
    wait_for("a free descriptor", || admitted(server.address()));
}
