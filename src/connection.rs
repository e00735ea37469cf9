//! One client, one thread: read a request, run it, and so on; send the replies when
//! there is nothing more to read.

use std::io::{self, BufRead, BufReader, Read};
use std::mem;
use std::sync::Arc;
use std::thread;

use crate::aof::Answer;
use crate::config::limits::READ_BUFFER_BYTES;
use crate::execute::{Engine, Next};
use crate::outbox::Outbox;
use crate::registry::{Client, Counters};
use crate::resp::args::Requests;
use crate::resp::reply::Reply;
use crate::session::Session;
use crate::warmth::{WARM_READS, Warmth};

/// Serves one client until it goes, is sent away, or the server stops.
pub fn serve(engine: &Engine, outbox: Arc<Outbox>, mut session: Session) {
    let client = Arc::clone(&session.client);
    let wire = Wire {
        engine,
        outbox,
        client,
        reply: Reply::default(),
        is_warm: false,
        warmth: Warmth::new(WARM_READS),
        is_blocking: true,
    };
    let mut input = BufReader::with_capacity(READ_BUFFER_BYTES, wire);
    // Errors mean that the client is gone, and so there is nobody to tell.
    let _ = serve_requests(&mut input, &mut session).and_then(|()| input.get_mut().flush());
}

fn serve_requests(input: &mut BufReader<Wire>, session: &mut Session) -> io::Result<()> {
    let mut requests = Requests::default();
    loop {
        requests.clear();
        if let Err(error) = requests.parse(session.limits()) {
            input.get_mut().reply.protocol_error(error);
            return Ok(());
        }
        if requests.is_empty() {
            if !receive(input, &mut requests)? {
                return Ok(());
            }
        } else if input.get_mut().run(&requests, session)? == Next::Close {
            return Ok(());
        }
    }
}

/// Waits for more bytes of requests; `false` if there will be no more. The rest of a big
/// argument goes directly to where it belongs.
fn receive(input: &mut BufReader<Wire>, requests: &mut Requests) -> io::Result<bool> {
    if let Some((payload, room)) = requests.payload_room() {
        return Ok(input.take(room as u64).read_to_end(payload)? == room);
    }
    let arrived = input.fill_buf()?;
    let count = arrived.len();
    requests.receive(arrived);
    input.consume(count);
    Ok(count > 0)
}

/// The client's two directions in one: whoever waits for more input sends first what
/// there is to send. A flush that is part of `read` cannot be forgotten, and a pipeline
/// of requests is answered with one write.
struct Wire<'a> {
    engine: &'a Engine,
    outbox: Arc<Outbox>,
    client: Arc<Client>,
    reply: Reply,
    /// Requests have been run since input was last waited for.
    is_warm: bool,
    warmth: Warmth,
    is_blocking: bool,
}

impl Wire<'_> {
    /// Runs `requests`, in as many turns as it takes not to gather too much of a reply.
    fn run(&mut self, requests: &Requests, session: &mut Session) -> io::Result<Next> {
        self.is_warm = true;
        let mut index = 0;
        while index < requests.len() {
            let Wire {
                engine,
                outbox,
                reply,
                ..
            } = self;
            let answer = |reply: &mut Reply| hand_over(outbox, reply);
            let next;
            (index, next) = engine.run(requests, index, session, reply, answer);
            if next == Next::Close {
                return Ok(next);
            }
            if self.reply.is_full() {
                self.flush()?;
            }
        }
        Ok(Next::Continue)
    }

    /// Sends the replies: directly, unless earlier ones are still with the log.
    fn flush(&mut self) -> io::Result<()> {
        match self.engine.log() {
            Some(log) if self.outbox.is_expecting() && !self.reply.output().is_empty() => {
                // Replies that wait for a slow disk take memory as well as records do.
                log.wait_for_room();
                log.after(hand_over(&self.outbox, &mut self.reply));
                self.outbox.wait_drained()
            }
            _ => self.outbox.send(self.reply.output()),
        }
    }

    /// Waits for input, warm at first.
    ///
    /// Putting a thread to sleep and waking it again costs more than a short command, and
    /// the client pays for the waking. So after requests, which a busy client follows with
    /// more, some reads that do not block are tried, with the processor offered to others
    /// in between; then the thread sleeps. A client that came back during the tries will do
    /// so again, and is worth more of them than one that did not. Without a request there
    /// are no tries: an idle client costs nothing. The log's thread does the same.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if mem::take(&mut self.is_warm) {
            self.set_blocking(false)?;
            for _ in 0..self.warmth.tries() {
                match self.outbox.stream().read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                    result => {
                        self.warmth.worked();
                        return result;
                    }
                }
            }
            self.warmth.failed();
        }
        self.set_blocking(true)?;
        self.outbox.stream().read(buffer)
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

/// Makes an answer of the replies, for the log to give.
///
/// Who answers a write? Either this thread waits until the log has written it, or
/// the log's thread sends the answer. The second is done: it wakes one thread less
/// for every write, and many clients share one write to the file.
fn hand_over(outbox: &Arc<Outbox>, reply: &mut Reply) -> Answer {
    let output = reply.take();
    let outbox = Arc::clone(outbox);
    outbox.expect();
    Answer {
        cost: output.len(),
        give: Box::new(move || outbox.deliver(output)),
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.flush()?;
        let count = loop {
            match self.receive(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        Counters::add(&self.client.counters.read_bytes, count as u64);
        self.client.touch();
        Ok(count)
    }
}
