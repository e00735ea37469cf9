//! One client as the engine sees it: bytes go in, requests run, replies come out. A
//! `Conversation` never waits for the client or the log. Each model waits in its own way, in
//! this order:
//!
//! ```text
//!   loop
//!       run          until it needs more input or room
//!                    -- if records were written: wait for their commit
//!       send         the replies   -- wait for room in the socket
//!       receive      more requests -- wait for the client
//! ```
//!
//! threadbare's `connection.rs` works the same way, except that it does not wait for the log. It
//! queues the replies for the thread that learns of the commit, and goes on.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;

use futures_channel::oneshot;
use threadbare::aof::{Log, Ticket};
use threadbare::client::Client;
use threadbare::client::session::Session;
use threadbare::config::Fsync;
use threadbare::engine::{Done, Engine, Next};
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;

/// Polls of a task for its commit, before it asks the log's thread to wake it.
const LOOKS: usize = 16;

/// The next step of a conversation after it has sent its replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// Receive more requests from the client.
    Input,
    /// Run the remaining requests: the reply buffer was full.
    Room,
    /// Close the connection.
    Close,
}

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// The read filled its buffer; the socket may hold more.
    Much,
    /// The read did not fill its buffer: the socket is empty.
    All,
    /// The client has closed its side; no more bytes will come.
    End,
}

impl Received {
    fn new(count: usize, room: usize) -> Received {
        match count {
            0 => Received::End,
            count if count == room => Received::Much,
            _ => Received::All,
        }
    }
}

pub(super) struct Conversation {
    engine: Arc<Engine>,
    session: Session,
    requests: Requests,
    /// The index of the next request.
    index: usize,
    reply: Reply,
}

impl Conversation {
    pub(super) fn new(engine: &Arc<Engine>) -> Conversation {
        let rules = Arc::clone(&engine.state().rules);
        Conversation {
            engine: Arc::clone(engine),
            session: Session::new(Arc::new(Client::detached()), rules),
            requests: Requests::default(),
            index: 0,
            reply: Reply::default(),
        }
    }

    /// Runs requests. The replies must not be sent before the ticket is committed.
    pub(super) fn run(&mut self) -> (Wants, Option<Ticket>) {
        let mut last = None;
        while !self.reply.is_full() {
            if self.index == self.requests.len()
                && let Err(wants) = self.parse()
            {
                return (wants, last);
            }
            let done = self.run_turn();
            last = done.ticket.or(last);
            match done.next {
                Next::Continue => {}
                Next::Flush => return (Wants::Room, last),
                // These servers wait neither for data nor for the end of a pause.
                Next::Wait(_) | Next::Postpone(_) | Next::Close => return (Wants::Close, last),
            }
        }
        (Wants::Room, last)
    }

    /// Runs requests in a task and waits until their records are committed. `yield_now` lets
    /// other tasks run.
    ///
    /// # Errors
    /// If the log has dropped the callback, because its disk has been failing for too long. It
    /// is then unknown whether the records will be in the file.
    pub(super) async fn run_and_wait<F: Future<Output = ()>>(
        &mut self,
        yield_now: impl Fn() -> F,
    ) -> io::Result<Wants> {
        let (wants, ticket) = self.run();
        if let (Some(ticket), Some(log)) = (ticket, self.engine.attached_log())
            && !is_kept_soon(log, ticket, yield_now).await
        {
            wait_for(log, ticket).await?;
        }
        Ok(wants)
    }

    /// Parses the received bytes. Without a request, returns the next step as the error.
    fn parse(&mut self) -> Result<(), Wants> {
        self.requests.clear();
        self.index = 0;
        if let Err(error) = self.requests.parse(self.session.limits()) {
            self.reply.protocol_error(error);
            return Err(Wants::Close);
        }
        if self.requests.is_empty() {
            return Err(Wants::Input);
        }
        Ok(())
    }

    fn run_turn(&mut self) -> Done {
        let done = self.engine.run(
            &self.requests,
            self.index,
            &mut self.session,
            &mut self.reply,
        );
        self.index = done.index;
        done
    }

    /// Sends all replies to a nonblocking socket.
    ///
    /// # Errors
    /// `WouldBlock` if the socket has no room now; the next call continues from there.
    pub(super) fn send(&mut self, socket: &mut impl Write) -> io::Result<()> {
        self.reply.output().write_all(socket)?;
        self.reply.output().clear();
        Ok(())
    }

    /// Reads once from a nonblocking socket, through `buffer`. The rest of a big argument is
    /// read directly into its place instead, which may take several reads.
    ///
    /// # Errors
    /// `WouldBlock` if no more bytes have come yet.
    pub(super) fn receive(
        &mut self,
        socket: &mut impl Read,
        buffer: &mut [u8],
    ) -> io::Result<Received> {
        if let Some((payload, room)) = self.big_argument() {
            let count = socket.take(room as u64).read_to_end(payload)?;
            return Ok(Received::new(count, room));
        }
        let count = socket.read(buffer)?;
        self.received(&buffer[..count]);
        Ok(Received::new(count, buffer.len()))
    }

    /// See [`Requests::payload_room`].
    pub(super) fn big_argument(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        self.requests.payload_room()
    }

    /// Appends received bytes to the unparsed requests.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.requests.receive(bytes);
    }
}

/// Polls a few times and returns whether the record is committed. Before each poll, other tasks
/// and threads may run.
async fn is_kept_soon<F: Future<Output = ()>>(
    log: &Log,
    ticket: Ticket,
    yield_now: impl Fn() -> F,
) -> bool {
    // With `always`, a commit takes a sync, which is too long to poll for.
    if log.status().fsync() != Fsync::Always {
        for _ in 0..LOOKS {
            thread::yield_now();
            yield_now().await;
            if log.commit().is_committed(ticket) {
                return true;
            }
        }
    }
    false
}

/// Waits until the log calls back for the committed record.
async fn wait_for(log: &Log, ticket: Ticket) -> io::Result<()> {
    let (sender, receiver) = oneshot::channel();
    log.commit().queue(Some(ticket), move || {
        // The receiver is gone if the client is.
        let _ = sender.send(());
    });
    // An error: the log has dropped the sender unused.
    receiver.await.map_err(|_| ErrorKind::BrokenPipe.into())
}
