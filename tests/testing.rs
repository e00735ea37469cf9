//! The server that other programs' tests start in their process.

use std::path::PathBuf;
use std::thread;

use threadbare::testing::TestServer;

use crate::support::Client;

fn connect(server: &TestServer) -> Client {
    Client::connect(server.address())
}

fn directory(server: &TestServer) -> PathBuf {
    let reply = connect(server).ask(&["CONFIG", "GET", "dir"]);
    PathBuf::from(&reply.texts()[1])
}

#[test]
fn servers_in_parallel_share_no_data() {
    let (one, other) = (TestServer::start(), TestServer::start());
    connect(&one).expect_exchanges(&[("SET k v", "+OK\r\n"), ("GET k", "$1\r\nv\r\n")]);
    connect(&other).expect_exchanges(&[("GET k", "$-1\r\n")]);
    assert_ne!(directory(&one), directory(&other));
}

#[test]
fn the_url_names_the_address() {
    let server = TestServer::start();
    assert_eq!(server.url(), format!("redis://{}", server.address()));
}

#[test]
fn a_configuration_can_be_changed() {
    let server = TestServer::start_with(|config| config.requirepass = "secret".to_owned());
    let reply = connect(&server).ask(&["GET", "k"]);
    assert_eq!(reply.error(), Some("NOAUTH Authentication required."));
}

#[test]
fn a_dropped_server_is_gone_with_its_directory() {
    let server = TestServer::start();
    let (address, directory) = (server.address(), directory(&server));
    assert!(directory.join("appendonly.aof").exists());
    drop(server);
    assert!(!directory.exists());
    assert!(Client::try_connect(address).is_err());
}

#[test]
fn a_test_that_panics_leaves_no_directory() {
    let server = TestServer::start();
    let directory = directory(&server);
    let test = thread::spawn(move || {
        let _server = server;
        panic!("on purpose: a test that fails");
    });
    assert!(test.join().is_err());
    assert!(!directory.exists());
}
