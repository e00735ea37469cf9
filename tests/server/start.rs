use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use threadbare::Server;

use crate::support::{Client, Process, TempDir, TestServer, config_in, free_port, program, run};

#[test]
fn help_and_version_are_printed_and_nothing_is_started() {
    for (option, expected) in [
        ("--help", "Usage: threadbare [FILE] [--name value ...]"),
        ("-h", "--requirepass secret"),
        ("--version", "threadbare v="),
        ("-v", "redis=7.0.15"),
    ] {
        let outcome = run(program().arg(option));
        assert_eq!(outcome.code, Some(0), "{option}");
        assert!(outcome.out.contains(expected), "{option}: {}", outcome.out);
        assert_eq!(outcome.err, "", "{option}");
    }
    let outcome = run(program().args(["--port", "7000", "--help"]));
    assert!(outcome.out.contains("Usage: threadbare"), "{outcome:?}");
}

#[test]
fn the_log_shows_the_port_and_when_clients_are_served() {
    let directory = TempDir::new();
    let server = Process::start(&directory, &[]);
    let port = server.address().port();
    let line = server.wait_for_line("is starting");
    assert!(line.contains("as Redis 7.0.15"), "{line}");
    server.wait_for_line("Ready to accept connections");
    assert_eq!(server.connect().info_number("tcp_port"), u64::from(port));
}

#[test]
fn a_port_in_use_is_an_error() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let directory = TempDir::new();
    let outcome = run(program()
        .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
        .arg("--dir")
        .arg(directory.as_os_str()));
    assert_eq!(outcome.code, Some(1));
    let expected = format!("Could not create server TCP listening socket {address}: bind: ");
    assert!(outcome.err.contains(&expected), "{}", outcome.err);
    let advice = format!(
        "try another port (--port 7000), or see who it is: ss -ltnp 'sport = :{}'\n",
        address.port()
    );
    assert!(outcome.err.ends_with(&advice), "{}", outcome.err);
}

#[test]
fn the_page_at_the_port_of_the_clients_is_an_error() {
    let port = free_port();
    let mut config = config_in(&TempDir::new());
    config.bind = vec!["127.0.0.1".to_owned()];
    (config.port, config.view.port) = (port, port);
    let error = Server::bind(config).expect_err("one port for both");
    let expected = format!(
        "Can't serve the page at 127.0.0.1:{port}, as clients are served there: give 'view-port' and \
         'port' different numbers"
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_missing_directory_is_an_error() {
    let outcome = run(program().args(["--port", "0", "--dir", "/does/not/exist"]));
    assert_eq!(outcome.code, Some(1));
    let said = outcome.out + &outcome.err;
    for expected in ["/does/not/exist", "No such file or directory"] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_damaged_file_is_an_error() {
    let directory = TempDir::new();
    directory.write("appendonly.aof", "garbage");
    let outcome = run(program()
        .args(["--port", "0", "--bind", "127.0.0.1", "--dir"])
        .arg(directory.as_os_str()));
    assert_eq!(outcome.code, Some(1));
    let said = outcome.out + &outcome.err;
    assert!(
        said.contains("at offset 0: expected '*', got 'g'"),
        "{said}"
    );
}

#[test]
fn two_servers_do_not_share_a_file() {
    let directory = Arc::new(TempDir::new());
    let first = TestServer::start_in(Arc::clone(&directory), |_| {});
    first.connect().expect_exchanges(&[("SET k v", "+OK\r\n")]);

    let outcome = run(program()
        .args(["--port", "0", "--bind", "127.0.0.1", "--dir"])
        .arg(directory.as_os_str()));
    assert_eq!(outcome.code, Some(1));
    let said = outcome.out + &outcome.err;
    assert!(said.contains("another server is using it"), "{said}");

    first.connect().expect_exchanges(&[("SET k w", "+OK\r\n")]);
    first.stop();
    let next = TestServer::start_in(directory, |_| {});
    next.connect().expect_exchanges(&[("GET k", "$1\r\nw\r\n")]);
}

#[test]
fn every_address_is_listened_on() {
    let two = ["127.0.0.1".to_owned(), "127.0.0.2".to_owned()];
    let server = TestServer::start_with(|config| config.bind = two.to_vec());
    let port = server.address().port();
    for host in [[127, 0, 0, 1], [127, 0, 0, 2]] {
        Client::connect(SocketAddr::from((host, port))).expect_exchanges(&[("PING", "+PONG\r\n")]);
    }
}

#[test]
fn an_address_that_is_missing_is_an_error_unless_it_may_be() {
    // RFC 5737 reserves this address for documentation, so no machine has it.
    let directory = TempDir::new();
    let mut config = config_in(&directory);
    config.bind = vec!["127.0.0.1".to_owned(), "203.0.113.7".to_owned()];
    let error = Server::bind(config).expect_err("no such address");
    let expected = "Could not create server TCP listening socket 203.0.113.7:";
    assert!(error.to_string().starts_with(expected), "{error}");

    let optional = ["127.0.0.1".to_owned(), "-203.0.113.7".to_owned()];
    let server = TestServer::start_with(|config| config.bind = optional.to_vec());
    server.connect().expect_exchanges(&[("PING", "+PONG\r\n")]);
}
