//! One client, one thread: read requests, run them, send the replies, wait for more.
//!
//! Replies gather while there are requests to run, and go out before the thread waits. So a
//! pipeline is answered with one write. Replies that depend on a record are sent when that is
//! committed, by this thread or another one (`aof/commit/`).

mod input;
mod pausing;
mod tracing;
mod waiting;

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Instant;

use crate::aof::{PollGuard, Ticket};
use crate::client::buffers::Buffers;
use crate::client::counters::Counters;
use crate::client::marks::Mark;
use crate::client::outbox::Outbox;
use crate::client::session::Session;
use crate::client::trace;
use crate::client::{Client, Connection as _};
use crate::commands;
use crate::engine::{Engine, Next};
use crate::polling::Poller;
use crate::resp::args::Requests;
use crate::resp::reply::Reply;
use crate::sys::WaitMode;
use crate::sys::memory::Account;
use crate::threads::{self, Doing, Reason, Waits};
use input::Input;
use tracing::{Received, Tracer};

/// Serves one client until it disconnects, is disconnected, or the server stops.
pub fn serve(engine: &Engine, outbox: &Arc<Outbox>, mut session: Session) {
    let _account = Account::open();
    let mut connection = Connection {
        engine,
        client: Arc::clone(&session.client),
        waits: threads::own_waits(),
        input: Input::new(outbox.stream()),
        outbox,
        reply: Reply::default(),
        ticket: None,
        poll_guard: None,
        poller: Poller::default(),
        will_poll: true,
        tracer: Tracer::default(),
        slept: None,
    };
    connection.waits.serve(session.client.id);
    outbox.set_owner(&connection.waits);
    let served = connection.serve_requests(&mut session);
    // The last reply is followed by no message.
    session.client.marks.set(Mark::Closing, true);
    session.subscribed = None;
    session.tracked = None;
    // An error means that the client is gone, so it cannot be told.
    let _ = served.and_then(|()| connection.flush(&mut session));
    connection.end_slow();
    connection.poll_guard = None;
    let waiting = threads::waiting(Reason::Socket);
    outbox.settle();
    drop(waiting);
    if outbox.was_over_limit() {
        report_limit(engine, &session.client);
    }
}

/// Logs that the client was over its output limit, in Redis's words.
fn report_limit(engine: &Engine, client: &Client) {
    let mut line = String::new();
    commands::describe(client, &mut line);
    engine.state().logger.warning(format_args!(
        "Client {} scheduled to be closed ASAP for overcoming of output buffer limits.",
        line.trim_end()
    ));
}

/// The state of one client's thread.
struct Connection<'a> {
    engine: &'a Engine,
    client: Arc<Client>,
    /// The waits of this thread.
    waits: Arc<Waits>,
    input: Input<'a>,
    outbox: &'a Arc<Outbox>,
    /// Replies that are neither sent nor queued yet.
    reply: Reply,
    /// These replies may be sent once this record is committed.
    ticket: Option<Ticket>,
    /// Held while this thread polls with a reply queued; it must not block meanwhile.
    poll_guard: Option<PollGuard<'a>>,
    /// Decides whether this thread polls before it blocks.
    poller: Poller,
    /// Whether it polls in the next wait.
    will_poll: bool,
    tracer: Tracer,
    /// The receive that has ended the last sleep of a waiting client; `None` if an alarm or a timeout has.
    slept: Option<Received>,
}

/// Bytes that are logged of a request that is too long.
const REPORTED_BYTES: usize = 64;

