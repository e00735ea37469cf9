use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

use threadbare::config::{Fsync, Protected};

use super::browser::{Site, status};
use crate::support::{Json, Page, TempDir, TestServer, with_page};

/// Writes or syncs by tenths of a second, as a browser gathers them: the number of each tenth, its
/// bytes, and the bytes of its biggest.
#[derive(Default)]
struct Tenths(BTreeMap<u64, [u64; 3]>);

impl Tenths {
    fn gather(&mut self, list: &[Json]) {
        let sums = |it: &Json| ["count", "bytes", "most_bytes"].map(|name| it.number(name));
        self.0
            .extend(list.iter().map(|it| (it.number("at_us"), sums(it))));
    }

    fn count(&self) -> u64 {
        self.0.values().map(|[count, ..]| count).sum()
    }

    fn bytes(&self) -> u64 {
        self.0.values().map(|[_, bytes, _]| bytes).sum()
    }

    fn most_bytes(&self) -> u64 {
        let most = self.0.values().map(|[.., most]| *most);
        most.max().unwrap_or_default()
    }
}

/// The writes of the file are shown, and together they are the file.
#[test]
fn the_writes_of_the_file_are_shown() {
    let (server, mut page) = Page::start(|config| config.appendfsync = Fsync::No);
    let mut client = server.connect();
    for number in 0..10 {
        client.ask(&["SET", "k", &number.to_string()]);
    }
    let mut writes = Tenths::default();
    let sample = page.until("ten writes", |it| {
        writes.gather(it.items("log.recent_writes"));
        (writes.count() == 10).then(|| it.clone())
    });
    let file = fs::metadata(server.directory.aof()).unwrap().len();
    assert_eq!(writes.bytes(), file);
    assert_eq!(sample.number("log.records"), 10);
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
    let (mut writes, mut syncs) = (Tenths::default(), Tenths::default());
    let sample = page.until("a sync", |it| {
        writes.gather(it.items("log.recent_writes"));
        syncs.gather(it.items("log.recent_syncs"));
        (syncs.count() == 1 && writes.count() == 1).then(|| it.clone())
    });
    assert_eq!(syncs.bytes(), writes.bytes());
    assert!(sample.number("log.last_sync_us") > 0);
    assert_eq!(sample.number("log.unsynced_bytes"), 0);
    assert_eq!(sample.number("log.unsynced_records"), 0);
    assert_eq!(sample.number("log.unsynced_us"), 0);
    assert_eq!(sample.number("log.queued_records"), 0);
    client.ask_line("CONFIG SET appendfsync everysec");
    page.until("the policy", |it| {
        (it.text("log.policy") == "everysec").then_some(())
    });
}

/// However many writes there are between two samples, all are counted, and the biggest is known.
#[test]
fn thousands_of_writes_a_second_are_all_counted() {
    let (server, mut page) = Page::start(|config| config.appendfsync = Fsync::No);
    let mut client = server.connect();
    let big = "x".repeat(100_000);
    for number in 0..4000 {
        let value = if number == 2000 { &big } else { "v" };
        client.ask(&["SET", "k", value]);
    }
    let mut writes = Tenths::default();
    let total = page.until("all writes", |it| {
        writes.gather(it.items("log.recent_writes"));
        (it.number("log.records") == 4000).then(|| it.number("log.writes"))
    });
    assert_eq!(writes.count(), total);
    assert!((100_000..101_000).contains(&writes.most_bytes()));
}

