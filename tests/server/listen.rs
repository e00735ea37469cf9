//! CONFIG SET of `port` and `bind`: the addresses change as a whole or not at all, and connected
//! clients stay.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Client, Process, TempDir, TestServer, encode, free_port, skip, wait_for};

const IN_USE: &str = "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to \
                      listen on this port. Check server logs.\r\n";
const NOT_BOUND: &str = "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to \
                         bind to specified addresses.\r\n";

fn local(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, host], port))
}

#[track_caller]
fn expect_served(address: SocketAddr) {
    Client::connect(address).expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[track_caller]
fn expect_refused(address: SocketAddr) {
    assert!(Client::try_connect(address).is_err(), "{address} is served");
}

/// Asserts the value of CONFIG GET.
#[track_caller]
fn expect_setting(client: &mut Client, name: &str, value: &str) {
    assert_eq!(client.ask(&["CONFIG", "GET", name]).texts(), [name, value]);
}

#[test]
fn the_port_can_be_changed_and_connected_clients_stay() {
    let server = TestServer::start();
    let mut first = server.connect();
    let (old, new) = (server.address().port(), free_port());
    first.expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        (&format!("CONFIG SET port {new}"), "+OK\r\n"),
        ("GET k", "$1\r\nv\r\n"),
    ]);
    expect_refused(local(1, old));
    let mut second = Client::connect(local(1, new));
    second.expect_exchanges(&[("GET k", "$1\r\nv\r\n")]);
    expect_setting(&mut second, "port", &new.to_string());
    assert_eq!(second.info_number("tcp_port"), u64::from(new));
    let listed = second.ask(&["CLIENT", "LIST"]).text();
    let ports: Vec<bool> = listed
        .lines()
        .map(|line| line.contains(&format!(" laddr=127.0.0.1:{new} ")))
        .collect();
    assert_eq!(ports, [false, true], "{listed}");
    // The current value changes nothing.
    second.expect_exchanges(&[(&format!("CONFIG SET port {new}"), "+OK\r\n")]);
    expect_served(local(1, new));
}

#[test]
fn a_port_in_use_changes_nothing() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().port();
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let mut client = server.connect();
    let port = server.address().port();
    client.expect_exchanges(&[
        (&format!("CONFIG SET port {taken}"), IN_USE),
        (&format!("CONFIG SET timeout 7 port {taken}"), IN_USE),
        (&format!("CONFIG SET port {taken} bind 127.0.0.1"), IN_USE),
        (
            "CONFIG SET port 65536",
            "-ERR CONFIG SET failed (possibly related to argument 'port') - argument must be \
             between 0 and 65535 inclusive\r\n",
        ),
    ]);
    server.wait_for_line(&format!(
        "Could not create server TCP listening socket 127.0.0.1:{taken}: bind: "
    ));
    server.wait_for_line(
        " # Failed applying new configuration. Possibly related to new port setting. Restoring \
         previous settings.",
    );
    expect_setting(&mut client, "port", &port.to_string());
    expect_setting(&mut client, "timeout", "0");
    expect_served(local(1, port));
}

#[test]
fn the_addresses_can_be_changed_and_connected_clients_stay() {
    let server = TestServer::start();
    let port = server.address().port();
    let mut first = server.connect();
    for (bind, served, refused) in [
        ("127.0.0.1 127.0.0.2", &[1, 2][..], &[3][..]),
        ("127.0.0.2", &[2], &[1, 3]),
        ("127.0.0.3 127.0.0.2", &[2, 3], &[1]),
        // All addresses, while some of them are listened on already.
        ("*", &[1, 2, 3], &[]),
        ("127.0.0.1 -::1", &[1], &[2, 3]),
        ("", &[], &[1, 2, 3]),
        ("127.0.0.1 -203.0.113.7", &[1], &[2, 3]),
    ] {
        assert_eq!(
            first.ask(&["CONFIG", "SET", "bind", bind]).text(),
            "OK",
            "{bind}"
        );
        expect_setting(&mut first, "bind", bind);
        served
            .iter()
            .for_each(|&host| expect_served(local(host, port)));
        refused
            .iter()
            .for_each(|&host| expect_refused(local(host, port)));
    }
}

#[test]
fn addresses_that_cannot_be_listened_on_change_nothing() {
    let server = TestServer::start();
    let port = server.address().port();
    let _other = TcpListener::bind(local(9, port)).unwrap();
    let mut client = server.connect();
    let many = "127.0.0.1 ".repeat(17);
    for (bind, reply) in [
        ("203.0.113.7", NOT_BOUND),
        ("127.0.0.2 203.0.113.7", NOT_BOUND),
        // The server closes its sockets for this address, fails, and listens again.
        ("*", NOT_BOUND),
        ("127.0.0.2 127.0.0.9", NOT_BOUND),
        (
            &many,
            "-ERR CONFIG SET failed (possibly related to argument 'bind') - Too many bind \
             addresses specified.\r\n",
        ),
    ] {
        let line = format!("CONFIG SET timeout 7 bind '{bind}'");
        client.expect_exchanges(&[(&line, reply), ("PING", "+PONG\r\n")]);
        expect_setting(&mut client, "bind", "127.0.0.1");
        expect_setting(&mut client, "timeout", "0");
        expect_served(local(1, port));
        expect_refused(local(2, port));
    }
}

