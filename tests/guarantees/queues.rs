//! Lists as queues: an element that a client was told of, and no other client, is delivered once.
//!
//! Producers push numbered elements. Half of the consumers wait with BRPOP, and an element counts as
//! delivered when its reply has arrived. The others move elements to a list of their own. After a
//! kill, each acknowledged element is delivered, moved, or still in the queue. A kill can lose the
//! replies that were under way, one for each client in BRPOP.

use std::collections::HashSet;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::support::{
    Client, Process, Random, Reply, TempDir, TestServer, encode, from_environment, wait_for,
};

const PRODUCERS: usize = 8;
const CONSUMERS: usize = 8;
const STOP: &str = "stop";

/// A client that pushes the elements `number:1`, `number:2` and so on.
struct Producer {
    number: usize,
    random: Random,
    /// The number of the last element before this round.
    before: u64,
    sent: u64,
    acknowledged: u64,
}

impl Producer {
    fn new(number: usize) -> Producer {
        Producer {
            number,
            random: Random::new(number as u64),
            before: 0,
            sent: 0,
            acknowledged: 0,
        }
    }

    fn element(&self, element: u64) -> String {
        format!("{}:{element}", self.number)
    }

    /// Ends a round. Returns its elements, and whether each is acknowledged.
    fn pushed(&mut self) -> Vec<(String, bool)> {
        let elements = self.before + 1..=self.sent;
        let pushed = elements.map(|number| (self.element(number), number <= self.acknowledged));
        let pushed = pushed.collect();
        self.before = self.sent;
        pushed
    }

    /// Pushes elements up to `goal`, a few at once. Reports them to `pushed` when they are
    /// acknowledged.
    fn work(&mut self, address: SocketAddr, goal: u64, pushed: &Sender<u64>) -> io::Result<()> {
        let mut client = Client::try_connect(address)?;
        while self.sent < goal {
            let count = 1 + self.random.next(4).min(goal - self.sent - 1);
            let elements = (self.sent + 1)..=(self.sent + count);
            let elements: Vec<String> = elements.map(|element| self.element(element)).collect();
            self.sent += count;
            let requests = if self.random.next(2) == 0 {
                // One by one.
                let push = |element| encode(&["LPUSH", "queue", element]);
                elements.iter().map(|element| push(element)).collect()
            } else {
                let push = ["LPUSH", "queue"].into_iter().map(str::to_owned);
                vec![encode(&push.chain(elements).collect::<Vec<_>>())]
            };
            client.try_send(requests.concat())?;
            for _ in requests {
                client.try_reply()?.integer();
            }
            self.acknowledged = self.sent;
            // The receiver is gone once the server is being killed.
            let _ = pushed.send(count);
        }
        Ok(())
    }
}

/// A client that waits for elements.
struct Consumer {
    number: usize,
    /// The elements of which a reply has arrived.
    taken: Vec<String>,
}

impl Consumer {
    fn new(number: usize) -> Consumer {
        Consumer {
            number,
            taken: Vec::new(),
        }
    }

    fn moves(&self) -> bool {
        self.number % 2 == 1
    }

    /// Returns the list to which it moves elements.
    fn own_list(&self) -> String {
        format!("taken:{}", self.number)
    }

    /// Ends a round. Returns the elements that it has for certain, after a kill.
    fn survived(&mut self, client: &mut Client) -> Vec<String> {
        let taken = mem::take(&mut self.taken);
        if !self.moves() {
            return taken;
        }
        let own_list = self.own_list();
        let mut moved = elements(client, &own_list);
        moved.reverse();
        let has_all = moved.starts_with(&taken) && moved.len() <= taken.len() + 1;
        assert!(has_all, "{} replies, {} moves", taken.len(), moved.len());
        client.ask(&["DEL", &own_list]);
        moved
    }

    /// Takes elements until it is told to stop.
    fn work(&mut self, address: SocketAddr, took: &Sender<()>) -> io::Result<()> {
        let mut client = Client::try_connect(address)?;
        let own_list = self.own_list();
        let request = match self.moves() {
            true => encode(&["BLMOVE", "queue", &own_list, "RIGHT", "LEFT", "0"]),
            false => encode(&["BRPOP", "none", "queue", "0"]),
        };
        loop {
            client.try_send(&request)?;
            let element = match client.try_reply()? {
                Reply::Array(reply) => {
                    assert_eq!(reply[0].text(), "queue");
                    reply[1].text()
                }
                reply => reply.text(),
            };
            if element == STOP {
                return Ok(());
            }
            self.taken.push(element);
            let _ = took.send(());
        }
    }
}

fn elements(client: &mut Client, list: &str) -> Vec<String> {
    client.ask(&["LRANGE", list, "0", "-1"]).texts()
}

