use crate::support::{Client, Json, Page, encode};

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
    fill(&mut client, 0..2_000);
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
    // The next walk comes too late for this: a sample forgets deleted keys.
    let names = |sample: &Json| -> Vec<String> {
        let biggest = sample.items("biggest").iter();
        biggest.map(|it| it.text("key").to_owned()).collect()
    };
    client.ask_line("DEL string");
    page.until("no deleted key", |it| {
        let is_there = names(it).iter().any(|name| name == "string");
        (!is_there).then(|| assert!(names(it).iter().any(|name| name == "hash")))
    });
    page.until("another string", |it| {
        let mut strings = it.items("biggest").iter();
        let string = strings.find(|it| it.text("type") == "string")?;
        string.text("key").starts_with("small:").then_some(())
    });
    client.ask_line("FLUSHALL");
    let empty = page.until("no keys", |it| (it.number("keys") == 0).then(|| it.clone()));
    assert_eq!(names(&empty), [""; 0]);
}

/// Returns the cells of database 0 in which shards were split, over all samples until it has as many keys.
fn split(page: &mut Page, keys: u64) -> (Vec<u64>, Json) {
    let mut split = Vec::new();
    let last = page.until("the keys", |it| {
        let database = it.items("databases").first()?;
        split.extend(database.items("split").iter().map(|it| it.number("")));
        (cells(database).iter().sum::<u64>() == keys).then(|| database.clone())
    });
    split.sort_unstable();
    split.dedup();
    (split, last)
}

/// Sets the keys of these numbers, in one turn.
fn fill(client: &mut Client, numbers: std::ops::Range<u64>) {
    let keys: Vec<String> = numbers.map(|number| format!("key:{number}")).collect();
    let words = keys.iter().flat_map(|key| [key.as_str(), "v"]);
    let words: Vec<&str> = ["MSET"].into_iter().chain(words).collect();
    client.ask(&words);
}

/// The shards lie in the order of their keys' hashes, so a split is somewhere in the middle.
#[test]
fn the_halves_of_a_split_shard_are_named() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    client.ask_line("SET first v");
    assert_eq!(split(&mut page, 1).0, []);
    fill(&mut client, 0..2_000);
    let (halves, five) = split(&mut page, 2_001);
    assert_eq!((cells(&five).len(), halves), (5, vec![0, 1, 2, 3, 4]));
    assert_eq!(five.number("next_split"), 2);
    fill(&mut client, 2_000..2_300);
    let (halves, six) = split(&mut page, 2_301);
    assert_eq!((cells(&six).len(), halves), (6, vec![2, 3]));
    let [old, new] = [five, six].map(|it| cells(&it));
    assert!(old[2] > new[2] && old[2] > new[3], "{old:?}, then {new:?}");
    assert!(old[4] <= new[5], "{old:?}, then {new:?}");
    fill(&mut client, 0..2_300);
    assert_eq!(split(&mut page, 2_301).0, []);
}

/// A map of many shards has several in each cell.
#[test]
fn splits_of_a_big_map_are_named_by_cell() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    fill(&mut client, 0..150_000);
    let (_, before) = split(&mut page, 150_000);
    assert_eq!(cells(&before).len(), 256);
    let next = before.number("next_split");
    let shards = before.number("shards");
    assert!(shards > 256 && next > 0);
    // Each shard of the first round that is left takes a part of the cell that it lies in.
    fill(&mut client, 150_000..151_000);
    let (halves, after) = split(&mut page, 151_000);
    assert!(after.number("shards") > shards);
    let expected: Vec<u64> = (shards..after.number("shards"))
        .map(|it| it - 256)
        .collect();
    assert_eq!(halves, expected);
}

#[test]
fn all_databases_are_counted_and_the_first_ones_shown() {
    let (server, mut page) = Page::start(|config| config.databases = 30);
    let mut client = server.connect();
    for number in 0..20 {
        client.ask_line(&format!("SELECT {}", 29 - number));
        client.ask_line("SET k v");
    }
    let sample = page.until("the keys", |it| {
        (it.number("keys") == 20).then(|| it.clone())
    });
    assert_eq!(sample.number("used_databases"), 20);
    let databases = sample.items("databases").iter();
    let shown: Vec<u64> = databases.map(|it| it.number("number")).collect();
    assert_eq!(shown, (10..26).collect::<Vec<u64>>());
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
