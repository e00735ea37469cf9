//! Transfers between accounts keep the total sum, also through kills.
//!
//! Each transfer reads two balances under WATCH and sets both in a transaction, and repeats that
//! until no other client has interfered. The transaction also counts the teller's transfers. After
//! a kill, the count shows whether an acknowledged transfer is lost.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

use super::repeat;
use crate::support::{
    Client, Process, Random, Reply, TempDir, TestServer, encode, from_environment, seed,
};

const ACCOUNTS: usize = 100;
const TELLERS: usize = 6;
const TOTAL: i64 = 100 * ACCOUNTS as i64;

fn account(number: usize) -> String {
    format!("account:{number}")
}

fn open_accounts(client: &mut Client) {
    let balance = (TOTAL / ACCOUNTS as i64).to_string();
    let mut request = vec!["MSET".to_owned()];
    for number in 0..ACCOUNTS {
        request.extend([account(number), balance.clone()]);
    }
    assert_eq!(client.ask(&request).text(), "OK");
}

/// Reads all balances in one transaction and compares their sum.
fn audit(client: &mut Client) -> io::Result<()> {
    let accounts = (0..ACCOUNTS).map(account);
    let request: Vec<_> = ["MGET".to_owned()].into_iter().chain(accounts).collect();
    client.try_send(encode(&request))?;
    let balances = client.try_reply()?;
    let sum: i64 = balances.array().iter().map(balance).sum();
    assert_eq!(sum, TOTAL, "in {balances:?}");
    Ok(())
}

fn balance(reply: &Reply) -> i64 {
    reply.text().parse().expect("a balance")
}

/// A client that makes transfers, and what it knows of them.
struct Teller {
    number: usize,
    random: Random,
    /// The number of acknowledged transfers. One more may have been made.
    made: u64,
}

impl Teller {
    /// Makes transfers until there are `goal`. Reports each to `made`.
    fn work(&mut self, address: SocketAddr, goal: u64, made: &Sender<()>) -> io::Result<()> {
        let mut client = Client::try_connect(address)?;
        while self.made < goal {
            let from = self.random.index(ACCOUNTS);
            let to = (from + 1 + self.random.index(ACCOUNTS - 1)) % ACCOUNTS;
            while !self.try_transfer(&mut client, &account(from), &account(to))? {}
            self.made += 1;
            // The receiver is gone once the server is being killed.
            let _ = made.send(());
        }
        Ok(())
    }

    /// Makes one transfer. Returns `false` if another client has interfered and nothing was done.
    fn try_transfer(&mut self, client: &mut Client, from: &str, to: &str) -> io::Result<bool> {
        let read = [encode(&["WATCH", from, to]), encode(&["MGET", from, to])];
        client.try_send(read.concat())?;
        assert_eq!(client.try_reply()?.text(), "OK");
        let balances = client.try_reply()?;
        let [left, right] = [0, 1].map(|index| balance(&balances.array()[index]));

        let amount = self.random.next(20) as i64;
        let write = [
            encode(&["MULTI"]),
            encode(&["SET", from, &(left - amount).to_string()]),
            encode(&["SET", to, &(right + amount).to_string()]),
            encode(&["SET", &self.count_key(), &(self.made + 1).to_string()]),
            encode(&["EXEC"]),
        ];
        client.try_send(write.concat())?;
        for expected in ["OK", "QUEUED", "QUEUED", "QUEUED"] {
            assert_eq!(client.try_reply()?.text(), expected);
        }
        match client.try_reply()? {
            Reply::Null => Ok(false),
            reply => {
                assert_eq!(reply.texts(), ["OK", "OK", "OK"]);
                Ok(true)
            }
        }
    }

    /// Returns the key that counts its transfers.
    fn count_key(&self) -> String {
        format!("teller:{}", self.number)
    }

    /// Reads the number of surviving transfers, and goes on from there.
    fn learn_what_survived(&mut self, client: &mut Client) {
        let survived = match client.ask(&["GET", &self.count_key()]) {
            Reply::Null => 0,
            reply => reply.text().parse().expect("a number"),
        };
        assert!(
            (self.made..=self.made + 1).contains(&survived),
            "{}: {} acknowledged, {survived} survived",
            self.count_key(),
            self.made
        );
        self.made = survived;
    }
}

fn tellers() -> Vec<Teller> {
    let seed = seed();
    let teller = |number| Teller {
        number,
        random: Random::new(seed.wrapping_add(number as u64)),
        made: 0,
    };
    (0..TELLERS).map(teller).collect()
}

#[test]
fn transfers_under_watch_keep_the_sum_at_every_moment() {
    const TRANSFERS: u64 = 200;
    let server = TestServer::start();
    let address = server.address();
    open_accounts(&mut server.connect());
    let (made, counted) = mpsc::channel();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for mut teller in tellers() {
            let made = made.clone();
            scope.spawn(move || teller.work(address, TRANSFERS, &made).expect("a server"));
        }
        scope.spawn(|| {
            let mut client = Client::connect(address);
            while !over.load(Ordering::Relaxed) {
                audit(&mut client).expect("a server");
            }
        });
        // The channel ends with the last teller, even after a panic.
        drop(made);
        let transfers = counted.iter().count();
        over.store(true, Ordering::Relaxed);
        assert_eq!(transfers, TELLERS * TRANSFERS as usize);
    });
    audit(&mut server.connect()).expect("a server");
}

/// Runs the tellers and an auditor, and kills the server after this many transfers.
fn work_until_killed(server: Process, tellers: &mut [Teller], transfers: usize) {
    let address = server.address();
    let (made, counted) = mpsc::channel();
    thread::scope(|scope| {
        for teller in tellers {
            let made = made.clone();
            // The kill ends their work with an error.
            scope.spawn(move || teller.work(address, u64::MAX, &made).is_err());
        }
        scope.spawn(move || repeat(address, audit));
        drop(made);
        counted.iter().take(transfers).count();
        server.kill();
    });
}

#[test]
fn transfers_keep_the_sum_through_kills() {
    let kills = from_environment("KILLS", 3);
    let directory = TempDir::new();
    let mut tellers = tellers();
    let mut random = Random::new(kills);
    let mut server = Process::start(&directory, &[]);
    open_accounts(&mut server.connect());
    for _ in 0..kills {
        work_until_killed(server, &mut tellers, 1 + random.index(600));
        server = Process::start(&directory, &[]);
        let mut client = server.connect();
        audit(&mut client).expect("a server");
        for teller in &mut tellers {
            teller.learn_what_survived(&mut client);
        }
    }
    let made: u64 = tellers.iter().map(|teller| teller.made).sum();
    println!("{kills} kills, {made} transfers, 0 lost");
}
