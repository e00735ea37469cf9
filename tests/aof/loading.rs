//! Replies to clients while the data is being loaded.

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;

use threadbare::client::outbox::Outbox;
use threadbare::client::session::Session;
use threadbare::engine::Engine;
use threadbare::logger::Logger;
use threadbare::server::connection;
use threadbare::state::ServerState;
use threadbare::sys::Stream;
use threadbare::{Config, Level, Server};

use crate::support::{Client, TempDir, TestServer, config_in, encode};

const LOADING: &str = "-LOADING Redis is loading the dataset in memory\r\n";

/// An engine in the loading state.
fn loading_engine() -> Arc<Engine> {
    let logger = Arc::new(Logger::open(Path::new(""), Level::Nothing).unwrap());
    let state = ServerState::new(Config::default(), logger, mpsc::channel().0);
    state.loading.begin(1000);
    Arc::new(Engine::new(Arc::new(state)))
}

/// A client of that engine.
fn connect(engine: &Arc<Engine>) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::connect(listener.local_addr().unwrap());
    let (stream, _) = listener.accept().unwrap();
    let engine = Arc::clone(engine);
    thread::spawn(move || {
        let outbox = Arc::new(
            Outbox::new("client".to_owned(), Stream::Tcp(stream), Arc::default()).unwrap(),
        );
        let session = Session::new(
            Arc::new(threadbare::client::Client::detached()),
            Arc::default(),
        );
        connection::serve(&engine, &outbox, session);
    });
    client
}

#[test]
fn commands_that_need_the_data_are_refused_until_it_is_there() {
    let engine = loading_engine();
    let mut client = connect(&engine);
    client.expect_exchanges(&[
        ("PING", LOADING),
        ("GET k", LOADING),
        ("SET k v", LOADING),
        ("DBSIZE", LOADING),
        ("SELECT 1", "+OK\r\n"),
        ("CLIENT GETNAME", "$-1\r\n"),
        // A wrong request gets its own error first.
        (
            "GET",
            "-ERR wrong number of arguments for 'get' command\r\n",
        ),
        ("MULTI", "+OK\r\n"),
        ("SET k v", LOADING),
        (
            "EXEC",
            "-EXECABORT Transaction discarded because of previous errors.\r\n",
        ),
    ]);
    engine.state().loading.end();
    client.expect_exchanges(&[("PING", "+PONG\r\n"), ("GET k", "$-1\r\n")]);
}

#[test]
fn the_directory_is_not_changed_while_data_is_loaded_from_it() {
    let engine = loading_engine();
    let mut client = connect(&engine);
    client.expect_exchanges(&[("CONFIG SET dir /", LOADING)]);
}

#[test]
fn the_log_is_not_switched_while_it_is_loaded() {
    let engine = loading_engine();
    let mut client = connect(&engine);
    client.expect_exchanges(&[
        ("CONFIG SET appendonly yes", "+OK\r\n"),
        (
            "CONFIG SET appendonly no",
            "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - the dataset is \
             being loaded\r\n",
        ),
        ("CONFIG SET appendonly yes maxclients 10", "+OK\r\n"),
        (
            "CONFIG GET maxclients",
            "*2\r\n$10\r\nmaxclients\r\n$2\r\n10\r\n",
        ),
    ]);
}

#[test]
fn info_tells_how_far_the_loading_is() {
    let engine = loading_engine();
    engine.state().loading.advance(250);
    let mut client = connect(&engine);
    assert_eq!(client.info("loading"), "1");
    assert_eq!(client.info("loading_total_bytes"), "1000");
    assert_eq!(client.info("loading_loaded_bytes"), "250");
    assert_eq!(client.info("loading_loaded_perc"), "25.00");
    assert!(client.info_number("loading_start_time") > 1_600_000_000);
    client.info_number("loading_eta_seconds");
    engine.state().loading.end();
    assert_eq!(client.info("loading"), "0");
    assert!(!client.ask(&["INFO"]).text().contains("loading_"));
}

#[test]
fn a_server_can_be_stopped_before_it_has_its_data() {
    let directory = TempDir::new();
    // Both passes would find the file damaged.
    let content = [encode(&["SET", "k", "v"]), b"garbage".to_vec()].concat();
    directory.write("appendonly.aof", &content);
    let server = Server::bind(config_in(&directory)).unwrap();
    server.handle().shutdown();
    server.run().expect("a stop in good order");
    assert!(directory.aof_bytes() == content);
}

#[test]
fn a_server_that_is_ready_says_so() {
    let server = TestServer::start();
    let mut client = server.connect();
    assert_eq!(client.info("loading"), "0");
}
