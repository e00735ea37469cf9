//! All clients in one loop on one thread, on mio: what the runtimes do underneath, by hand.
//!
//! Where a thread or a task would wait, a `Client` remembers what it waits for, and
//! `Client::proceed` goes on from there whenever something has happened to it. Readiness
//! is told on its edges, so it is remembered until a read or a write finds that it has gone.
//!
//! While `Conversation::run` blocks, which it may for a moment (see [`super`]), nobody is
//! served. A panic ends the process.

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

/// A client that always has more yields to the others after so many reads.
const READS_IN_A_ROW: usize = 16;

/// So often the loop looks whether changes are in the file before it sleeps until the log's
/// thread wakes it.
const LOOKS: usize = 4;

/// Runs the loop on the calling thread.
///
/// # Errors
/// If the system refuses an epoll instance, or to wait for it.
pub fn serve(listener: std::net::TcpListener, engine: Arc<Engine>) -> io::Result<()> {
    Server::new(TcpListener::from_std(listener), engine)?.run()
}

struct Server {
    engine: Arc<Engine>,
    poll: Poll,
    listener: TcpListener,
    /// When to accept again after an error: nothing tells that there are descriptors again.
    retry_at: Option<Instant>,
    clients: HashMap<Token, Client>,
    /// A number is never used twice: the log may still speak of a client that is gone, and
    /// what it says must not pass for news of another.
    next_client: usize,
    /// Clients that have yielded.
    unfinished: HashSet<Token>,
    /// Clients whose changes are not in the file yet, in the order of those.
    unwritten: VecDeque<(Ticket, Token)>,
    /// Looks that found none of them there.
    looks: usize,
    /// The log's thread will wake the loop when this is in the file.
    asked: Option<Ticket>,
    waker: Arc<Waker>,
    /// Where all read into.
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

    /// Whether to look soon if changes are in the file. If that has been done often enough,
    /// or they have to be synced as well, the log's thread is asked to wake the loop.
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

    /// One answer is for all who wait.
    fn proceed_written(&mut self) {
        while let Some(&(ticket, token)) = self.unwritten.front()
            && self.log().commit().is_committed(ticket)
        {
            self.unwritten.pop_front();
            self.looks = 0;
            self.proceed(token, |client| client.is_unwritten = false);
        }
    }

    /// If the log has dropped the answer, its disk has been failing for too long, and who
    /// waits for that is sent away.
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

    /// Accepts all who wait. After an error that is not one connection's they wait a while.
    fn accept(&mut self) {
        self.retry_at = None;
        loop {
            let added = match self.listener.accept() {
                Ok((stream, _)) => self.add(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // The client was gone before it was its turn.
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

    /// Notes what has happened to a client, unless it is gone, and serves it.
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
    /// What it has changed is not in the file yet. Until then nothing may be sent.
    is_unwritten: bool,
    /// A read may find something.
    readable: bool,
    /// It will send nothing more, and this has been told.
    half_closed: bool,
}

/// How far a client could be served.
enum Progress {
    /// Until something happens to it.
    Waits,
    /// Not as far as possible, for others have waited long enough.
    Yields,
    /// To the end.
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

    /// Whether all is sent.
    fn send(&mut self) -> io::Result<bool> {
        let sent = unless_blocked(self.conversation.send(&mut self.stream))?;
        Ok(sent.is_some())
    }

    /// What has come; `None` if nothing has yet. A read that got all has emptied the socket:
    /// the next byte will be a new event. Only the end, told already, will be none.
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

/// Wakes the loop when it is dropped: with the answer that the log has given or dropped.
struct Wake(Arc<Waker>);

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.wake().expect("an eventfd that can be written");
    }
}
