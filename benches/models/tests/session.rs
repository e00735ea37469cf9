//! Runs the same session with every model and with threadbare itself.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use support::{Client, Server, comes_true, each_model_within, each_server};

const MEGABYTE: usize = 1024 * 1024;

/// Encodes a request as clients send it.
fn request(args: &[&str]) -> String {
    let bulks: String = args.iter().map(|arg| bulk(arg)).collect();
    format!("*{}\r\n{bulks}", args.len())
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

#[test]
fn commands_are_understood_wherever_they_are_split() {
    each_server(|server| {
        let mut client = server.connect();
        let set = request(&["SET", "key", "value"]);
        for at in 1..set.len() {
            client.send(&set[..at]).unwrap();
            // The server must have read the first half to answer another client.
            server.connect().exchange("PING\r\n", "+PONG\r\n");
            client.exchange(&set[at..], "+OK\r\n");
        }
        client.exchange(request(&["GET", "key"]), bulk("value"));
    });
}

#[test]
fn a_pipeline_is_answered_in_order() {
    each_server(|server| {
        let (mut requests, mut replies) = (String::new(), String::new());
        for number in 0..500 {
            let value = format!("value {number}");
            requests += &request(&["SET", "key", &value]);
            requests += &request(&["GET", "key"]);
            replies += "+OK\r\n";
            replies += &bulk(&value);
        }
        server.connect().exchange(requests, replies);
    });
}

#[test]
fn hashes_inline_commands_and_mistakes_are_answered() {
    each_server(|server| {
        let mut client = server.connect();
        client.exchange(request(&["HSET", "h", "field", "value"]), ":1\r\n");
        let all = format!("*2\r\n{}{}", bulk("field"), bulk("value"));
        client.exchange(request(&["HGETALL", "h"]), all);
        client.exchange("ECHO \"two words\"\r\n", bulk("two words"));
        client.exchange(
            request(&["GET"]),
            "-ERR wrong number of arguments for 'get' command\r\n",
        );
        client.exchange(request(&["HGET", "h", "other"]), "$-1\r\n");
    });
}

#[test]
fn big_values_pass_both_ways() {
    each_server(|server| {
        let mut client = server.connect();
        let value: String = ('a'..='z').cycle().take(MEGABYTE).collect();
        client.exchange(request(&["SET", "big", &value]), "+OK\r\n");
        client.exchange(request(&["GET", "big"]), bulk(&value));
        // Pipelines small requests between big ones, so that reads end anywhere.
        let set = request(&["SET", "big", &value]) + "PING\r\n" + &request(&["GET", "big"]);
        let replies = "+OK\r\n+PONG\r\n".to_owned() + &bulk(&value);
        client.exchange(set.repeat(5), replies.repeat(5));
    });
}

#[test]
fn a_client_that_asks_for_much_at_once_gets_all_of_it() {
    each_server(|server| {
        let mut client = server.connect();
        // As much as is sent at a time.
        let value = "x".repeat(64 * 1024);
        client.exchange(request(&["SET", "key", &value]), "+OK\r\n");
        client.exchange(request(&["GET", "key"]).repeat(50), bulk(&value).repeat(50));
    });
}

#[test]
fn a_protocol_error_closes_after_the_replies_before_it() {
    each_server(|server| {
        let mut client = server.connect();
        let set = request(&["SET", "key", "value"]);
        client.send(set + "*1\r\n!\r\n").unwrap();
        client.expect_end("+OK\r\n-ERR Protocol error: expected '$', got '!'\r\n");
    });
}

#[test]
fn quit_closes_after_its_reply() {
    each_server(|server| {
        let mut client = server.connect();
        let set = request(&["SET", "key", "value"]);
        client.send(set + "QUIT\r\nPING\r\n").unwrap();
        client.expect_end("+OK\r\n+OK\r\n");
    });
}

#[test]
fn a_client_that_half_closes_gets_its_replies() {
    each_server(|server| {
        let mut client = server.connect();
        client
            .send(request(&["SET", "key", "value"]).repeat(300))
            .unwrap();
        client.half_close();
        client.expect_end(&"+OK\r\n".repeat(300));
    });
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody() {
    each_server(|server| {
        let mut other = server.connect();
        let value = "x".repeat(MEGABYTE);
        other.exchange(request(&["SET", "big", &value]), "+OK\r\n");
        let mut client = server.connect();
        // The replies exceed the sockets' buffers.
        client.send(request(&["GET", "big"]).repeat(50)).unwrap();
        for _ in 0..10 {
            other.exchange(request(&["SET", "small", "x"]), "+OK\r\n");
        }
        client.expect(bulk(&value).repeat(50));
    });
}

#[test]
fn a_hundred_clients_each_see_their_own_writes() {
    each_server(|server| {
        thread::scope(|scope| {
            for number in 0..100 {
                let mut client = server.connect();
                scope.spawn(move || count_up(&mut client, &format!("counter:{number}")));
            }
        });
        server.connect().exchange("DBSIZE\r\n", ":100\r\n");
    });
}

fn count_up(client: &mut Client, key: &str) {
    for count in 0..20 {
        let count = count.to_string();
        client.exchange(request(&["SET", key, &count]), "+OK\r\n");
        client.exchange(request(&["GET", key]), bulk(&count));
    }
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    each_server(|mut server| {
        let acknowledged: Vec<AtomicUsize> = (0..8).map(|_| AtomicUsize::new(0)).collect();
        thread::scope(|scope| {
            for (number, count) in acknowledged.iter().enumerate() {
                let client = server.connect();
                scope.spawn(move || write_until_killed(client, number, count));
            }
            let many = |it: &AtomicUsize| it.load(Ordering::Relaxed) >= 300;
            let has_worked = comes_true(|| acknowledged.iter().all(many));
            // Kills the server before an assertion can fail: the writers end with it.
            server.kill();
            assert!(has_worked, "writes that are not answered");
        });
        server.restart();
        for (number, count) in acknowledged.iter().enumerate() {
            check_writes(&server, number, count.load(Ordering::Relaxed));
        }
    });
}

/// Sets key after key, alone and in pipelines; `count` counts the acknowledged SETs.
fn write_until_killed(mut client: Client, number: usize, count: &AtomicUsize) {
    let mut written = 0;
    for batch in [1, 10].into_iter().cycle() {
        let set = |key| request(&["SET", &format!("{number}:{key}"), "value"]);
        let requests: String = (written..written + batch).map(set).collect();
        if client.send(requests).is_err() {
            return;
        }
        for _ in 0..batch {
            if !client.hears(b"+OK\r\n") {
                return;
            }
            written += 1;
            count.store(written, Ordering::Relaxed);
        }
    }
}

fn check_writes(server: &Server, number: usize, count: usize) {
    let get = |key| request(&["GET", &format!("{number}:{key}")]);
    let requests: String = (0..count).map(get).collect();
    server
        .connect()
        .exchange(requests, bulk("value").repeat(count));
}

#[test]
fn a_write_that_is_not_in_the_file_is_not_acknowledged() {
    // The limit stands for a disk with room for a few KB.
    each_model_within("-f 8", |server| {
        let mut client = server.connect();
        let value = "x".repeat(MEGABYTE);
        client.exchange(request(&["SET", "small", "x"]), "+OK\r\n");
        client
            .send(request(&["SET", "big", &value]) + "PING\r\n")
            .unwrap();
        let mut other = server.connect();
        assert!(comes_true(|| {
            other.info().contains("aof_last_write_status:err")
        }));
        other.exchange("DBSIZE\r\n", ":2\r\n");
        assert!(client.has_heard_nothing());
        // After some seconds of failed writes the server disconnects the client.
        client.expect_end("");
    });
}

#[test]
fn shutdown_keeps_what_was_written() {
    each_server(|mut server| {
        server
            .connect()
            .exchange(request(&["SET", "key", "value"]), "+OK\r\n");
        server.connect().send("SHUTDOWN\r\n").unwrap();
        server.wait_for_end();
        server.restart();
        server
            .connect()
            .exchange(request(&["GET", "key"]), bulk("value"));
    });
}

#[test]
fn the_file_is_rewritten_when_that_is_asked_for() {
    each_server(|mut server| {
        let mut client = server.connect();
        for _ in 0..100 {
            client.exchange(request(&["SET", "key", "value"]), "+OK\r\n");
        }
        client.exchange(
            "BGREWRITEAOF\r\n",
            "+Background append only file rewriting started\r\n",
        );
        assert!(comes_true(|| {
            let info = client.info();
            info.contains("aof_rewrites:1") && info.contains("aof_rewrite_in_progress:0")
        }));
        server.kill();
        server.restart();
        server
            .connect()
            .exchange(request(&["GET", "key"]), bulk("value"));
    });
}

#[test]
fn who_comes_while_there_are_no_descriptors_is_served_when_others_have_gone() {
    each_model_within("-n 50", |server| {
        let mut clients: Vec<Client> = (0..60).map(|_| server.connect()).collect();
        for client in &mut clients {
            client.send("PING\r\n").unwrap();
        }
        // All accepted clients leave, and no new client connects.
        clients[0].expect("+PONG\r\n");
        clients.drain(..50);
        for client in &mut clients {
            client.expect("+PONG\r\n");
        }
    });
}
