use crate::support::{Json, Page, encode};

/// Returns the figures of database 0, once it has as many keys.
fn with_keys(page: &mut Page, keys: u64) -> Json {
    page.until("the keys", |it| {
        let database = it.items("databases").first()?;
        (database.number("keys") == keys).then(|| database.clone())
    })
}

fn cells(database: &Json) -> Vec<u64> {
    let cells = database.items("cells").iter();
    cells.map(|it| it.number("")).collect()
}

/// The keys are spread over shards, each of which is a cell. FLUSHALL empties them.
#[test]
fn shards_are_cells_that_split() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    client.ask(&["SET", "k", "v"]);
    let one = with_keys(&mut page, 1);
    assert_eq!((cells(&one), one.number("next_split")), (vec![1], 0));
    let keys: Vec<String> = (0..2_000).map(|number| format!("key:{number}")).collect();
    let words = keys.iter().flat_map(|key| [key.as_str(), "v"]);
    let words: Vec<&str> = ["MSET"].into_iter().chain(words).collect();
    client.ask(&words);
    let many = with_keys(&mut page, 2_001);
    let cells = cells(&many);
    assert!(
        cells.len() > 1 && cells.iter().all(|keys| *keys > 0),
        "{cells:?}"
    );
    assert_eq!(cells.len() as u64, many.number("shards"));
    assert_eq!(cells.iter().sum::<u64>(), 2_001);
    assert!(many.number("next_split") < many.number("shards"));
    client.ask_line("SELECT 3");
    client.ask(&["SET", "k", "v"]);
    page.until("two databases", |it| {
        let databases = it.items("databases").iter();
        let numbers: Vec<u64> = databases.map(|it| it.number("number")).collect();
        (numbers == [0, 3]).then_some(())
    });
    client.ask_line("FLUSHALL");
    page.until("no database with keys", |it| {
        it.items("databases").is_empty().then_some(())
    });
}

#[test]
fn the_sweeper_is_seen_at_work() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    let keys: Vec<String> = (0..500).map(|number| format!("key:{number}")).collect();
    let requests: Vec<u8> = keys
        .iter()
        .flat_map(|key| encode(&["SET", key, "v", "PX", "700"]))
        .collect();
    client.send(requests);
    client.ask(&["SET", "stays", "v", "EX", "1000"]);
    let swept = page.until("the end of the keys", |it| {
        (it.number("sweep.removed") == 500).then(|| it.clone())
    });
    assert_eq!(swept.number("expired"), 500);
    assert!(swept.number("sweep.steps") > 0);
    let left = with_keys(&mut page, 1);
    assert_eq!(left.number("expiring"), 1);
}

/// The page names the biggest keys of each type, with their elements and bytes.
#[test]
fn the_biggest_keys_of_each_type_are_named() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    for number in 0..100 {
        client.ask(&["SET", &format!("small:{number}"), "v"]);
    }
    client.ask(&["SETRANGE", "string", "9999", "x"]);
    for line in [
        "HSET hash a 1 b 2",
        "SADD set 1 2 3",
        "ZADD zset 1 a",
        "RPUSH list a b c d",
    ] {
        client.ask_line(line);
    }
    let biggest = page.until("five types", |it| {
        let first = |name: &str| {
            let mut all = it.items("biggest").iter();
            all.find(|it| it.text("type") == name).cloned()
        };
        let found: Option<Vec<Json>> = ["string", "hash", "set", "zset", "list"]
            .map(first)
            .into_iter()
            .collect();
        found
    });
    let described: Vec<(&str, u64)> = biggest
        .iter()
        .map(|it| (it.text("key"), it.number("elements")))
        .collect();
    let expected = [
        ("string", 10_000),
        ("hash", 2),
        ("set", 3),
        ("zset", 1),
        ("list", 4),
    ];
    assert_eq!(described, expected);
    assert!(biggest[0].number("bytes") >= 10_000);
    client.ask(&["DEL", "string"]);
    page.until("another string", |it| {
        let mut strings = it.items("biggest").iter();
        let string = strings.find(|it| it.text("type") == "string")?;
        string.text("key").starts_with("small:").then_some(())
    });
}

/// Keys that begin alike are other keys, also if the page has no room for their ends.
#[test]
fn big_keys_that_begin_alike_are_shown_beside_each_other() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    let prefix = "prefix:".repeat(10);
    let long = "l".repeat(10_000);
    let tails: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    for key in tails.iter().map(|tail| format!("{prefix}{tail}")) {
        client.ask(&["SET", &key, "v"]);
    }
    for (key, length) in [(format!("{prefix}big"), 10_000), (long, 20_000)] {
        client.ask(&["SETRANGE", &key, &(length - 1).to_string(), "x"]);
    }
    let shown = page.until("the biggest keys", |sample| {
        let biggest = sample.items("biggest").iter();
        let described = biggest.map(|it| (it.text("key").to_owned(), it.number("elements")));
        let found: Vec<(String, u64)> = described.collect();
        (found.len() == 3 && found[1].1 == 10_000).then_some(found)
    });
    assert_eq!(shown[0].1, 20_000);
    assert!(shown[1].0.starts_with("prefix:") && shown[1].0.ends_with("prefix:big"));
    assert!(
        shown[2].0.starts_with("prefix:") && shown[2].1 == 1,
        "{shown:?}"
    );
    assert!(shown.iter().all(|(key, _)| key.len() <= 64), "{shown:?}");
}
