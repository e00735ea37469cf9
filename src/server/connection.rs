//! One client, one thread: read a request, run it, and so on; send the replies when
//! there is nothing more to read.

use std::io::{self, BufRead, BufReader, ErrorKind};
use std::sync::Arc;

use crate::aof::{Answer, Log, Stay, Ticket};
use crate::client::counters::Counters;
use crate::client::outbox::Outbox;
use crate::client::session::Session;
use crate::client::{Client, Connection as _};
use crate::commands;
use crate::config::limits::READ_BUFFER_BYTES;
use crate::engine::{Engine, Next};
use crate::polling::Poller;
use crate::resp::args::Requests;
use crate::resp::reply::Reply;
use crate::sys::memory::Account;
use crate::sys::{SocketReader, WaitMode};

/// Serves one client until it goes, is sent away, or the server stops.
pub fn serve(engine: &Engine, outbox: &Arc<Outbox>, mut session: Session) {
    let _account = Account::open();
    let receiver = SocketReader {
        stream: outbox.stream(),
        mode: WaitMode::Block,
    };
    let mut connection = Connection {
        engine,
        client: Arc::clone(&session.client),
        input: BufReader::with_capacity(READ_BUFFER_BYTES, receiver),
        outbox,
        reply: Reply::default(),
        ticket: None,
        owed_by: Giver::Log,
        stay: None,
        poller: Poller::default(),
        will_look: true,
    };
    // Errors mean that the client is gone, and so there is nobody to tell.
    let _ = connection
        .serve_requests(&mut session)
        .and_then(|()| connection.flush());
    connection.stay = None;
    outbox.settle();
    if outbox.was_over_limit() {
        report_limit(engine, &session.client);
    }
}

/// In Redis's words.
fn report_limit(engine: &Engine, client: &Client) {
    let mut line = String::new();
    commands::connection::client::describe(client, &mut line);
    engine.state().logger.warning(format_args!(
        "Client {} scheduled to be closed ASAP for overcoming of output buffer limits.",
        line.trim_end()
    ));
}

struct Connection<'a> {
    engine: &'a Engine,
    client: Arc<Client>,
    input: BufReader<SocketReader<'a>>,
    outbox: &'a Arc<Outbox>,
    /// Replies that are not sent yet.
    reply: Reply,
    /// These replies may be sent once this record is written.
    ticket: Option<Ticket>,
    /// The threads that send the pending answers, while there are any.
    owed_by: Giver,
    /// Held while this thread polls with an answer at the desk; it must not block meanwhile.
    stay: Option<Stay<'a>>,
    /// How this thread waits for further requests, and whether it polls first.
    poller: Poller,
    will_look: bool,
}

/// Upper bound of one receive, so that this thread's other duties are not delayed.
const BULK_READ_BYTES: usize = 1024 * 1024;

/// Bytes of a request that is too long which are logged.
const REPORTED_BYTES: usize = 64;

/// A pipeline of more requests is long.
const SHORT_PIPELINE: usize = 32;

/// The thread that sends an answer once its record is written.
///
/// If this thread will poll, it leaves the answer to the threads that poll. Then no thread has to
/// be woken, and the log's thread only writes. Otherwise the log's thread sends it: under
/// `appendfsync always`, because a sync takes longer than a thread polls, and for a long pipeline,
/// because its requests share the cost of one answer.
///
/// SETs a second, in thousands, by the thread that sends the answers:
///
/// | load | the log's | each client's own | as it is |
/// |---|---:|---:|---:|
/// | 50 clients, 16 bytes | 110 to 180 | 176 | 180 |
/// | 500 clients, 16 bytes | | 124 | 136 |
/// | 50 clients, 16 KB | | 44 | 52 |
/// | 50 clients, pipelines of 16, 10 % SETs | 1,025 | | 1,317 |
///
/// 8 clients with pipelines of 100 come to 2,900 with the log's thread and to 2,600 with threads
/// that poll. Measured by `redis-benchmark -t set -c 50 -d 16 -r 100000 -n 200000` (`-c 500`;
/// `-c 50 -d 16384 -r 1000 -n 40000`), medians of 5, and by `load --pipeline 16` and
/// `--connections 8 --pipeline 100 --get 0`, medians of 9, on a machine that is twice as fast as
/// README's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Giver {
    /// The log's thread.
    Log,
    /// Threads that poll.
    Awake,
}

