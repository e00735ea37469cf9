//! What a class can do with the page: `POST /classroom/NAME`.

use std::sync::Arc;

use super::browser::{Site, is_in, post, status, thread_of};
use crate::support::{Json, Process, TempDir, free_port, wait_for};

const ACTIONS: [(&str, &str); 5] = [
    ("/classroom/slow", "client=1&ms=0"),
    ("/classroom/disk", "ms=0"),
    ("/classroom/hold", "ms=1"),
    ("/classroom/load", "on=no"),
    ("/classroom/kill", ""),
];

#[test]
fn without_the_setting_nothing_can_be_reached() {
    let site = Site::start_with(|_| {});
    for (path, body) in ACTIONS {
        assert_eq!(status(&site.post(path, body)), 404, "{path}");
    }
    assert_eq!(site.open().sample().at("classroom"), &Json::Null);
}

#[test]
fn nothing_is_changed_by_get() {
    let site = Site::classroom();
    for (path, body) in ACTIONS {
        let response = site.get(&format!("{path}?{body}"), "");
        assert_eq!(status(&response), 405, "{path}");
        assert!(response.contains("Allow: POST"), "{response}");
    }
}

#[test]
fn a_wrong_action_is_refused_with_a_reason() {
    let site = Site::classroom();
    for (expected, name, body, reason) in [
        (400, "disk", "", "'ms' is missing"),
        (400, "disk", "ms", "'ms' must be a number from 0 to 5000"),
        (
            400,
            "disk",
            "ms=5001",
            "'ms' must be a number from 0 to 5000",
        ),
        (400, "disk", "ms=-1", "'ms' must be"),
        (400, "disk", "ms=%31", "'ms' must be"),
        (400, "disk", "ms=99999999999999999999", "'ms' must be"),
        (400, "disk", "ms=1&ms=2", "too many"),
        (400, "disk", "a&b&c&d&e&f&g&h&i", "too many"),
        (400, "hold", "ms=0", "'ms' must be a number from 1 to 10000"),
        (
            400,
            "hold",
            "ms=10001",
            "'ms' must be a number from 1 to 10000",
        ),
        (400, "load", "on=maybe", "'on' must be yes or no"),
        (400, "slow", "ms=10", "'client' is missing"),
        (409, "slow", "client=1000000&ms=10", "no client 1000000"),
        (
            409,
            "slow",
            "client=18446744073709551615&ms=10",
            "no client",
        ),
        (400, "kill", "now=yes", "too many"),
        (404, "sleep", "", "404"),
    ] {
        let response = site.post(&format!("/classroom/{name}"), body);
        assert_eq!(status(&response), expected, "{name} {body}");
        assert!(response.contains(reason), "{name} {body}: {response}");
    }
}

#[test]
fn a_slow_disk_makes_writers_wait_and_nobody_else() {
    let site = Site::classroom();
    let mut page = site.open();
    assert_eq!(status(&site.post("/classroom/disk", "ms=5000")), 204);
    let (mut writer, mut reader) = (site.server.connect(), site.server.connect());
    let name = thread_of(&mut writer);
    writer.send_line("SET key value");
    page.until("the disk in the lane of the log", |sample| {
        let is_slow = is_in(sample, "aof", "disk") && is_in(sample, &name, "waits-log");
        is_slow.then(|| assert_eq!(sample.number("classroom.disk_ms"), 5000))
    });
    assert_eq!(reader.ask_line("GET key").text(), "value");
    assert_eq!(status(&site.post("/classroom/disk", "ms=0")), 204);
    assert_eq!(writer.reply().text(), "OK");
}

#[test]
fn a_held_lock_makes_all_wait_that_need_it() {
    let site = Site::classroom();
    let (mut waiting, mut other) = (site.server.connect(), site.server.connect());
    assert_eq!(status(&site.post("/classroom/hold", "ms=1500")), 204);
    let again = wait_for("the hold", || {
        let response = site.post("/classroom/hold", "ms=1500");
        (status(&response) == 409).then_some(response)
    });
    assert!(again.contains("held already"), "{again}");
    waiting.send_line("GET key");
    assert_eq!(other.ask_line("PING").text(), "PONG");
    site.open().until("the end of the hold", |sample| {
        (sample.number("classroom.hold_ms") == 0).then_some(())
    });
    waiting.reply();
    assert_eq!(status(&site.post("/classroom/hold", "ms=10000")), 204);
    // The stop of the server ends the hold, and takes less than 10 seconds.
}

