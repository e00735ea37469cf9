//! All clients in one loop on one thread, on mio: what the runtimes do underneath, by hand.
//!
//! Where a thread or a task would wait, a `Client` remembers what it waits for, and
//! `Client::proceed` goes on from there whenever something has happened to it. Readiness
//! is told on its edges, so it is remembered until a read or a write finds that it has gone.
//!
//! While `Conversation::run` blocks, which it may for a moment (see [`super`]), nobody is
//! served. A panic ends the process.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use threadbare::config::limits::READ_BUFFER_BYTES;
use threadbare::execute::Engine;

use super::conversation::{Conversation, Received, Wants};
use super::{ACCEPT_RETRY, complain_of_accept};

const LISTENER: Token = Token(0);
const WRITTEN: Token = Token(1);
const FIRST_CLIENT: usize = 2;

const EVENTS: usize = 1024;

/// A client that always has more yields to the others after so many reads.
const READS_IN_A_ROW: usize = 16;

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
    written: Arc<Written>,
    /// Where all read into.
    buffer: Vec<u8>,
}

impl Server {
    fn new(mut listener: TcpListener, engine: Arc<Engine>) -> io::Result<Server> {
        let poll = Poll::new()?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        let written = Written::new(Waker::new(poll.registry(), WRITTEN)?);
        Ok(Server {
            engine,
            poll,
            listener,
            retry_at: None,
            clients: HashMap::new(),
            next_client: FIRST_CLIENT,
            unfinished: HashSet::new(),
            written: Arc::new(written),
            buffer: vec![0; READ_BUFFER_BYTES],
        })
    }

    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        let mut written = Vec::new();
        loop {
            self.wait(&mut events)?;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    // Below, for an answer may be there before its event.
                    WRITTEN => {}
                    token => self.proceed(token, |client| client.note(event)),
                }
            }
            if self.until_retry() == Some(Duration::ZERO) {
                self.accept();
            }
            self.written.take(&mut written);
            for token in written.drain(..) {
                self.proceed(token, |client| client.unwritten -= 1);
            }
            for token in mem::take(&mut self.unfinished) {
                self.proceed(token, |_| {});
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let timeout = match self.unfinished.is_empty() {
            true => self.until_retry(),
            false => Some(Duration::ZERO),
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            result => result,
        }
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
            unwritten: 0,
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
        match client.proceed(&self.written, &mut self.buffer) {
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
    /// Answers that the log has not given yet. Until then nothing may be sent.
    unwritten: usize,
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
    fn proceed(&mut self, written: &Arc<Written>, buffer: &mut [u8]) -> io::Result<Progress> {
        for _ in 0..READS_IN_A_ROW {
            if self.unwritten > 0 || !self.send()? {
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
            self.run(written);
        }
        Ok(Progress::Yields)
    }

    fn run(&mut self, written: &Arc<Written>) {
        let token = self.token;
        self.wants = self.conversation.run(|| {
            self.unwritten += 1;
            let written = Arc::clone(written);
            move || written.tell(token)
        });
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

/// Clients whose changes are in the file: news from the log's thread to the loop.
struct Written {
    tokens: Mutex<Vec<Token>>,
    waker: Waker,
}

impl Written {
    fn new(waker: Waker) -> Written {
        Written {
            tokens: Mutex::default(),
            waker,
        }
    }

    /// Called on the log's thread, once for each answer; the loop is woken once for all
    /// that it has not taken yet.
    fn tell(&self, token: Token) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push(token);
        let is_first = tokens.len() == 1;
        drop(tokens);
        if is_first {
            self.waker.wake().expect("an eventfd that can be written");
        }
    }

    /// Swaps all that was told into `taken`, which is empty.
    fn take(&self, taken: &mut Vec<Token>) {
        mem::swap(
            &mut *self.tokens.lock().unwrap_or_else(PoisonError::into_inner),
            taken,
        );
    }
}