#[test]
fn waiting_consumers_get_each_element_once() {
    const CLIENTS: usize = 50;
    const EACH: u64 = 400;
    let server = TestServer::start();
    let address = server.address();
    let (pushed, _acknowledged) = mpsc::channel();
    let (took, taken) = mpsc::channel();
    let mut consumers: Vec<Consumer> = (0..CLIENTS).map(Consumer::new).collect();
    thread::scope(|scope| {
        for consumer in &mut consumers {
            let took = took.clone();
            scope.spawn(move || consumer.work(address, &took).expect("a server"));
        }
        drop(took);
        let mut client = server.connect();
        wait_for("all consumers to wait", || {
            (client.info_number("blocked_clients") == CLIENTS as u64).then_some(())
        });
        for number in 0..CLIENTS {
            let pushed = pushed.clone();
            let mut producer = Producer::new(number);
            scope.spawn(move || producer.work(address, EACH, &pushed).expect("a server"));
        }
        // The channel ends early if all consumers have panicked.
        let count = taken.iter().take(CLIENTS * EACH as usize).count();
        assert_eq!(count, CLIENTS * EACH as usize);
        for _ in 0..CLIENTS {
            client.ask(&["LPUSH", "queue", STOP]);
        }
    });
    let mut found: Vec<String> = consumers.iter().flat_map(|one| one.taken.clone()).collect();
    let mut wanted: Vec<String> = (0..CLIENTS)
        .map(Producer::new)
        .flat_map(|producer| (1..=EACH).map(move |element| producer.element(element)))
        .collect();
    found.sort();
    wanted.sort();
    assert!(found == wanted, "{} of {}", found.len(), wanted.len());

    // The restarted server has what the moves left, and nothing else.
    let server = server.restart();
    let mut client = server.connect();
    let moving = consumers.iter().filter(|consumer| consumer.moves());
    for consumer in moving {
        let mut moved = elements(&mut client, &consumer.own_list());
        moved.reverse();
        moved.retain(|element| element != STOP);
        assert!(moved == consumer.taken, "consumer {}", consumer.number);
    }
    assert_eq!(client.ask(&["DBSIZE"]).integer(), CLIENTS as i64 / 2);
}

/// Runs all clients, and kills the server after this many acknowledged elements.
fn work_until_killed(
    server: Process,
    producers: &mut [Producer],
    consumers: &mut [Consumer],
    enough: u64,
) {
    let address = server.address();
    let (pushed, acknowledged) = mpsc::channel();
    let (took, _taken) = mpsc::channel();
    thread::scope(|scope| {
        for producer in producers {
            let pushed = pushed.clone();
            // The kill ends their work with an error.
            scope.spawn(move || producer.work(address, u64::MAX, &pushed).is_err());
        }
        for consumer in consumers {
            let took = took.clone();
            scope.spawn(move || consumer.work(address, &took).is_err());
        }
        drop(pushed);
        let mut count = 0;
        while count < enough {
            let Ok(more) = acknowledged.recv() else { break };
            count += more;
        }
        server.kill();
    });
}

/// What became of all elements so far.
#[derive(Default)]
struct Fate {
    /// Elements that the queue held after the last kill.
    queued: HashSet<String>,
    /// Elements that were moved, or whose reply to BRPOP has arrived.
    delivered: HashSet<String>,
    /// Elements that were never pushed, or whose reply was lost. They must not come back.
    gone: HashSet<String>,
    lost_replies: usize,
}

impl Fate {
    /// Checks the data that survived a kill, and lets producers and consumers go on from there.
    fn check(
        &mut self,
        client: &mut Client,
        producers: &mut [Producer],
        consumers: &mut [Consumer],
    ) {
        let queue = elements(client, "queue");
        let queued: HashSet<String> = queue.iter().cloned().collect();
        assert_eq!(queued.len(), queue.len(), "the queue has an element twice");
        let before = self.delivered.len();
        for element in consumers.iter_mut().flat_map(|one| one.survived(client)) {
            let is_queued = queued.contains(&element);
            assert!(!is_queued, "{element} is delivered, and still in the queue");
            let is_new = self.delivered.insert(element.clone());
            assert!(is_new, "{element} is delivered twice");
        }
        let came = queued.len() + self.delivered.len() - before;

        let mut known = 0;
        let mut lost = 0;
        let pushed = producers.iter_mut().flat_map(Producer::pushed);
        for (element, is_acknowledged) in self.queued.drain().map(|one| (one, true)).chain(pushed) {
            if queued.contains(&element) || self.delivered.contains(&element) {
                known += 1;
            } else {
                lost += usize::from(is_acknowledged);
                self.gone.insert(element);
            }
        }
        assert_eq!(known, came, "elements have come back, or from nowhere");
        assert!(lost <= CONSUMERS / 2, "{lost} elements are lost");
        self.lost_replies += lost;
        self.queued = queued;
    }
}

#[test]
fn a_queue_delivers_each_element_at_most_once_through_kills() {
    let kills = from_environment("KILLS", 3);
    let directory = TempDir::new();
    let mut producers: Vec<Producer> = (0..PRODUCERS).map(Producer::new).collect();
    let mut consumers: Vec<Consumer> = (0..CONSUMERS).map(Consumer::new).collect();
    let mut fate = Fate::default();
    let mut random = Random::new(kills);
    let mut server = Process::start(&directory, &[]);
    for _ in 0..kills {
        let enough = 1 + random.next(1500);
        work_until_killed(server, &mut producers, &mut consumers, enough);
        server = Process::start(&directory, &[]);
        fate.check(&mut server.connect(), &mut producers, &mut consumers);
    }
    let (delivered, lost) = (fate.delivered.len(), fate.lost_replies);
    println!("{kills} kills, {delivered} delivered, {lost} replies under way lost");
}
