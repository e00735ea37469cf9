//! Moves between lists, and between sets, keep all elements at every moment, also through kills.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::thread;

use super::repeat;
use crate::support::{Client, Process, Random, TempDir, encode, from_environment, seed};

const MOVERS: usize = 6;
const PLACES: u64 = 10;
const ELEMENTS: u64 = 200;

/// Puts elements into the first list and the first set.
fn fill(client: &mut Client) {
    for command in ["RPUSH list:0", "SADD set:0"] {
        let elements = (0..ELEMENTS).map(|element| element.to_string());
        let words = command.split(' ').map(str::to_owned).chain(elements);
        client.ask(&words.collect::<Vec<_>>());
    }
}

/// Adds up the sizes of all lists, and of all sets, in one transaction.
fn audit(client: &mut Client) -> io::Result<()> {
    let sizes = (0..PLACES).flat_map(|place| {
        let (list, set) = (format!("list:{place}"), format!("set:{place}"));
        [encode(&["LLEN", &list]), encode(&["SCARD", &set])]
    });
    let requests = [encode(&["MULTI"])].into_iter().chain(sizes);
    let requests: Vec<_> = requests.chain([encode(&["EXEC"])]).collect();
    client.try_send(requests.concat())?;
    for _ in 1..requests.len() {
        client.try_reply()?;
    }
    let sizes = client.try_reply()?;
    let sum = |first: usize| {
        let sizes = sizes.array().iter().skip(first).step_by(2);
        sizes.map(|size| size.integer() as u64).sum::<u64>()
    };
    assert_eq!([sum(0), sum(1)], [ELEMENTS; 2], "in {sizes:?}");
    Ok(())
}

/// Returns a request that moves one element, or none.
fn random_move(random: &mut Random) -> Vec<u8> {
    let mut place = |kind: &str| format!("{kind}:{}", random.next(PLACES));
    let (list, to_list, set, to_set) = (place("list"), place("list"), place("set"), place("set"));
    let element = random.next(ELEMENTS).to_string();
    match random.next(5) {
        0 => encode(&["LMOVE", &list, &to_list, "LEFT", "RIGHT"]),
        1 => encode(&["RPOPLPUSH", &list, &to_list]),
        2 => encode(&["BLMOVE", &list, &to_list, "RIGHT", "LEFT", "0.001"]),
        _ => encode(&["SMOVE", &set, &to_set, &element]),
    }
}

/// Moves elements until the server is gone. Reports answered pipelines to `moved`.
fn move_on(address: SocketAddr, mut random: Random, moved: &Sender<()>) -> io::Result<()> {
    let mut client = Client::try_connect(address)?;
    loop {
        let requests: Vec<_> = (0..1 + random.next(8))
            .map(|_| random_move(&mut random))
            .collect();
        client.try_send(requests.concat())?;
        for _ in requests {
            client.try_reply()?;
        }
        // The receiver is gone once the server is being killed.
        let _ = moved.send(());
    }
}

/// Runs movers and an auditor, and kills the server after this many pipelines.
fn work_until_killed(server: Process, seed: u64, pipelines: usize) {
    let address = server.address();
    let (moved, counted) = mpsc::channel();
    thread::scope(|scope| {
        for mover in 0..MOVERS as u64 {
            let moved = moved.clone();
            let random = Random::new(seed.wrapping_add(mover));
            // The kill ends their work with an error.
            scope.spawn(move || move_on(address, random, &moved).is_err());
        }
        scope.spawn(move || repeat(address, audit));
        drop(moved);
        counted.iter().take(pipelines).count();
        server.kill();
    });
}

/// Checks that each element is in one list and in one set.
fn expect_all_elements(client: &mut Client) {
    for (kind, read) in [("list", vec!["0", "-1"]), ("set", vec![])] {
        let command = if kind == "list" { "LRANGE" } else { "SMEMBERS" };
        let mut found: Vec<u64> = (0..PLACES)
            .flat_map(|place| {
                let mut request = vec![command.to_owned(), format!("{kind}:{place}")];
                request.extend(read.iter().map(|word| (*word).to_owned()));
                client.ask(&request).texts()
            })
            .map(|element| element.parse().expect("a number"))
            .collect();
        found.sort_unstable();
        assert!(found.iter().copied().eq(0..ELEMENTS), "{kind}s: {found:?}");
    }
}

#[test]
fn moves_keep_all_elements_through_kills() {
    let kills = from_environment("KILLS", 3);
    let directory = TempDir::new();
    let seed = seed();
    let mut random = Random::new(seed);
    let mut server = Process::start(&directory, &[]);
    fill(&mut server.connect());
    for number in 0..kills {
        let round = seed.wrapping_add(number * MOVERS as u64);
        work_until_killed(server, round, 1 + random.index(600));
        server = Process::start(&directory, &[]);
        expect_all_elements(&mut server.connect());
    }
    println!("{kills} kills, no element lost");
}