impl Connection<'_> {
    fn serve_requests(&mut self, session: &mut Session) -> io::Result<()> {
        let mut requests = Requests::default();
        loop {
            requests.clear();
            if let Err(error) = requests.parse(session.limits()) {
                self.reply.protocol_error(error);
                return Ok(());
            }
            if requests.is_empty() {
                if !self.receive(&mut requests)? {
                    return Ok(());
                }
                if session.is_over_limit(&requests) {
                    self.report_query(&requests);
                    self.outbox.close();
                    return Ok(());
                }
            } else if self.run(&requests, session)? == Next::Close {
                return Ok(());
            }
            if !session.is_admitted() {
                self.outbox.limit_unauthenticated();
            }
        }
    }

    /// Runs `requests`, in as many turns as it takes not to gather too much of a reply.
    fn run(&mut self, requests: &Requests, session: &mut Session) -> io::Result<Next> {
        let mut index = 0;
        while index < requests.len() {
            self.choose_giver(requests.len());
            let answer = |reply: &mut Reply| match self.owed_by {
                Giver::Log => Some(hand_over(self.outbox, reply)),
                // With the next flush.
                Giver::Awake => None,
            };
            let done = self
                .engine
                .run(requests, index, session, &mut self.reply, answer);
            index = done.index;
            self.ticket = done.ticket.or(self.ticket);
            if done.next == Next::Close {
                return Ok(Next::Close);
            }
            if self.reply.is_full() {
                self.flush()?;
                // What comes next may take long.
                self.stay = None;
            }
        }
        Ok(Next::Continue)
    }

    /// Waits for more bytes of requests, having sent what there is to send: so a pipeline
    /// is answered with one write. `false` if there will be no more.
    fn receive(&mut self, requests: &mut Requests) -> io::Result<bool> {
        self.flush()?;
        let count = self.wait(requests)?;
        self.will_look = self.poller.is_worth_looking();
        Counters::add(&self.client.counters.read_bytes, count as u64);
        self.client.touch();
        Ok(count > 0)
    }

    /// In Redis's words.
    fn report_query(&self, requests: &Requests) {
        let mut line = String::new();
        commands::connection::client::describe(&self.client, &mut line);
        let bytes = requests.unfinished();
        self.engine.state().logger.warning(format_args!(
            "Closing client that reached max query buffer length: {} (qbuf initial bytes: \"{}\")",
            line.trim_end(),
            bytes[..bytes.len().min(REPORTED_BYTES)].escape_ascii()
        ));
    }

    /// Chooses the thread that sends the answers to `count` requests. All pending answers of one
    /// client take one way, so that they keep their order.
    fn choose_giver(&mut self, count: usize) {
        if !self.outbox.is_expecting() {
            let log = self.engine.attached_log();
            let is_awake = self.will_look && log.is_some_and(Log::keeps_at_once);
            self.owed_by = match is_awake && count <= SHORT_PIPELINE {
                true => Giver::Awake,
                false => Giver::Log,
            };
        }
    }

    /// Sends the replies: directly, unless their record is not written yet, or earlier replies are
    /// still pending.
    fn flush(&mut self) -> io::Result<()> {
        self.send_replies()?;
        if self.outbox.is_over_budget() {
            // This may take long.
            self.stay = None;
            self.outbox.wait_for_budget()?;
        }
        Ok(())
    }

    fn send_replies(&mut self) -> io::Result<()> {
        let ticket = self.ticket.take();
        // Even one that has been switched off since.
        let Some(log) = self.engine.attached_log() else {
            return self.outbox.send(self.reply.output());
        };
        let is_kept = ticket.is_none_or(|ticket| log.has_kept(ticket));
        if self.reply.output().is_empty() || is_kept && !self.outbox.is_expecting() {
            return self.outbox.send(self.reply.output());
        }
        let answer = hand_over(self.outbox, &mut self.reply);
        match self.owed_by {
            Giver::Log => log.after(answer),
            Giver::Awake => self.stay.insert(log.stay()).leave(ticket, answer),
        }
        Ok(())
    }

    /// Receives more bytes: polls first, then blocks.
    fn wait(&mut self, requests: &mut Requests) -> io::Result<usize> {
        let found = self.look(requests)?;
        self.stay = None;
        match found {
            Some(count) => Ok(count),
            None => {
                self.outbox.wait_for_input()?;
                receive(&mut self.input, requests, WaitMode::Block)
            }
        }
    }

    /// Polls for more bytes, if that is worth it.
    fn look(&mut self, requests: &mut Requests) -> io::Result<Option<usize>> {
        if !self.will_look {
            return Ok(None);
        }
        let look = || {
            if let Some(stay) = &self.stay {
                stay.give_some();
            }
            self.outbox.push();
            // Most clients send nothing more before they have their answer.
            if self.outbox.is_expecting() {
                return None;
            }
            match receive(&mut self.input, requests, WaitMode::DontBlock) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                result => Some(result),
            }
        };
        self.poller.look(look).transpose()
    }
}

/// Receives once. The rest of a big argument goes directly to where it belongs, which is possible
/// because nothing is ever left in `input`.
fn receive(
    input: &mut BufReader<SocketReader>,
    requests: &mut Requests,
    mode: WaitMode,
) -> io::Result<usize> {
    if let Some((payload, room)) = requests.payload_room() {
        let room = room.min(BULK_READ_BYTES);
        return input.get_ref().stream.receive(payload, room, mode);
    }
    input.get_mut().mode = mode;
    let received = input.fill_buf()?;
    let count = received.len();
    requests.receive(received);
    input.consume(count);
    Ok(count)
}

/// Makes an answer of the replies, for others to give.
fn hand_over(outbox: &Arc<Outbox>, reply: &mut Reply) -> Answer {
    let pending = outbox.expect(reply.take());
    Answer {
        give: Box::new(move || pending.deliver()),
    }
}
