//! Keyspace events: which, and in which order, as with Redis 7.0.15.

use crate::support::{Client, TestServer};

/// A server that publishes these classes of events, and a client that receives all of them.
struct Published {
    server: TestServer,
    listener: Client,
}

impl Published {
    fn with_classes(classes: &str) -> Published {
        let server = TestServer::start();
        let mut client = server.connect();
        let asked = ["CONFIG", "SET", "notify-keyspace-events", classes];
        assert_eq!(client.ask(&asked).text(), "OK");
        let mut listener = server.connect();
        listener.ask_line("PSUBSCRIBE __key*__:*");
        Published { server, listener }
    }

    /// Checks that the next messages are those of these events, each a name, a key and a database,
    /// on both channels, and that no other follows.
    fn expect(&mut self, events: &[(&str, &str, usize)]) {
        for (name, key, database) in events {
            let keyspace = (format!("__keyspace@{database}__:{key}"), (*name).to_owned());
            let keyevent = (format!("__keyevent@{database}__:{name}"), (*key).to_owned());
            assert_eq!([self.message(), self.message()], [keyspace, keyevent]);
        }
        self.expect_no_more();
    }

    /// Returns the channel and the payload of the next message.
    fn message(&mut self) -> (String, String) {
        let texts = self.listener.reply().texts();
        assert_eq!(&texts[..2], ["pmessage", "__key*__:*"]);
        (texts[2].clone(), texts[3].clone())
    }

    fn expect_no_more(&mut self) {
        assert_eq!(self.listener.ask_line("PING").texts(), ["pong", ""]);
    }

    /// Checks the events of each request in database 0.
    fn expect_each(&mut self, requests: &[(&str, &[(&str, &str)])]) {
        let mut client = self.server.connect();
        for (request, events) in requests {
            let error = client.ask_line(request).error().map(str::to_owned);
            assert_eq!(error, None, "{request}");
            let events: Vec<_> = events.iter().map(|(name, key)| (*name, *key, 0)).collect();
            self.expect(&events);
        }
    }
}

#[test]
fn each_change_of_a_key_is_an_event() {
    Published::with_classes("KEA").expect_each(&[
        ("SET k v EX 100", &[("set", "k"), ("expire", "k")]),
        ("GET k", &[]),
        ("GET missing", &[]),
        ("SET k v XX KEEPTTL", &[("set", "k")]),
        ("SET k v NX", &[]),
        ("PERSIST k", &[("persist", "k")]),
        ("PERSIST k", &[]),
        ("APPEND k x", &[("append", "k")]),
        ("RENAME k r", &[("rename_from", "k"), ("rename_to", "r")]),
        ("EXPIRE r -1", &[("del", "r")]),
        ("MSET a 1 b 2", &[("set", "a"), ("set", "b")]),
        ("DECR a", &[("incrby", "a")]),
        ("DEL a missing b", &[("del", "a"), ("del", "b")]),
        ("ZADD z INCR 1 m", &[("zincr", "z")]),
        ("SORT z BY nosort STORE d", &[("sortstore", "d")]),
        ("SORT missing STORE d", &[("del", "d")]),
        ("GEOADD z 1 1 p", &[("zadd", "z")]),
        ("SET k v", &[("set", "k")]),
        ("SETBIT k 0 1", &[("setbit", "k")]),
        ("SETBIT k 0 1", &[]),
        ("PFADD p a", &[("pfadd", "p")]),
    ]);
}

#[test]
fn a_key_that_loses_its_last_element_is_deleted() {
    Published::with_classes("KEA").expect_each(&[
        ("RPUSH l a b", &[("rpush", "l")]),
        ("LMOVE l m LEFT RIGHT", &[("rpush", "m"), ("lpop", "l")]),
        (
            "LMOVE l m LEFT LEFT",
            &[("lpush", "m"), ("lpop", "l"), ("del", "l")],
        ),
        ("LPOP m 5", &[("lpop", "m"), ("del", "m")]),
        ("SADD s a", &[("sadd", "s")]),
        ("SMOVE s t a", &[("srem", "s"), ("del", "s"), ("sadd", "t")]),
        ("SPOP t 3", &[("spop", "t"), ("del", "t")]),
        ("SINTERSTORE t missing", &[]),
        ("HSET h f v", &[("hset", "h")]),
        ("HDEL h f", &[("hdel", "h"), ("del", "h")]),
        ("ZADD z 1 m", &[("zadd", "z")]),
        ("ZUNIONSTORE y 1 z", &[("zunionstore", "y")]),
        ("ZPOPMAX y", &[("zpopmax", "y"), ("del", "y")]),
        (
            "ZREMRANGEBYSCORE z -inf inf",
            &[("zremrangebyscore", "z"), ("del", "z")],
        ),
    ]);
}

