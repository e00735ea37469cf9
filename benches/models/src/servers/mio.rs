//! All clients in one event loop on one thread, on mio: the runtimes' inner work, by hand.
//!
//! A thread or a task would wait; a `Client` stores its state instead. At its next event,
//! `Client::proceed` continues from that state. Events are edge-triggered, so a client remembers
//! that it is readable until a read finds its socket empty.
//!
//! `Conversation::run` may block for a moment (see [`super`]); meanwhile the loop serves no
//! client. A panic ends the process.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, ErrorKind};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use threadbare::aof::{Log, Ticket};
use threadbare::config::Fsync;
use threadbare::config::limits::READ_BUFFER_BYTES;
use threadbare::engine::Engine;

use super::conversation::{Conversation, Received, Wants};
use super::{ACCEPT_RETRY, complain_of_accept};

const LISTENER: Token = Token(0);
const ANSWER: Token = Token(1);
const FIRST_CLIENT: usize = 2;

const EVENTS: usize = 1024;

/// Upper bound of one client's reads in a row; then it yields to the others.
const READS_IN_A_ROW: usize = 16;

/// Polls of the loop for commits, before it asks the log's thread to wake it and sleeps.
const LOOKS: usize = 4;

/// Runs the loop on the calling thread.
///
/// # Errors
/// If the system refuses an epoll instance, or a wait on it fails.
pub fn serve(listener: std::net::TcpListener, engine: Arc<Engine>) -> io::Result<()> {
    Server::new(TcpListener::from_std(listener), engine)?.run()
}

struct Server {
    engine: Arc<Engine>,
    poll: Poll,
    listener: TcpListener,
    /// When to accept again after an error. No event reports that descriptors are free again.
    retry_at: Option<Instant>,
    clients: HashMap<Token, Client>,
    /// The token of the next client. No token is used twice: a late commit for a closed client
    /// must not reach another client.
    next_client: usize,
    /// Clients that have yielded.
    unfinished: HashSet<Token>,
    /// Clients that wait for a commit, in the order of their tickets.
    unwritten: VecDeque<(Ticket, Token)>,
    /// Polls in a row that found no commit.
    looks: usize,
    /// The ticket whose commit will make the log's thread wake the loop.
    asked: Option<Ticket>,
    waker: Arc<Waker>,
    /// The read buffer, shared by all clients.
    buffer: Vec<u8>,
}

