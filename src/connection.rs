//! One client, one thread: read a request, run it, and so on; send the replies when
//! there is nothing more to read.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::TcpStream;
use std::sync::Arc;

use crate::aof::{Answer, Log, Ticket};
use crate::config::limits::READ_BUFFER_BYTES;
use crate::execute::{Engine, Next};
use crate::outbox::Outbox;
use crate::registry::{Client, Counters};
use crate::resp::args::Requests;
use crate::resp::reply::Reply;
use crate::session::Session;
use crate::warmth::Warmth;

/// Serves one client until it goes, is sent away, or the server stops.
pub fn serve(engine: &Engine, outbox: &Arc<Outbox>, mut session: Session) {
    let mut connection = Connection {
        engine,
        client: Arc::clone(&session.client),
        input: BufReader::with_capacity(READ_BUFFER_BYTES, outbox.stream()),
        outbox,
        reply: Reply::default(),
        ticket: None,
        log_warmth: Warmth::default(),
        input_warmth: Warmth::default(),
        is_blocking: true,
    };
    // Errors mean that the client is gone, and so there is nobody to tell.
    let _ = connection
        .serve_requests(&mut session)
        .and_then(|()| connection.flush());
}

struct Connection<'a> {
    engine: &'a Engine,
    client: Arc<Client>,
    input: BufReader<&'a TcpStream>,
    outbox: &'a Arc<Outbox>,
    /// Replies that are not sent yet.
    reply: Reply,
    /// What they are to is kept when this is.
    ticket: Option<Ticket>,
    /// How the log is waited for, and further requests.
    log_warmth: Warmth,
    input_warmth: Warmth,
    is_blocking: bool,
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
            } else if self.run(&requests, session)? == Next::Close {
                return Ok(());
            }
        }
    }

    /// Runs `requests`, in as many turns as it takes not to gather too much of a reply.
    fn run(&mut self, requests: &Requests, session: &mut Session) -> io::Result<Next> {
        let mut index = 0;
        while index < requests.len() {
            let answer = |reply: &mut Reply| {
                let log = self.engine.attached_log();
                let will_look = requests.len() == 1
                    && !self.outbox.is_expecting()
                    && log.is_some_and(Log::keeps_at_once)
                    && self.log_warmth.is_worth_looking();
                (!will_look).then(|| hand_over(self.outbox, reply))
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
            }
        }
        Ok(Next::Continue)
    }

    /// Waits for more bytes of requests, having sent what there is to send: so a pipeline
    /// is answered with one write. `false` if there will be no more.
    fn receive(&mut self, requests: &mut Requests) -> io::Result<bool> {
        self.flush()?;
        let count = self.wait(requests)?;
        Counters::add(&self.client.counters.read_bytes, count as u64);
        self.client.touch();
        Ok(count > 0)
    }

    /// Sends the replies: directly, unless the log takes its time with what they are to, or
    /// still has earlier ones.
    fn flush(&mut self) -> io::Result<()> {
        let ticket = self.ticket.take();
        // Even one that has been switched off since.
        match self.engine.attached_log() {
            Some(log) if !self.reply.output().is_empty() && !self.may_send(log, ticket) => {
                // Replies that wait for a slow disk take memory as well as records do.
                log.wait_for_room();
                log.after(hand_over(self.outbox, &mut self.reply));
                self.outbox.wait_drained()
            }
            _ => self.outbox.send(self.reply.output()),
        }
    }

    /// Whether the log needs nothing more before this thread may send, be it after a moment.
    fn may_send(&mut self, log: &Log, ticket: Option<Ticket>) -> bool {
        let has_kept = || ticket.is_none_or(|ticket| log.has_kept(ticket));
        let look = || has_kept().then_some(());
        !self.outbox.is_expecting() && (has_kept() || self.log_warmth.look(look).is_some())
    }

    /// Reads what has come, or waits for something to come: at first by looking, then asleep.
    fn wait(&mut self, requests: &mut Requests) -> io::Result<usize> {
        if self.input_warmth.is_worth_looking() {
            self.set_blocking(false)?;
            let look = || match read_some(&mut self.input, requests) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                result => Some(result),
            };
            if let Some(result) = self.input_warmth.look(look) {
                return result;
            }
        }
        self.set_blocking(true)?;
        read_some(&mut self.input, requests)
    }

    /// Switches only if needed: a client that stays busy stays in one mode.
    fn set_blocking(&mut self, blocking: bool) -> io::Result<()> {
        if self.is_blocking != blocking {
            self.outbox.stream().set_nonblocking(!blocking)?;
            self.is_blocking = blocking;
        }
        Ok(())
    }
}

/// Reads once and passes on what that gives. The rest of a big argument goes directly to
/// where it belongs, perhaps with several reads.
fn read_some(input: &mut BufReader<&TcpStream>, requests: &mut Requests) -> io::Result<usize> {
    if let Some((payload, room)) = requests.payload_room() {
        let before = payload.len();
        let result = input.take(room as u64).read_to_end(payload);
        return match payload.len() - before {
            0 => result,
            count => Ok(count),
        };
    }
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    let count = input.buffer().len();
    requests.receive(input.buffer());
    input.consume(count);
    Ok(count)
}

/// Makes an answer of the replies, for the log to give.
///
/// Who answers a write? This thread, if it finds that the log has written it before it would
/// sleep: then nobody is woken, and the log's thread, of which there is one, only writes.
/// Otherwise the log's thread, for to wake this one would cost more. That goes for a sync,
/// which takes longer than anybody looks, and for a pipeline too, whose requests share
/// what an answer costs while this thread goes on.
///
/// With the second alone, SETs of 50 clients without a pipeline come to 110,000 a second
/// where the kernel puts the log's thread on the load's processor and to 180,000 where not,
/// and it stays with either for seconds; with both to 165,000
/// (`redis-benchmark -t set -c 50 -d 16 -r 100000 -n 200000`). With the first alone, 8
/// clients with a pipeline of 100 come to 3.1 million instead of 4.2.
fn hand_over(outbox: &Arc<Outbox>, reply: &mut Reply) -> Answer {
    let output = reply.take();
    let cost = output.len();
    let owed = outbox.expect(output);
    Answer {
        cost,
        give: Box::new(move || owed.deliver()),
    }
}
