//! Traced requests: their steps from the socket to the disk and back, and slow motion.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use super::browser::{Site, wait_for_state};
use crate::support::{Client, Json, PATIENCE, Page};

fn site() -> Site {
    Site::start_with(|_| {})
}

/// Has `ask` make requests until one of them is traced for which `is_wanted` holds. Returns its event.
fn traced(page: &mut Page, mut ask: impl FnMut(), is_wanted: impl Fn(&Json) -> bool) -> Json {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (name, data) = page.event();
        match name.as_str() {
            "request" if is_wanted(&data) => return data,
            "request" => {}
            // A sample follows each quarter of a second.
            _ => ask(),
        }
        assert!(
            Instant::now() < deadline,
            "waited in vain; last was {data:?}"
        );
    }
}

/// Returns the names of the steps. Equal ones in a row count once.
fn steps(request: &Json) -> Vec<&str> {
    let steps = request.items("steps").iter();
    let mut names: Vec<_> = steps.map(|it| it.text("name")).collect();
    names.dedup();
    names
}

/// Returns whether one step comes from this place in the source.
fn has_source(request: &Json, source: &str) -> bool {
    let mut steps = request.items("steps").iter();
    steps.any(|it| it.text("source").contains(source))
}

/// Returns a test for a request of these words, whose first step is known.
fn words(line: &str) -> impl Fn(&Json) -> bool {
    let words: Vec<_> = line
        .split(' ')
        .map(|it| Json::Text(it.to_owned()))
        .collect();
    move |it| it.items("words") == words && steps(it).first() == Some(&"read")
}

#[test]
fn a_write_goes_from_the_socket_to_the_log_and_back() {
    let site = site();
    let (mut client, mut page) = (site.server.connect(), site.open());
    let ask = || assert_eq!(client.ask_line("SET key value").text(), "OK");
    let request = traced(&mut page, ask, words("SET key value"));
    let expected = [
        "read", "parse", "find", "lock", "run", "record", "free", "log", "send",
    ];
    assert_eq!(steps(&request), expected, "{request:?}");
    assert!(has_source(&request, "src/store/lock.rs: Lock::take"));
    assert_eq!(request.number("pipeline"), 1);
    assert_eq!(request.number("database"), 0);
}

#[test]
fn a_read_waits_for_no_log() {
    let site = site();
    let (mut client, mut page) = (site.server.connect(), site.open());
    client.ask_line("CLIENT SETNAME reader");
    client.ask_line("SELECT 3");
    let ask = || drop(client.ask_line("GET key"));
    let request = traced(&mut page, ask, words("GET key"));
    let expected = ["read", "parse", "find", "lock", "run", "free", "send"];
    assert_eq!(steps(&request), expected, "{request:?}");
    assert_eq!(request.text("name"), "reader");
    assert_eq!(request.number("database"), 3);
}

#[test]
fn the_commands_of_a_transaction_have_steps_of_their_own() {
    let site = site();
    let (mut client, mut page) = (site.server.connect(), site.open());
    let ask = || {
        for line in ["MULTI", "SET a 1", "INCR a", "EXEC"] {
            client.send_line(line);
        }
        (0..4).for_each(|_| drop(client.reply()));
    };
    let request = traced(&mut page, ask, words("EXEC"));
    for command in ["set", "incr"] {
        for step in ["find", "run", "record"] {
            let mut all = request
                .items("steps")
                .iter()
                .filter(|it| it.text("name") == step);
            let is_its = |it: &Json| it.get("command") == Some(&Json::Text(command.to_owned()));
            assert!(all.any(is_its), "{step} of {command} in {request:?}");
        }
    }
}

#[test]
fn the_cells_that_requests_touch_are_warm() {
    let site = site();
    let (mut client, mut page) = (site.server.connect(), site.open());
    client.ask_line("SET key value");
    // There is one shard, as soon as a sample has seen the key.
    let warm = |sample: &Json| Some(sample.items("databases").first()?.items("warm").to_vec());
    page.until("a warm cell", |sample| {
        client.ask_line("GET key");
        (warm(sample)? == [Json::Number(0.0)]).then_some(())
    });
    page.until("a cool cell", |sample| {
        warm(sample)?.is_empty().then_some(())
    });
}

#[test]
fn a_pipelined_request_waits_for_the_others() {
    let site = site();
    let (mut client, mut page) = (site.server.connect(), site.open());
    let ask = || {
        client.send("GET a\r\nGET b\r\nGET c\r\n");
        (0..3).for_each(|_| drop(client.reply()));
    };
    let request = traced(&mut page, ask, words("GET b"));
    let expected = [
        "read", "parse", "wait", "find", "lock", "run", "wait", "free", "send",
    ];
    assert_eq!(steps(&request), expected, "{request:?}");
    assert_eq!(request.number("pipeline"), 3);
}