impl Server {
    fn new(mut listener: TcpListener, engine: Arc<Engine>) -> io::Result<Server> {
        let poll = Poll::new()?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), ANSWER)?);
        Ok(Server {
            engine,
            poll,
            listener,
            retry_at: None,
            clients: HashMap::new(),
            next_client: FIRST_CLIENT,
            unfinished: HashSet::new(),
            unwritten: VecDeque::new(),
            looks: 0,
            asked: None,
            waker,
            buffer: vec![0; READ_BUFFER_BYTES],
        })
    }

    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.wait(&mut events)?;
            let mut is_answered = false;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    ANSWER => is_answered = true,
                    token => self.proceed(token, |client| client.note(event)),
                }
            }
            if self.until_retry() == Some(Duration::ZERO) {
                self.accept();
            }
            self.proceed_written();
            if is_answered {
                self.note_answer();
            }
            for token in mem::take(&mut self.unfinished) {
                self.proceed(token, |_| {});
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let is_busy = self.is_looking() || !self.unfinished.is_empty();
        let timeout = match is_busy {
            true => Some(Duration::ZERO),
            false => self.until_retry(),
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    /// Returns whether to poll for commits soon. After `LOOKS` polls, or if commits need a sync,
    /// asks the log's thread to wake the loop instead.
    fn is_looking(&mut self) -> bool {
        let Some(&(last, _)) = self.unwritten.back() else {
            return false;
        };
        if self.asked.is_some() {
            return false;
        }
        if self.log().status().fsync() != Fsync::Always && self.looks < LOOKS {
            self.looks += 1;
            return true;
        }
        self.asked = Some(last);
        let wake = Wake(Arc::clone(&self.waker));
        let commit = self.log().commit();
        commit.queue(Some(last), || drop(wake));
        false
    }

    /// Continues every client whose ticket is committed. One wake serves them all.
    fn proceed_written(&mut self) {
        while let Some(&(ticket, token)) = self.unwritten.front()
            && self.log().commit().is_committed(ticket)
        {
            self.unwritten.pop_front();
            self.looks = 0;
            self.proceed(token, |client| client.is_unwritten = false);
        }
    }

    /// Handles a wake by the log. If the ticket is not committed, the log has dropped the
    /// callback: its disk has been failing for too long. Then every client that waits for a
    /// commit is disconnected.
    fn note_answer(&mut self) {
        self.looks = 0;
        let asked = self.asked.take();
        if asked.is_some_and(|ticket| !self.log().commit().is_committed(ticket)) {
            for (_, token) in self.unwritten.drain(..) {
                self.clients.remove(&token);
            }
        }
    }

    fn log(&self) -> &Log {
        self.engine.attached_log().expect("a server that has begun")
    }

    fn until_retry(&self) -> Option<Duration> {
        self.retry_at
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Accepts all waiting connections. After an error that does not concern one connection
    /// alone, accepts again `ACCEPT_RETRY` later.
    fn accept(&mut self) {
        self.retry_at = None;
        loop {
            let added = match self.listener.accept() {
                Ok((stream, _)) => self.add(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The client has left before its connection was accepted.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => {
                    self.retry_at = Some(Instant::now() + ACCEPT_RETRY);
                    return complain_of_accept(&self.engine, &error);
                }
            };
            if let Err(error) = added {
                complain_of_accept(&self.engine, &error);
            }
        }
    }

    fn add(&mut self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let token = Token(self.next_client);
        self.next_client += 1;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, token, both)?;
        let client = Client {
            token,
            stream,
            conversation: Conversation::new(&self.engine),
            wants: Wants::Input,
            is_unwritten: false,
            readable: false,
            half_closed: false,
        };
        self.clients.insert(token, client);
        Ok(())
    }

    /// Notes an event of a client, unless it is gone, and serves it.
    fn proceed(&mut self, token: Token, note: impl FnOnce(&mut Client)) {
        let Some(client) = self.clients.get_mut(&token) else {
            return;
        };
        note(client);
        match client.proceed(&mut self.unwritten, &mut self.buffer) {
            Ok(Progress::Waits) => {}
            Ok(Progress::Yields) => {
                self.unfinished.insert(token);
            }
            // Closing the descriptor takes it out of the epoll instance.
            Ok(Progress::Over) | Err(_) => {
                self.clients.remove(&token);
            }
        }
    }
}

struct Client {
    token: Token,
    stream: TcpStream,
    conversation: Conversation,
    wants: Wants,
    /// Its last records are not committed yet, so its replies must not be sent.
    is_unwritten: bool,
    /// A read may find bytes.
    readable: bool,
    /// The client has shut down its sending side, and the event for that has come.
    half_closed: bool,
}

/// The result of serving a client.
enum Progress {
    /// It waits for its next event or commit.
    Waits,
    /// It could go on, and yields to the other clients.
    Yields,
    /// Its connection has ended.
    Over,
}

impl Client {
    fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
        self.half_closed |= event.is_read_closed();
    }

    /// Sends, receives and runs until one of them is not possible.
    fn proceed(
        &mut self,
        unwritten: &mut VecDeque<(Ticket, Token)>,
        buffer: &mut [u8],
    ) -> io::Result<Progress> {
        for _ in 0..READS_IN_A_ROW {
            if self.is_unwritten || !self.send()? {
                return Ok(Progress::Waits);
            }
            match self.wants {
                Wants::Room => {}
                Wants::Close => return Ok(Progress::Over),
                Wants::Input => match self.receive(buffer)? {
                    None => return Ok(Progress::Waits),
                    Some(Received::End) => return Ok(Progress::Over),
                    Some(_) => {}
                },
            }
            self.run(unwritten);
        }
        Ok(Progress::Yields)
    }

    fn run(&mut self, unwritten: &mut VecDeque<(Ticket, Token)>) {
        let (wants, ticket) = self.conversation.run();
        self.wants = wants;
        if let Some(ticket) = ticket {
            self.is_unwritten = true;
            unwritten.push_back((ticket, self.token));
        }
    }

    /// Returns whether all replies are sent.
    fn send(&mut self) -> io::Result<bool> {
        let sent = unless_blocked(self.conversation.send(&mut self.stream))?;
        Ok(sent.is_some())
    }

    /// Receives bytes; returns `None` if none have come yet. A short read has emptied the
    /// socket, so the next byte raises a new event. The end raises no second event;
    /// `half_closed` remembers the first.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<Received>> {
        if !self.readable {
            return Ok(None);
        }
        let received = self.conversation.receive(&mut self.stream, buffer);
        let received = unless_blocked(received)?;
        self.readable = self.half_closed || received == Some(Received::Much);
        Ok(received)
    }
}

fn unless_blocked<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Wakes the loop when it is dropped: after the commit, or when the log drops the callback.
struct Wake(Arc<Waker>);

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.wake().expect("an eventfd that can be written");
    }
}
