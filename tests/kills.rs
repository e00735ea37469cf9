//! Repeated `kill -9` while eight clients write.
//!
//! Each client sets keys of its own, numbered from 1, in batches, without waiting for replies in
//! between. After each kill the server restarts with the file. Each client's keys must then be the
//! numbers from 1 to some n, with all acknowledged ones and none that was not sent. The next round
//! goes on from there. The environment variable KILLS sets the number of rounds; the default is 20.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::support::{Client, Process, Random, Reply, TempDir, encode, from_environment};

const CLIENTS: usize = 8;

fn key(client: usize, number: u64) -> String {
    format!("client:{client}:{number}")
}

/// Up to 2 KB, so that a record can be torn.
fn value(number: u64) -> String {
    format!("{number}:{}", "x".repeat((number * 7919 % 2048) as usize))
}

/// The progress of a client in a round: the highest numbers that were sent and acknowledged.
#[derive(Clone, Copy)]
struct Progress {
    sent: u64,
    acknowledged: u64,
}

/// Writes numbers from `start` on until the server is gone. Reports acknowledged numbers to
/// `acknowledged`, batch by batch.
fn write_on(
    address: SocketAddr,
    client: usize,
    start: u64,
    acknowledged: &Sender<u64>,
) -> Progress {
    let mut random = Random::new(CLIENTS as u64 * start + client as u64);
    let mut progress = Progress {
        sent: start,
        acknowledged: start,
    };
    let Ok(mut connection) = Client::try_connect(address) else {
        return progress;
    };
    loop {
        let mut batch = Vec::new();
        let size = 1 + random.next(16);
        for _ in 0..size {
            progress.sent += 1;
            let (key, value) = (key(client, progress.sent), value(progress.sent));
            batch.extend(encode(&["SET", &key, &value]));
        }
        if connection.try_send(batch).is_err() {
            return progress;
        }
        for _ in 0..size {
            match connection.try_reply() {
                Ok(reply) => assert_eq!(reply, Reply::Simple("OK".to_owned())),
                Err(_) => return progress,
            }
            progress.acknowledged += 1;
        }
        // The receiver is gone once the server is being killed.
        let _ = acknowledged.send(size);
    }
}

/// Runs all clients, kills the server after this many acknowledged writes, and returns the progress
/// of each client.
fn write_until_killed(server: Process, found: [u64; CLIENTS], answers: u64) -> [Progress; CLIENTS] {
    let address = server.address();
    let (sender, acknowledged) = mpsc::channel();
    let writers: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let sender = sender.clone();
            thread::spawn(move || write_on(address, client, found[client], &sender))
        })
        .collect();
    // If the channel ends early, all writers have ended, and the assertions below show why.
    drop(sender);
    let mut answered = 0;
    while answered < answers {
        let Ok(size) = acknowledged.recv() else { break };
        answered += size;
    }
    server.kill();
    let progress = writers.into_iter().map(|writer| writer.join().unwrap());
    progress.collect::<Vec<_>>().try_into().ok().unwrap()
}

/// Returns how many numbers of `client` the server has. The numbers up to `known` must be there.
/// Also asks for numbers beyond `sent`.
fn count_found(connection: &mut Client, client: usize, known: u64, sent: u64) -> u64 {
    let numbers = known + 1..=sent + 16;
    let questions = numbers
        .clone()
        .map(|number| encode(&["GET", &key(client, number)]));
    let sending = connection.send_aside(questions.flatten().collect());
    let mut found = known;
    for number in numbers {
        match connection.reply() {
            Reply::Null => {}
            reply => {
                assert_eq!(found + 1, number, "client {client} lacks what came before");
                assert!(reply == Reply::Bulk(value(number).into_bytes()));
                found = number;
            }
        }
    }
    sending.join().unwrap();
    found
}

#[test]
fn a_kill_under_load_loses_no_acknowledged_write() {
    let kills = from_environment("KILLS", 20);
    let directory = TempDir::new();
    let mut random = Random::new(kills);
    let mut found = [0; CLIENTS];
    let mut acknowledged = 0;
    let mut server = Process::start(&directory, &[]);
    for _ in 0..kills {
        let answers = 1 + random.next(4000);
        let progress = write_until_killed(server, found, answers);
        server = Process::start(&directory, &[]);
        let mut connection = server.connect();
        for (
            client,
            Progress {
                sent,
                acknowledged: least,
            },
        ) in progress.into_iter().enumerate()
        {
            let before = found[client];
            found[client] = count_found(&mut connection, client, before, sent);
            assert!(
                (least..=sent).contains(&found[client]),
                "client {client}: {least} acknowledged, {sent} sent, {} found",
                found[client]
            );
            acknowledged += least - before;
        }
        // No earlier key is gone, and no other key has come.
        let keys = connection.ask(&["DBSIZE"]).integer();
        assert_eq!(keys as u64, found.iter().sum::<u64>());
    }
    println!("{kills} kills, {acknowledged} acknowledged, 0 lost");
}