#[test]
fn a_blocked_request_waits_for_data() {
    let site = site();
    let (mut popping, mut pushing) = (site.server.connect(), site.server.connect());
    let mut page = site.open();
    let ask = || {
        popping.send_line("BLPOP list 0");
        pushing.ask_line("RPUSH list element");
        popping.reply();
    };
    // Sometimes the element comes first.
    let is_wanted = |request: &Json| {
        words("BLPOP list 0")(request) && has_source(request, "waiting.rs: Connection::wait")
    };
    let request = traced(&mut page, ask, is_wanted);
    let expected = [
        "read", "parse", "find", "lock", "run", "wait", "run", "record", "log", "send",
    ];
    assert_eq!(steps(&request), expected, "{request:?}");
    let ask = || drop(popping.ask_line("BLPOP nothing 0.01"));
    let request = traced(&mut page, ask, words("BLPOP nothing 0.01"));
    assert_eq!(steps(&request)[5..], ["wait", "send"], "{request:?}");
}

#[test]
fn passwords_are_hidden() {
    let site = site();
    let (mut client, mut page) = (site.server.connect(), site.open());
    let ask = || drop(client.ask_line("AUTH default hush"));
    let is_wanted = words("AUTH (redacted) (redacted)");
    traced(&mut page, ask, is_wanted);
    let ask = || drop(client.ask_line("AUHT hush"));
    traced(&mut page, ask, words("AUHT"));
}

#[test]
fn a_rare_client_is_seen_beside_a_busy_one() {
    let site = site();
    let mut page = site.open();
    let is_over = AtomicBool::new(false);
    let busy = |mut client: Client| {
        while !is_over.load(Ordering::Relaxed) {
            client.send("PING\r\n".repeat(50));
            (0..50).for_each(|_| drop(client.reply()));
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            let client = site.server.connect();
            scope.spawn(|| busy(client));
        }
        let mut rare = site.server.connect();
        let ask = || drop(rare.ask_line("ECHO rare"));
        traced(&mut page, ask, words("ECHO rare"));
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn nothing_is_traced_while_nobody_watches() {
    let site = site();
    let mut client = site.server.connect();
    (0..100).for_each(|_| drop(client.ask_line("PING")));
    let mut page = site.open();
    let first = traced(&mut page, || drop(client.ask_line("PING")), |_| true);
    assert_eq!(first.number("n"), 1);
}

#[test]
fn slow_motion_shows_each_step_where_it_is() {
    let site = Site::classroom();
    let (mut slow, mut page) = (site.server.connect(), site.open());
    let id = slow.ask_line("CLIENT ID").integer();
    let name = format!("client-{id}");
    let is_over = AtomicBool::new(false);
    site.slow_down(id, 300);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                slow.ask_line("SET key value");
            }
        });
        for state in [
            "reads",
            "parses",
            "runs",
            "waits-lock",
            "holds-alone",
            "records",
            "waits-log",
            "answers",
        ] {
            wait_for_state(&mut page, &name, state);
        }
        is_over.store(true, Ordering::Relaxed);
        // Ends the sleep.
        site.slow_down(id, 0);
    });
}

/// Each step has its own sleep: those before the log and before the reply are not added up.
#[test]
fn slow_motion_counts_each_sleep_to_its_step() {
    let site = Site::classroom();
    let (mut slow, mut page) = (site.server.connect(), site.open());
    let id = slow.ask_line("CLIENT ID").integer();
    site.slow_down(id, 50);
    let ask = || assert_eq!(slow.ask_line("SET key value").text(), "OK");
    let request = traced(&mut page, ask, words("SET key value"));
    for name in [
        "read", "parse", "find", "lock", "run", "record", "log", "send",
    ] {
        let mut steps = request.items("steps").iter();
        let step = steps.find(|it| it.text("name") == name);
        let is_slow =
            step.is_some_and(|it| matches!(it.at("us"), Json::Number(us) if *us >= 50_000.0));
        assert!(is_slow, "{name} of {request:?}");
    }
}

#[test]
fn slow_motion_slows_one_client() {
    let site = Site::classroom();
    let (mut slow, mut other) = (site.server.connect(), site.server.connect());
    let mut page = site.open();
    let id = slow.ask_line("CLIENT ID").integer();
    let name = format!("client-{id}");
    site.slow_down(id, 5000);
    slow.send_line("SET key slow");
    wait_for_state(&mut page, &name, "reads");
    assert_eq!(other.ask_line("SET key other").text(), "OK");
    assert_eq!(other.ask_line("GET key").text(), "other");
    site.slow_down(id, 0);
    assert_eq!(slow.reply().text(), "OK");
    assert_eq!(other.ask_line("GET key").text(), "slow");
}

#[test]
fn slow_motion_ends_with_its_client() {
    let site = Site::classroom();
    let mut slow = site.server.connect();
    let mut page = site.open();
    let id = slow.ask_line("CLIENT ID").integer();
    site.slow_down(id, 1);
    let whose = |sample: &Json| match sample.at("classroom.slow") {
        Json::Null => None,
        slow => Some(slow.number("client")),
    };
    page.until("slow motion", |sample| {
        (whose(sample) == Some(id as u64)).then_some(())
    });
    drop(slow);
    page.until("its end", |sample| whose(sample).is_none().then_some(()));
}