#[test]
fn the_load_is_of_ordinary_clients_and_ends_when_it_is_switched_off() {
    let site = Site::start_with(|config| {
        config.view.classroom = true;
        config.requirepass = "secret".to_owned();
    });
    let mut client = site.server.connect();
    client.ask_line("AUTH secret");
    let post = |body: &str| {
        let port = site.port;
        let request = format!(
            "POST /classroom/load HTTP/1.1\r\nHost: localhost:{port}\r\n\
             Origin: http://localhost:{port}\r\nAuthorization: Basic OnNlY3JldA==\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        status(&super::browser::exchange(port, request.as_bytes()))
    };
    assert_eq!(post("on=yes"), 204);
    assert_eq!(post("on=yes"), 204);
    wait_for("each part of the load", || {
        let clients = client.ask_line("CLIENT LIST").text();
        let found = ["writer", "reader", "sender", "worker", "counter"];
        let has = |part: &&str| clients.contains(&format!("name=load-{part} "));
        found.iter().all(has).then_some(())
    });
    wait_for("its keys", || {
        let keys = ["class:last", "class:hash", "class:set", "class:scores"];
        let found = client.ask(&["EXISTS", keys[0], keys[1], keys[2], keys[3]]);
        (found.integer() == 4).then_some(())
    });
    assert_eq!(client.info("connected_clients"), "6");
    assert_eq!(post("on=no"), 204);
    wait_for("its end", || {
        (client.info("connected_clients") == "1").then_some(())
    });
}

#[test]
fn a_load_that_the_server_refuses_ends() {
    let site = Site::classroom();
    let mut client = site.server.connect();
    client.ask_line("CONFIG SET maxclients 3");
    let refused = site.post("/classroom/load", "on=yes");
    assert_eq!(status(&refused), 409);
    assert!(refused.contains("max number of clients"), "{refused}");
    client.ask_line("CONFIG SET maxclients 100");
    // Its clients log in, and the first RPUSH finds a string.
    client.ask_line("SET class:jobs none");
    assert_eq!(status(&site.post("/classroom/load", "on=yes")), 204);
    let only_client = || (client.info("connected_clients") == "1").then_some(());
    wait_for("the end of the load", only_client);
    site.open().until("it on the page", |sample| {
        (sample.at("classroom.load") == &Json::Bool(false)).then_some(())
    });
}

#[test]
fn a_killed_server_has_all_acknowledged_writes_when_it_is_back() {
    let directory = Arc::new(TempDir::new());
    let port = free_port().to_string();
    let args = ["--view-port", &port, "--classroom", "yes"];
    let mut process = Process::start(&directory, &args);
    let mut client = process.connect();
    assert_eq!(client.ask_line("SET key value").text(), "OK");
    let port = port.parse().expect("a number");
    assert_eq!(status(&post(port, "/classroom/kill", "")), 204);
    assert_eq!(process.exit(), None, "the end by a signal");
    let process = Process::start(&directory, &args);
    assert_eq!(process.connect().ask_line("GET key").text(), "value");
    // The page is there again too.
    assert_eq!(status(&post(port, "/classroom/disk", "ms=0")), 204);
}

#[test]
fn a_running_server_becomes_no_classroom() {
    let refusal = "-ERR CONFIG SET failed (possibly related to argument 'classroom') - can't set \
                   immutable config\r\n";
    let site = Site::start_with(|_| {});
    site.server.connect().expect_exchanges(&[
        ("CONFIG SET classroom yes", refusal),
        // Tools set all that CONFIG GET tells.
        ("CONFIG SET classroom no", "+OK\r\n"),
    ]);
    assert_eq!(status(&site.post("/classroom/disk", "ms=0")), 404);
}
