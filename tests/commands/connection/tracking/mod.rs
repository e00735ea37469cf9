mod options;

use std::collections::HashMap;
use std::thread;

use threadbare::config::Fsync;

use crate::support::{Client, Reply, TestServer, wait_for};

const OK: &str = "+OK\r\n";

/// Connects a client that speaks RESP3 and tracks keys with these options.
fn tracker(server: &TestServer, options: &str) -> Client {
    let mut client = server.connect();
    client.ask_line("HELLO 3");
    client.expect_exchanges(&[(&format!("CLIENT TRACKING ON {options}"), OK)]);
    client
}

/// Returns the message of RESP3 that `keys` have changed.
fn invalidate(keys: &[&str]) -> String {
    let keys: String = keys.iter().map(|it| bulk(it)).collect::<Vec<_>>().concat();
    let count = keys.matches('$').count();
    format!(">2\r\n$10\r\ninvalidate\r\n*{count}\r\n{keys}")
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

#[test]
fn a_reader_is_told_once_that_a_key_has_changed() {
    let server = TestServer::start();
    let mut reader = tracker(&server, "");
    let mut writer = server.connect();
    reader.expect_exchanges(&[("MGET a b", "*2\r\n_\r\n_\r\n")]);
    writer.ask_line("MSET a 1 c 1");
    reader.expect(invalidate(&["a"]));
    writer.ask_line("SET a 2");
    reader.expect_exchanges(&[("GET a", "$1\r\n2\r\n")]);
    writer.ask_line("RENAME a b");
    reader.expect(invalidate(&["a"]));
    reader.expect(invalidate(&["b"]));
    // A request that fails has read the key, too.
    reader.ask_line("LRANGE b 0 -1");
    writer.ask_line("EXPIRE b 100");
    reader.expect(invalidate(&["b"]));
    reader.expect_exchanges(&[
        ("CLIENT TRACKING OFF", OK),
        ("GET b", "$1\r\n2\r\n"),
        ("CLIENT TRACKING ON", OK),
    ]);
    writer.ask_line("SET b 1");
    reader.expect_exchanges(&[("PING", "+PONG\r\n")]);
}

#[test]
fn a_client_is_told_of_its_own_changes_after_its_replies() {
    let server = TestServer::start();
    let mut client = tracker(&server, "");
    client.send("GET a\r\nSET a 1\r\nPING\r\n");
    client.expect("_\r\n+OK\r\n+PONG\r\n");
    client.expect(invalidate(&["a"]));
    client.send("MULTI\r\nGET a\r\nINCR a\r\nGET a\r\nEXEC\r\n");
    client.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$1\r\n1\r\n:2\r\n$1\r\n2\r\n");
    client.expect(invalidate(&["a"]));
    // The last GET of the transaction has made the client a reader again.
    client.expect_exchanges(&[("DEL a", ":1\r\n")]);
    client.expect(invalidate(&["a"]));

    let mut quiet = tracker(&server, "NOLOOP");
    quiet.expect_exchanges(&[
        ("GET a", "_\r\n"),
        ("SET a 1", OK),
        ("GET a", "$1\r\n1\r\n"),
    ]);
    client.ask_line("SET a 2");
    quiet.expect(invalidate(&["a"]));
}

#[test]
fn broadcast_tells_of_all_keys_with_a_prefix() {
    let server = TestServer::start();
    let mut all = tracker(&server, "BCAST");
    let mut some = tracker(&server, "BCAST PREFIX a: PREFIX b: NOLOOP");
    let mut writer = server.connect();
    writer.ask_line("MSET b:1 1 a:2 1 c 1 a:1 1 a:2 2");
    some.expect(invalidate(&["a:1", "a:2"]));
    some.expect(invalidate(&["b:1"]));
    all.expect(invalidate(&["a:1", "a:2", "b:1", "c"]));
    for request in ["MULTI", "INCR a:1", "INCR a:2", "EXEC"] {
        writer.ask_line(request);
    }
    some.expect(invalidate(&["a:1", "a:2"]));
    all.expect(invalidate(&["a:1", "a:2"]));
    some.expect_exchanges(&[
        ("SET a:1 x", OK),
        ("CLIENT TRACKING ON BCAST PREFIX d:", OK),
    ]);
    writer.ask_line("SET d:1 1");
    some.expect(invalidate(&["d:1"]));
    some.expect_exchanges(&[("SET a:1 x", OK)]);
    some.expect(invalidate(&["a:1"]));
    all.expect(invalidate(&["a:1"]));
}

#[test]
fn optin_and_optout_ask_for_each_request() {
    let server = TestServer::start();
    let mut client = tracker(&server, "OPTIN");
    let mut writer = server.connect();
    client.ask_line("GET a");
    client.expect_exchanges(&[("CLIENT CACHING YES", OK)]);
    client.ask_line("GET b");
    client.ask_line("GET c");
    writer.ask_line("MSET a 1 b 1 c 1");
    client.expect(invalidate(&["b"]));
    // It is about a whole transaction.
    client.send("CLIENT CACHING YES\r\nMULTI\r\nGET a\r\nGET b\r\nEXEC\r\nGET c\r\n");
    (0..6).for_each(|_| drop(client.reply()));
    writer.ask_line("MSET c 2 b 2 a 2");
    client.expect(invalidate(&["b"]));
    client.expect(invalidate(&["a"]));

    let mut client = tracker(&server, "OPTOUT");
    client.ask_line("GET a");
    client.expect_exchanges(&[("CLIENT CACHING NO", OK)]);
    client.ask_line("GET b");
    client.ask_line("GET c");
    writer.ask_line("MSET a 1 b 1 c 1");
    client.expect(invalidate(&["a"]));
    client.expect(invalidate(&["c"]));
}

#[test]
fn messages_go_to_another_client() {
    let server = TestServer::start();
    let mut receiver = server.connect();
    let id = receiver.ask_line("CLIENT ID").integer();
    let mut reader = server.connect();
    let mut writer = server.connect();
    reader.expect_exchanges(&[
        (&format!("CLIENT TRACKING ON REDIRECT {id}"), OK),
        ("CLIENT GETREDIR", &format!(":{id}\r\n")),
        ("GET a", "$-1\r\n"),
    ]);
    // In RESP2 only a subscriber can receive messages.
    writer.ask_line("SET a 1");
    receiver.ask_line("SUBSCRIBE __redis__:invalidate");
    reader.ask_line("GET a");
    writer.ask_line("SET a 2");
    let head = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";
    receiver.expect(format!("{head}*1\r\n$1\r\na\r\n"));
    writer.ask_line("FLUSHALL");
    receiver.expect(format!("{head}$-1\r\n"));
    receiver.ask_line("UNSUBSCRIBE");
    receiver.ask_line("HELLO 3");
    reader.ask_line("GET a");
    writer.ask_line("SET a 2");
    receiver.expect(invalidate(&["a"]));
}

#[test]
fn a_client_is_told_that_the_receiver_of_its_messages_is_gone() {
    let server = TestServer::start();
    let mut receiver = server.connect();
    let id = receiver.ask_line("CLIENT ID").integer();
    let mut reader = tracker(&server, &format!("REDIRECT {id}"));
    reader.ask_line("GET a");
    receiver.expect_exchanges(&[("QUIT", OK)]);
    let mut writer = server.connect();
    writer.ask_line("SET a 1");
    reader.expect(format!(">2\r\n$21\r\ntracking-redir-broken\r\n:{id}\r\n"));
    let info = reader.ask_line("CLIENT TRACKINGINFO");
    assert_eq!(info.array()[1].texts(), ["on", "broken_redirect"]);
    let own = reader.ask_line("CLIENT INFO").text();
    assert!(
        own.contains(" flags=tR ") && own.contains(&format!(" redir={id} ")),
        "{own}"
    );
    let gone = format!("CLIENT TRACKING ON REDIRECT {id}");
    let error = "-ERR The client ID you want redirect to does not exist\r\n";
    reader.expect_exchanges(&[(&gone, error), ("CLIENT TRACKING ON", OK)]);
    let own = reader.ask_line("CLIENT INFO").text();
    assert!(
        own.contains(" flags=t ") && own.contains(" redir=0 "),
        "{own}"
    );
}

#[test]
fn flushing_makes_all_keys_invalid() {
    const NULL: &str = ">2\r\n$10\r\ninvalidate\r\n_\r\n";
    let server = TestServer::start();
    let mut reader = tracker(&server, "NOLOOP");
    let mut broadcast = tracker(&server, "BCAST PREFIX x");
    let mut writer = server.connect();
    reader.ask_line("GET a");
    writer.ask_line("FLUSHALL");
    reader.expect(NULL);
    broadcast.expect(NULL);
    reader.ask_line("GET a");
    assert_eq!(writer.info_number("tracking_total_keys"), 1);
    reader.send("MULTI\r\nSET b 1\r\nFLUSHDB\r\nEXEC\r\n");
    reader.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n");
    reader.expect(NULL);
    broadcast.expect(NULL);
    assert_eq!(writer.info_number("tracking_total_keys"), 0);
}

#[test]
fn a_reader_is_told_that_a_key_has_expired() {
    let server = TestServer::start();
    let mut reader = tracker(&server, "");
    // In a transaction, the key cannot expire before it is read.
    reader.send("MULTI\r\nSET a 1 PX 1\r\nGET a\r\nEXEC\r\n");
    reader.expect("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\n1\r\n");
    reader.expect(invalidate(&["a"]));
    let mut broadcast = tracker(&server, "BCAST NOLOOP");
    broadcast.expect_exchanges(&[("SET a 1 PX 1", OK)]);
    broadcast.expect(invalidate(&["a"]));
}

#[test]
fn a_waiting_client_receives_messages_and_its_own_after_the_answer() {
    let server = TestServer::start_with(|config| config.appendfsync = Fsync::Always);
    let mut waiting = tracker(&server, "");
    let mut other = server.connect();
    // In one turn: the client reads, and then waits.
    waiting.send("LRANGE to 0 -1\r\nGET k\r\nBLMOVE from to LEFT LEFT 0\r\n");
    waiting.expect("*0\r\n_\r\n");
    wait_for("the client to wait", || {
        (other.info_number("blocked_clients") == 1).then_some(())
    });
    other.ask_line("SET k 1");
    waiting.expect(invalidate(&["k"]));
    other.ask_line("RPUSH from x");
    waiting.expect("$1\r\nx\r\n");
    waiting.expect(invalidate(&["to"]));
}

#[test]
fn messages_come_in_spite_of_client_reply_off() {
    let server = TestServer::start();
    let mut reader = tracker(&server, "");
    let mut writer = server.connect();
    reader.ask_line("GET a");
    reader.send("CLIENT REPLY OFF\r\nGET b\r\n");
    wait_for("the second read", || {
        (writer.info_number("tracking_total_keys") == 2).then_some(())
    });
    writer.ask_line("MSET a 1 b 1");
    reader.expect(invalidate(&["a"]));
    reader.expect(invalidate(&["b"]));
    reader.expect_exchanges(&[("CLIENT REPLY ON", OK)]);
}

#[test]
fn the_table_has_no_more_keys_than_the_setting_allows() {
    let server = TestServer::start();
    let mut reader = tracker(&server, "NOLOOP");
    let mut admin = server.connect();
    for number in 0..100 {
        reader.ask_line(&format!("GET k{number}"));
    }
    let counts = |admin: &mut Client| {
        ["clients", "total_keys", "total_items", "total_prefixes"]
            .map(|name| admin.info_number(&format!("tracking_{name}")))
    };
    assert_eq!(counts(&mut admin), [1, 100, 100, 0]);
    admin.ask_line("CONFIG SET tracking-table-max-keys 60");
    let mut told = Vec::new();
    let mut read = |reader: &mut Client| told.extend(reader.reply().array()[1].texts());
    (0..40).for_each(|_| read(&mut reader));
    assert_eq!(counts(&mut admin), [1, 60, 60, 0]);
    reader.expect_exchanges(&[("MGET new1 new2", "*2\r\n_\r\n_\r\n")]);
    (0..2).for_each(|_| read(&mut reader));
    assert_eq!(counts(&mut admin), [1, 60, 60, 0]);
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 42);
    drop(reader);
    wait_for("the reader to be forgotten", || {
        (counts(&mut admin) == [0; 4]).then_some(())
    });
}

