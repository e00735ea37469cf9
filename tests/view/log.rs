use std::fs;
use std::sync::Arc;

use threadbare::config::{Fsync, Protected};

use super::browser::{Site, status};
use crate::support::{Json, Page, TempDir, TestServer, with_page};

fn bytes(list: &[Json]) -> u64 {
    list.iter().map(|it| it.number("bytes")).sum()
}

/// Each write of the file is shown once, by its number, and together they are the file.
#[test]
fn the_writes_of_the_file_are_shown() {
    let (server, mut page) = Page::start(|config| config.appendfsync = Fsync::No);
    let mut client = server.connect();
    for number in 0..10 {
        client.ask(&["SET", "k", &number.to_string()]);
    }
    let sample = page.until("ten records", |it| {
        (it.number("log.records") == 10).then(|| it.clone())
    });
    let writes = sample.items("log.recent_writes");
    let numbers: Vec<u64> = writes.iter().map(|it| it.number("n")).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<u64>>());
    let file = fs::metadata(server.directory.aof()).unwrap().len();
    assert_eq!(bytes(writes), file);
    assert_eq!(sample.number("log.file_bytes"), file);
    assert_eq!(sample.text("log.policy"), "no");
    // Nobody syncs, so a loss of power would take all of it.
    assert_eq!(sample.number("log.unsynced_bytes"), file);
    assert_eq!(sample.number("log.unsynced_records"), 10);
    assert!(sample.number("log.unsynced_us") > 0);
    assert!(sample.items("log.recent_syncs").is_empty());
}

#[test]
fn a_sync_leaves_nothing_for_a_loss_of_power() {
    let (server, mut page) = Page::start(|config| config.appendfsync = Fsync::Always);
    let mut client = server.connect();
    client.ask(&["SET", "k", "v"]);
    let sample = page.until("a sync", |it| {
        (it.number("log.syncs") == 1).then(|| it.clone())
    });
    let syncs = sample.items("log.recent_syncs");
    assert_eq!(bytes(syncs), bytes(sample.items("log.recent_writes")));
    assert_eq!(sample.number("log.unsynced_bytes"), 0);
    assert_eq!(sample.number("log.unsynced_records"), 0);
    assert_eq!(sample.number("log.unsynced_us"), 0);
    assert_eq!(sample.number("log.queued_records"), 0);
    client.ask_line("CONFIG SET appendfsync everysec");
    page.until("the policy", |it| {
        (it.text("log.policy") == "everysec").then_some(())
    });
}

/// A transaction that sleeps holds the store's lock. The page goes on meanwhile, with the keys that it knows.
#[test]
fn samples_come_while_the_lock_is_held() {
    let (server, mut page) = Page::start(|config| config.enable_debug_command = Protected::Yes);
    let mut clients = [server.connect(), server.connect()];
    clients[0].ask(&["SET", "k", "v"]);
    page.until("the key", |it| {
        (!it.items("databases").is_empty()).then_some(())
    });
    for line in ["MULTI", "SET k w", "DEBUG SLEEP 3"] {
        clients[0].ask_line(line);
    }
    clients[0].send_line("EXEC");
    let mut is_sent = false;
    let sample = page.until("a client that waits for the lock", |it| {
        if !std::mem::replace(&mut is_sent, true) {
            clients[1].send_line("SET other v");
        }
        let mut threads = it.items("threads").iter();
        let waits = threads.any(|it| it.text("state") == "waits-lock");
        waits.then(|| it.clone())
    });
    assert_eq!(sample.items("databases")[0].number("keys"), 1);
    clients[0].reply();
}

#[test]
fn a_rewrite_is_shown_as_it_ends() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    for _ in 0..100 {
        client.ask(&["APPEND", "k", "0123456789"]);
    }
    let before = page.until("the records", |it| {
        (it.number("log.records") == 100).then(|| it.number("log.file_bytes"))
    });
    client.ask_line("BGREWRITEAOF");
    let after = page.until("the rewrite", |it| {
        (it.number("log.rewrites") == 1).then(|| it.clone())
    });
    assert!(after.number("log.file_bytes") < before);
    assert_eq!(
        after.number("log.base_bytes"),
        after.number("log.file_bytes")
    );
    assert_eq!(after.at("log.rewrite"), &Json::Null);
    assert!(after.number("log.last_rewrite_us") > 0);
    assert_eq!(after.number("log.unsynced_bytes"), 0);
}

/// What waits behind a slow disk is counted, and a rewrite shows how far it has come.
#[test]
fn records_and_a_rewrite_wait_for_a_slow_disk() {
    let site = Site::classroom();
    let mut page = Page::open(site.port);
    let mut clients = [site.server.connect(), site.server.connect()];
    clients[0].ask(&["SET", "k", "v"]);
    assert_eq!(status(&site.post("/classroom/disk", "ms=5000")), 204);
    clients[1].send_line("SET k w");
    let queued = page.until("a record in the queue", |it| {
        let records = it.number("log.queued_records");
        (records == 1).then(|| it.number("log.queued_bytes"))
    });
    assert_eq!(queued, 27);
    clients[0].ask_line("BGREWRITEAOF");
    page.until("a running rewrite", |it| match it.at("log.rewrite") {
        Json::Null => None,
        rewrite => Some(rewrite.number("us")),
    });
    assert_eq!(status(&site.post("/classroom/disk", "ms=0")), 204);
    let done = page.until("the rewrite", |it| {
        (it.number("log.rewrites") == 1).then(|| it.clone())
    });
    assert_eq!(done.number("log.queued_records"), 0);
    assert_eq!(done.number("log.queued_bytes"), 0);
    clients[1].reply();
}

/// After a crash the page tells what was found again, and what was cut off.
#[test]
fn the_page_tells_what_was_recovered() {
    let directory = Arc::new(TempDir::new());
    let whole = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    fs::write(directory.aof(), format!("{whole}{whole}*3\r\n$3\r\nSET")).unwrap();
    let mut port = 0;
    let server = TestServer::start_in(directory, |config| port = with_page(config));
    server.address();
    let sample = Page::open(port).sample();
    let recovered = ["keys", "records", "bytes", "cut_bytes"]
        .map(|name| sample.number(&format!("recovered.{name}")));
    let length = whole.len() as u64;
    assert_eq!(recovered, [1, 2, 2 * length, 11]);
}