#[test]
fn an_expired_key_has_an_event_when_it_is_removed() {
    let mut published = Published::with_classes("KEA");
    let mut client = published.server.connect();
    client.ask_line("SET k v PX 1");
    // Nobody asks for the key.
    published.expect(&[("set", "k", 0), ("expire", "k", 0), ("expired", "k", 0)]);
}

#[test]
fn fields_of_a_hash_have_the_events_of_redis_7_4() {
    let mut published = Published::with_classes("KEA");
    published.expect_each(&[
        ("HSET h a 1 b 2 c 3", &[("hset", "h")]),
        ("HEXPIRE h 100 FIELDS 2 a b", &[("hexpire", "h")]),
        ("HPERSIST h FIELDS 1 a", &[("hpersist", "h")]),
        ("HPERSIST h FIELDS 1 a", &[]),
        ("HPEXPIREAT h 1 FIELDS 1 a", &[("hdel", "h")]),
        ("HGETDEL h FIELDS 1 b", &[("hdel", "h")]),
        (
            "HSETEX h EX 100 FIELDS 1 d 4",
            &[("hset", "h"), ("hexpire", "h")],
        ),
        ("HDEL h d", &[("hdel", "h")]),
    ]);
    let mut client = published.server.connect();
    client.ask_line("HPEXPIRE h 1 FIELDS 1 c");
    published.expect(&[("hexpire", "h", 0), ("hexpired", "h", 0), ("del", "h", 0)]);
}

#[test]
fn missing_and_new_keys_have_events_if_their_letters_are_set() {
    Published::with_classes("KEAmn").expect_each(&[
        ("GET k", &[("keymiss", "k")]),
        ("OBJECT ENCODING k", &[]),
        ("SET k v", &[("new", "k"), ("set", "k")]),
        ("SET k v", &[("set", "k")]),
        (
            "RENAME k r",
            &[("new", "r"), ("rename_from", "k"), ("rename_to", "r")],
        ),
        ("SADD s a", &[("new", "s"), ("sadd", "s")]),
        (
            "SMOVE s t a",
            &[("srem", "s"), ("del", "s"), ("new", "t"), ("sadd", "t")],
        ),
    ]);
}

#[test]
fn only_the_classes_that_are_set_are_published() {
    let mut published = Published::with_classes("Kl");
    let mut client = published.server.connect();
    for request in ["SET k v", "RPUSH l a", "LPOP l"] {
        client.ask_line(request);
    }
    for name in ["rpush", "lpop"] {
        let expected = ("__keyspace@0__:l".to_owned(), name.to_owned());
        assert_eq!(published.message(), expected);
    }
    published.expect_no_more();
    client.ask_line("CONFIG SET notify-keyspace-events A");
    client.ask_line("SET k v");
    published.expect_no_more();
}

#[test]
fn an_event_names_the_database_of_its_key() {
    let mut published = Published::with_classes("KEA");
    let mut client = published.server.connect();
    for request in ["SELECT 3", "SET k v", "COPY k c DB 5", "MOVE k 4"] {
        client.ask_line(request);
    }
    let moved = [("move_from", "k", 3), ("move_to", "k", 4)];
    published.expect(&[&[("set", "k", 3), ("copy_to", "c", 5)], &moved[..]].concat());
}

#[test]
fn the_events_of_a_served_client_follow_those_that_served_it() {
    let mut published = Published::with_classes("KEA");
    let mut waiter = published.server.connect();
    let mut client = published.server.connect();
    waiter.send_line("BLPOP l 0");
    while client.info_number("blocked_clients") == 0 {}
    for request in ["MULTI", "RPUSH l a", "SET k v", "EXEC"] {
        client.ask_line(request);
    }
    published.expect(&[
        ("rpush", "l", 0),
        ("set", "k", 0),
        ("lpop", "l", 0),
        ("del", "l", 0),
    ]);
}