/// A message that overtook the reply to an older read would leave an old value in the cache.
#[test]
fn a_cache_never_keeps_an_old_value() {
    const KEYS: usize = 20;
    const WRITES: usize = 4000;
    let server = TestServer::start();
    let mut reader = tracker(&server, "");
    let mut writer = server.connect();
    let writer = thread::spawn(move || {
        for number in 0..WRITES {
            writer.ask_line(&format!("SET k{} {number}", number % KEYS));
        }
        writer
    });
    let mut cache: HashMap<usize, String> = HashMap::new();
    while !writer.is_finished() {
        let missing: Vec<usize> = (0..KEYS).filter(|key| !cache.contains_key(key)).collect();
        for key in &missing {
            reader.send_line(&format!("GET k{key}"));
        }
        reader.send_line("PING");
        let mut asked = missing.into_iter();
        loop {
            match reader.reply() {
                Reply::Simple(_) => break,
                Reply::Array(message) => {
                    let key = message[1].array()[0].text();
                    cache.remove(&key[1..].parse().unwrap());
                }
                Reply::Null => drop(asked.next()),
                value => drop(cache.insert(asked.next().unwrap(), value.text())),
            }
        }
    }
    let mut writer = writer.join().unwrap();
    reader.send_line("PING");
    while let Reply::Array(message) = reader.reply() {
        cache.remove(&message[1].array()[0].text()[1..].parse().unwrap());
    }
    for (key, value) in cache {
        assert_eq!(
            writer.ask_line(&format!("GET k{key}")).text(),
            value,
            "k{key}"
        );
    }
}
