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
//! It is what threadbare's `connection.rs` does besides reading and writing.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use futures_channel::oneshot;
use threadbare::aof::Answer;
use threadbare::execute::{Engine, Next};
use threadbare::registry::Client;
use threadbare::resp::args::Requests;
use threadbare::resp::reply::Reply;
use threadbare::session::Session;

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
        let is_open = engine.instance().config().requirepass.is_empty();
        Conversation {
            engine: Arc::clone(engine),
            session: Session::new(Arc::new(Client::detached()), is_open),
            requests: Requests::default(),
            index: 0,
            reply: Reply::default(),
        }
    }

    /// Runs requests. Each time that data has been changed it asks `when_written` for what
    /// the log's thread is to call when that is in the file; the replies must not be sent
    /// before the last of these calls.
    pub(super) fn run<F>(&mut self, mut when_written: impl FnMut() -> F) -> Wants
    where
        F: FnOnce() + Send + 'static,
    {
        let mut answer = |reply: &mut Reply| Answer {
            // Replies that wait for a slow disk take memory as well as records do.
            cost: reply.output().len(),
            give: Box::new(when_written()),
        };
        while !self.reply.is_full() {
            if self.index == self.requests.len()
                && let Err(wants) = self.parse()
            {
                return wants;
            }
            if self.run_turn(&mut answer) == Next::Close {
                return Wants::Close;
            }
        }
        Wants::Room
    }

    /// Runs requests, and waits until what they changed is in the file. For tasks.
    ///
    /// # Errors
    /// If that will never be: the server is stopping, and its disk is full.
    pub(super) async fn run_and_wait(&mut self) -> io::Result<Wants> {
        let mut written = None;
        let wants = self.run(|| {
            let (sender, receiver) = oneshot::channel();
            written = Some(receiver);
            move || {
                // If the client is gone, nobody waits.
                let _ = sender.send(());
            }
        });
        if let Some(written) = written {
            // A sender that was dropped unused.
            written.await.map_err(|_| ErrorKind::BrokenPipe)?;
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

    fn run_turn(&mut self, answer: impl FnOnce(&mut Reply) -> Answer) -> Next {
        let done = self.engine.run(
            &self.requests,
            self.index,
            &mut self.session,
            &mut self.reply,
            |reply| Some(answer(reply)),
        );
        self.index = done.index;
        done.next
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