impl Connection<'_> {
    /// Parses the received bytes and runs their requests; receives more if no whole request is
    /// there. The first pass has nothing to parse. Returns at the end of the input.
    fn serve_requests(&mut self, session: &mut Session) -> io::Result<()> {
        let mut requests = Requests::default();
        loop {
            requests.clear();
            self.waits.does(Doing::Parses);
            if let Err(error) = requests.parse(session.limits()) {
                if !session.replies.are_dropped() {
                    self.reply.protocol_error(error);
                }
                return Ok(());
            }
            if let Some(trace) = &mut session.trace {
                trace.choose(requests.len());
            }
            if requests.is_empty() {
                if !self.receive(&mut requests, session)? {
                    return Ok(());
                }
                if self.is_over_limit(&requests, session) {
                    return Ok(());
                }
            } else if self.run(&mut requests, session)? == Next::Close {
                return Ok(());
            }
            if !session.is_admitted() {
                self.outbox.limit_unauthenticated();
            }
        }
    }

    /// Runs `requests`. A turn ends early if the reply is full, so that memory stays bounded.
    fn run(&mut self, requests: &mut Requests, session: &mut Session) -> io::Result<Next> {
        let mut index = 0;
        while index < requests.len() {
            self.waits.does(Doing::Runs);
            let done = self.engine.run(requests, index, session, &mut self.reply);
            index = done.index;
            self.ticket = done.ticket.or(self.ticket);
            match done.next {
                Next::Close => return Ok(Next::Close),
                Next::Wait(until) => {
                    self.show_blocked(requests, index - 1);
                    let has_more = index < requests.len();
                    if !self.wait_for_data(requests, has_more, session, until)? {
                        return Ok(Next::Close);
                    }
                }
                Next::Postpone(paused) => {
                    self.show_blocked(requests, index);
                    if !self.wait_while_paused(requests, session, paused)? {
                        return Ok(Next::Close);
                    }
                }
                Next::Continue | Next::Flush => {}
            }
            if self.reply.is_full() || done.next == Next::Flush {
                self.flush(session)?;
                // The next turn may take long.
                self.poll_guard = None;
            }
        }
        Ok(Next::Continue)
    }

    /// Sends the replies, then waits for more bytes of requests. Returns `false` at the end of the
    /// input.
    fn receive(&mut self, requests: &mut Requests, session: &mut Session) -> io::Result<bool> {
        Buffers::raise(&self.client.buffers.reply_peak, self.reply.output().len());
        self.flush(session)?;
        self.show_buffers(requests);
        let began = self.begin_wait();
        let ready = match self.is_watched() {
            true => self.wait_until_ready(requests, began)?,
            false => None,
        };
        let count = match ready {
            Some(_) => self.input.receive(requests, WaitMode::Block)?,
            None => self.wait(requests)?,
        };
        let (query, _) = requests.buffer_bytes();
        Buffers::set(&self.client.buffers.query, query);
        self.will_poll = self.poller.should_poll();
        let ended = self.count_received(count);
        if self.is_watched() {
            let received = Received {
                began,
                ready,
                ended,
            };
            self.trace(session, received);
        }
        Ok(count > 0)
    }

    /// Shows the sizes of the buffers to CLIENT LIST, before this thread waits.
    fn show_buffers(&mut self, requests: &Requests) {
        let buffers = &self.client.buffers;
        let (query, free) = requests.buffer_bytes();
        Buffers::set(&buffers.query, query);
        Buffers::set(&buffers.query_free, free + self.input.capacity());
        Buffers::set(&buffers.arguments, requests.unfinished_args_bytes());
        Buffers::set(&buffers.built, 0);
        Buffers::set(&buffers.reply, self.reply.output().capacity());
    }

    /// Shows the request that waits, at `index`, and the bytes behind it to CLIENT LIST.
    fn show_blocked(&self, requests: &Requests, index: usize) {
        let buffers = &self.client.buffers;
        Buffers::set(&buffers.arguments, requests.get(index).bytes_of_all());
        Buffers::set(&buffers.query, requests.unparsed().len());
    }

    /// Ends the wait for bytes, and counts the ones that came. Returns the end of the wait.
    fn count_received(&self, bytes: usize) -> Instant {
        let now = Instant::now();
        self.waits.end(now);
        Counters::add(&self.client.counters.read_bytes, bytes as u64);
        Counters::add(&self.client.counters.reads, 1);
        self.client.touch(now);
        now
    }

    /// Begins the wait for the next request: until the last reply is sent, it is one for the log.
    /// Returns its beginning.
    fn begin_wait(&self) -> Instant {
        let now = Instant::now();
        if !self.outbox.has_pending() {
            self.waits.begin(Reason::Socket, now);
            return now;
        }
        self.waits.begin(Reason::Log, now);
        // It may just have been sent.
        if !self.outbox.has_pending() {
            self.waits.end_log();
        }
        now
    }

    /// Closes the connection if its requests exceed `client-query-buffer-limit`. Returns whether
    /// they do.
    fn is_over_limit(&self, requests: &Requests, session: &Session) -> bool {
        let is_over = session.is_over_limit(requests);
        if is_over {
            self.report_query(requests);
            self.outbox.close();
        }
        is_over
    }

    /// Logs that a request was too long, in Redis's words.
    fn report_query(&self, requests: &Requests) {
        let mut line = String::new();
        commands::describe(&self.client, &mut line);
        let bytes = requests.unfinished();
        self.engine.state().logger.warning(format_args!(
            "Closing client that reached max query buffer length: {} (qbuf initial bytes: \"{}\")",
            line.trim_end(),
            bytes[..bytes.len().min(REPORTED_BYTES)].escape_ascii()
        ));
    }

    /// Sends or queues the replies, then waits while the clients' replies take too much memory.
    fn flush(&mut self, session: &mut Session) -> io::Result<()> {
        self.waits.does(Doing::Answers);
        self.send_replies(session)?;
        if self.outbox.is_over_budget() {
            // Blocks.
            self.poll_guard = None;
            let _waiting = threads::waiting(Reason::Socket);
            self.outbox.wait_for_budget()?;
        }
        Ok(())
    }

    /// Sends the replies directly, or queues them if their record is not committed yet or earlier
    /// replies are pending.
    fn send_replies(&mut self, session: &mut Session) -> io::Result<()> {
        let ticket = self.ticket.take();
        let mut trace = session.trace.take_if(|trace| trace.is_released());
        self.sleep_before_sending(trace.as_deref_mut(), ticket);
        // The log may have been switched off since; records sent before still count.
        let Some(log) = self.engine.attached_log() else {
            return self.send_now(trace, ticket);
        };
        let commit = log.commit();
        let is_committed = ticket.is_none_or(|ticket| commit.is_committed(ticket));
        if self.reply.output().is_empty() || is_committed && !self.outbox.has_pending() {
            return self.send_now(trace, ticket);
        }
        let pending = self.outbox.make_pending(self.reply.take());
        // Before it is queued, so that this thread helps to send it.
        self.poll_guard = self.will_poll.then(|| commit.poll_guard());
        commit.queue(ticket, move || trace::deliver(pending, trace));
        Ok(())
    }

    /// Receives more bytes: polls first, then blocks.
    fn wait(&mut self, requests: &mut Requests) -> io::Result<usize> {
        let found = self.poll(requests)?;
        self.poll_guard = None;
        match found {
            Some(count) => Ok(count),
            None => {
                self.outbox.wait_for_input()?;
                self.show_reading(requests);
                self.input.receive(requests, WaitMode::Block)
            }
        }
    }

    /// Shows that this thread is in the middle of a request, or of none, before it blocks.
    fn show_reading(&self, requests: &Requests) {
        self.waits.does(match requests.unfinished().is_empty() {
            true => Doing::Runs,
            false => Doing::Reads,
        });
    }

    /// Polls for more bytes, if that pays. At each poll, sends a few pending replies.
    fn poll(&mut self, requests: &mut Requests) -> io::Result<Option<usize>> {
        if !self.will_poll {
            return Ok(None);
        }
        self.waits.does(Doing::Polls);
        let find = || {
            if let Some(guard) = &self.poll_guard {
                guard.send_some();
            }
            self.outbox.push();
            // Most clients send nothing more before they have their answer.
            if self.outbox.has_pending() {
                return None;
            }
            match self.input.receive(requests, WaitMode::DontBlock) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                result => Some(result),
            }
        };
        self.poller.poll(find).transpose()
    }
}