/// While the first file is made, the data is in memory only.
#[test]
fn before_the_first_file_is_there_nothing_is_promised() {
    let site = Site::start_with(|config| {
        config.view.classroom = true;
        config.appendonly = false;
    });
    let mut page = site.open();
    let mut client = site.server.connect();
    client.ask(&["SET", "k", "v"]);
    let off = page.sample();
    assert_eq!(off.at("log.on"), &Json::Bool(false));
    assert_eq!(off.text("log.promise"), "");
    assert_eq!(status(&site.post("/classroom/disk", "ms=5000")), 204);
    client.send_line("CONFIG SET appendonly yes");
    let first = page.until("the first file in the making", |it| {
        (it.at("log.first") == &Json::Bool(true)).then(|| it.clone())
    });
    assert!(first.text("log.promise").contains("only in memory"));
    assert_eq!(status(&site.post("/classroom/disk", "ms=0")), 204);
    let on = page.until("the first file", |it| {
        (it.at("log.first") == &Json::Bool(false)).then(|| it.clone())
    });
    assert_eq!(on.at("log.on"), &Json::Bool(true));
    assert!(on.text("log.promise").contains("in the file"));
    client.reply();
}

#[test]
fn a_failed_rewrite_is_told_until_one_succeeds() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    client.ask(&["SET", "k", "v"]);
    assert_eq!(page.sample().at("log.rewrite_failed_s"), &Json::Null);
    let mut path = server.directory.aof().into_os_string();
    path.push(".rewrite");
    fs::create_dir(&path).unwrap();
    client.ask_line("BGREWRITEAOF");
    page.until("the failure", |it| {
        (it.at("log.rewrite_failed_s") != &Json::Null).then_some(())
    });
    fs::remove_dir(&path).unwrap();
    client.ask_line("BGREWRITEAOF");
    page.until("the success", |it| {
        (it.at("log.rewrite_failed_s") == &Json::Null).then_some(())
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
    clients[0].ask(&["SET", "k", &"v".repeat(1000)]);
    clients[0].ask_line("BGREWRITEAOF");
    page.until("a first rewrite", |it| {
        (it.number("log.rewrites") == 1).then_some(())
    });
    assert_eq!(status(&site.post("/classroom/disk", "ms=5000")), 204);
    clients[1].send_line("SET k w");
    let queued = page.until("a record in the queue", |it| {
        let records = it.number("log.queued_records");
        (records == 1).then(|| it.number("log.queued_bytes"))
    });
    assert_eq!(queued, 27);
    clients[0].ask_line("BGREWRITEAOF");
    let written = page.until("a running rewrite", |it| match it.at("log.rewrite") {
        Json::Null => None,
        rewrite => Some(rewrite.number("bytes")),
    });
    // It waits for the disk, and does not show the bytes of the former one.
    assert_eq!(written, 0);
    assert_eq!(status(&site.post("/classroom/disk", "ms=0")), 204);
    let done = page.until("the rewrite", |it| {
        (it.number("log.rewrites") == 2).then(|| it.clone())
    });
    assert_eq!(done.number("log.queued_records"), 0);
    assert_eq!(done.number("log.queued_bytes"), 0);
    clients[1].reply();
}

/// A file whose commands take a second or more: unions of 100,000 members.
fn slow_to_load() -> String {
    let mut file = "*100003\r\n$4\r\nSADD\r\n$1\r\na\r\n$1\r\nx\r\n".to_owned();
    for number in 0..100_000 {
        let _ = write!(file, "$6\r\n{number:06}\r\n");
    }
    file += &"*4\r\n$11\r\nZUNIONSTORE\r\n$1\r\nb\r\n$1\r\n1\r\n$1\r\na\r\n".repeat(10);
    file
}

/// Nothing is recorded while the data is loaded, which is not the same as `appendonly no`.
#[test]
fn the_page_tells_that_the_data_is_being_loaded() {
    let directory = Arc::new(TempDir::new());
    fs::write(directory.aof(), slow_to_load()).unwrap();
    let mut port = 0;
    let server = TestServer::start_in(directory, |config| port = with_page(config));
    let mut page = Page::open(port);
    assert_eq!(page.sample().at("loading"), &Json::Bool(true));
    let loaded = page.until("the end of the load", |it| {
        (it.at("loading") == &Json::Bool(false)).then(|| it.clone())
    });
    assert_eq!(loaded.at("log.on"), &Json::Bool(true));
    server.address();
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