#[test]
fn port_and_addresses_change_together() {
    let server = TestServer::start();
    let (old, new) = (server.address().port(), free_port());
    let mut client = server.connect();
    let line = format!("CONFIG SET bind '127.0.0.2 127.0.0.1' port {new} timeout 7");
    client.expect_exchanges(&[(&line, "+OK\r\n")]);
    expect_served(local(1, new));
    expect_served(local(2, new));
    expect_refused(local(1, old));
    // The error names the first changed setting.
    let other = TcpListener::bind(local(2, 0)).unwrap();
    let taken = other.local_addr().unwrap().port();
    client.expect_exchanges(&[
        (
            &format!("CONFIG SET bind 127.0.0.2 port {taken}"),
            NOT_BOUND,
        ),
        (&format!("CONFIG SET port {taken} bind 127.0.0.2"), IN_USE),
    ]);
    expect_served(local(1, new));
    expect_served(local(2, new));
}

#[test]
fn port_0_stops_tcp_and_another_port_starts_it_again() {
    let (first, second) = (free_port(), free_port());
    let server = TestServer::start_with(|config| {
        config.port = first;
        config.unixsocket = "redis.sock".into();
    });
    let mut connected = server.connect();
    connected.expect_exchanges(&[("CONFIG SET port 0", "+OK\r\n"), ("PING", "+PONG\r\n")]);
    expect_refused(local(1, first));
    let mut client = Client::connect_unix(&server.directory.join("redis.sock"));
    assert_eq!(client.info("tcp_port"), "0");
    client.expect_exchanges(&[(&format!("CONFIG SET port {second}"), "+OK\r\n")]);
    expect_served(local(1, second));
    expect_refused(local(1, first));
    Client::connect_unix(&server.directory.join("redis.sock"))
        .expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[test]
fn a_transaction_can_change_the_port() {
    let server = TestServer::start();
    let (old, new) = (server.address().port(), free_port());
    server.connect().expect_exchanges(&[
        ("MULTI", "+OK\r\n"),
        ("SET k v", "+QUEUED\r\n"),
        (&format!("CONFIG SET port {new}"), "+QUEUED\r\n"),
        ("GET k", "+QUEUED\r\n"),
        ("EXEC", "*3\r\n+OK\r\n+OK\r\n$1\r\nv\r\n"),
    ]);
    expect_served(local(1, new));
    expect_refused(local(1, old));
}

#[test]
fn the_port_can_be_changed_while_the_data_is_loaded() {
    let directory = TempDir::new();
    let records: Vec<Vec<u8>> = (0..300_000)
        .map(|number| encode(&["SET", &format!("key:{number}"), "value"]))
        .collect();
    directory.write("appendonly.aof", records.concat());
    let server = Process::start(&directory, &[]);
    let line = server.wait_for_line("is starting");
    let old: u16 = line.rsplit("port=").next().unwrap().parse().unwrap();
    let new = free_port();
    let mut client = Client::connect(local(1, old));
    client.expect_exchanges(&[(&format!("CONFIG SET port {new}"), "+OK\r\n")]);
    let mut other = Client::connect(local(1, new));
    expect_refused(local(1, old));
    server.wait_for_line("Ready to accept connections");
    for client in [&mut client, &mut other] {
        client.expect_exchanges(&[("DBSIZE", ":300000\r\n")]);
    }
}

#[test]
fn concurrent_changes_are_whole_and_the_last_one_stays() {
    const CHANGES: usize = 20;
    let server = TestServer::start();
    let address = server.address();
    let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
    let mut watcher = server.connect();
    let clients: Vec<Client> = ports.iter().map(|_| server.connect()).collect();
    thread::scope(|scope| {
        for (mut client, port) in clients.into_iter().zip(&ports) {
            let line = format!("CONFIG SET port {port}");
            scope.spawn(move || {
                for _ in 0..CHANGES {
                    client.expect_exchanges(&[(&line, "+OK\r\n"), ("PING", "+PONG\r\n")]);
                }
            });
        }
    });
    let last: u16 = watcher.info("tcp_port").parse().unwrap();
    assert!(ports.contains(&last));
    expect_refused(address);
    for port in ports {
        match port == last {
            true => expect_served(local(1, port)),
            false => expect_refused(local(1, port)),
        }
    }
}

#[test]
fn a_server_can_be_stopped_during_a_change_of_its_port() {
    let server = TestServer::start();
    let ports = [free_port(), free_port()];
    let mut client = server.connect();
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&has_begun);
    let changing = thread::spawn(move || {
        let mut count = 0;
        for port in ports.into_iter().cycle() {
            let line = format!("CONFIG SET port {port}\r\n");
            // The end of the connection ends this loop.
            if client.try_send(line).is_err() || client.try_reply().is_err() {
                break;
            }
            count += 1;
            begun.store(true, Ordering::Relaxed);
        }
        count
    });
    wait_for("the first change", || {
        has_begun.load(Ordering::Relaxed).then_some(())
    });
    server.stop();
    assert!(changing.join().unwrap() > 0);
    ports
        .into_iter()
        .for_each(|port| expect_refused(local(1, port)));
}

#[test]
fn all_addresses_of_ipv4_and_of_ipv6_are_listened_on_together() {
    let v6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    if TcpListener::bind((v6, 0)).is_err() {
        return skip("this machine has no IPv6");
    }
    let server = TestServer::start_with(|config| {
        config.bind = vec!["*".to_owned(), "-::*".to_owned()];
    });
    let port = server.address().port();
    expect_served(local(1, port));
    expect_served(SocketAddr::new(v6, port));
    let mut client = server.connect();
    client.expect_exchanges(&[("CONFIG SET bind ::*", "+OK\r\n")]);
    expect_refused(local(1, port));
    expect_served(SocketAddr::new(v6, port));
    client.expect_exchanges(&[("CONFIG SET bind '127.0.0.1 -::1'", "+OK\r\n")]);
    expect_served(local(1, port));
    expect_served(SocketAddr::new(v6, port));
}
