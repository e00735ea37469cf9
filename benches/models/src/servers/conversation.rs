//! One client as the engine sees it: bytes go in, requests are run, replies come out. It
//! waits for nothing; each model does the waiting in its own way, in this order:
//!
//! ```text
//!   loop
//!       run          until it wants something from outside
//!                    -- if data was changed: wait until that is in the file
//!       send         the replies   -- waiting for room in the socket
//!       receive      more requests -- waiting for the client
//! ```
//!
//! threadbare's `connection.rs` does the same without the waits for the file: it hands the
//! replies over to whoever will see that it is kept, and goes on.

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

/// A task looks so often whether its changes are in the file before the log's thread is asked
/// to wake it.
const LOOKS: usize = 16;

/// What a conversation goes on with, once its replies are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// More requests from the client.
    Input,
    /// To run the requests that it has: there were too many replies already.
    Room,
    /// The end of the connection.
    Close,
}

/// What a read has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// As much as could be taken; there may be more.
    Much,
    /// Less than that: all that there was.
    All,
    /// Nothing, and nothing more will come.
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
    /// The request that comes next.
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

    /// Runs requests. The replies must not be sent before the log has kept the ticket.
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
            if done.next == Next::Close {
                return (Wants::Close, last);
            }
        }
        (Wants::Room, last)
    }

    /// Runs requests, and waits until what they changed is in the file. For tasks;
    /// `yield_now` lets others run.
    ///
    /// # Errors
    /// If nobody knows whether it will be: its disk has been failing for too long.
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

    /// Makes requests of what has been received, or tells why there are none.
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

    /// Sends all replies to a socket that does not block.
    ///
    /// # Errors
    /// `WouldBlock` if it has no room now; the next call goes on from there.
    pub(super) fn send(&mut self, socket: &mut impl Write) -> io::Result<()> {
        self.reply.output().write_all(socket)?;
        self.reply.output().clear();
        Ok(())
    }

    /// Makes one read, through `buffer`, of a socket that does not block. Only the rest of a
    /// big argument goes directly to where it belongs, and may take several reads.
    ///
    /// # Errors
    /// `WouldBlock` if nothing more has come yet.
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

    /// Takes bytes that came.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.requests.receive(bytes);
    }
}

/// Whether a few looks find the record kept. Before each, other tasks and threads may run.
async fn is_kept_soon<F: Future<Output = ()>>(
    log: &Log,
    ticket: Ticket,
    yield_now: impl Fn() -> F,
) -> bool {
    // If not, it takes a sync.
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

/// Waits until the log says that the record is committed.
async fn wait_for(log: &Log, ticket: Ticket) -> io::Result<()> {
    let (sender, receiver) = oneshot::channel();
    log.commit().queue(Some(ticket), move || {
        // If the client is gone, nobody waits.
        let _ = sender.send(());
    });
    // A sender that was dropped unused.
    receiver.await.map_err(|_| ErrorKind::BrokenPipe.into())
}
