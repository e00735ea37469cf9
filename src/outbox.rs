//! A client's only way out.
//!
//! Several threads have something to say to a client: its own, and for answers to writes,
//! which have to wait for the log, that of the log and those of other clients. All of it goes
//! through the client's outbox, whose lock is held for whole replies: nothing interleaves, and
//! the order is plain.
//!
//! A client that does not read must cost nobody but itself. Each try to write is
//! bounded by a short time-out on the socket; what does not fit is kept here. If it was
//! the client's own thread that tried, it stays until all is written, and meanwhile
//! reads no further requests. If it was another, a thread of its own is started for the
//! laggard, which ends when it has caught up.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::registry::Connection;
use crate::resp::output::Output;
use crate::sys::Stream;

/// How long one try to write may take before the client counts as a laggard. A socket
/// buffer that has room takes microseconds, so this is only ever met by those who do not
/// read; it is also about the shortest time that Linux can measure here (a jiffy).
const WRITE_TRY: Duration = Duration::from_millis(5);

/// The same for who writes a laggard's backlog: few enough wake-ups for a client that
/// never reads, and often enough to see whether one that reads slowly still does.
const DRAIN_TRY: Duration = Duration::from_millis(100);

/// The writing half of a connection.
#[derive(Debug)]
pub struct Outbox {
    name: String,
    stream: Stream,
    /// The mode of the socket, for reading and writing.
    is_blocking: AtomicBool,
    state: Mutex<State>,
    drained: Condvar,
    /// Replies that wait for the log, for others to give. While there are any, later replies
    /// must go the same way, or they would overtake.
    awaiting_log: AtomicUsize,
    /// The client's own thread waits until there are none.
    is_settling: AtomicBool,
    sent_bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    backlog: VecDeque<Output>,
    /// Some thread is writing the backlog; all others only add to it.
    draining: bool,
    /// When the backlog has last grown shorter.
    progress: Option<Instant>,
    closed: bool,
}

impl Outbox {
    /// Takes over `stream` for writing. `name` is that of the client's thread.
    ///
    /// # Errors
    /// If the socket's options cannot be set.
    pub fn new(name: String, stream: Stream) -> io::Result<Outbox> {
        stream.set_nodelay()?;
        stream.set_write_timeout(Some(WRITE_TRY))?;
        Ok(Outbox {
            name,
            stream,
            is_blocking: AtomicBool::new(true),
            state: Mutex::default(),
            drained: Condvar::new(),
            awaiting_log: AtomicUsize::new(0),
            is_settling: AtomicBool::new(false),
            sent_bytes: AtomicU64::new(0),
        })
    }

    /// The number of the stream's descriptor.
    pub fn fd(&self) -> i32 {
        self.stream.as_raw_fd()
    }

    /// The stream, to read from.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Chooses whether the socket lets a thread wait. Switches only if needed: a client that
    /// stays busy stays in one mode. For the client's own thread, which relies on it.
    ///
    /// # Errors
    /// If the mode cannot be set.
    pub fn set_blocking(&self, blocking: bool) -> io::Result<()> {
        if self.is_blocking.load(Ordering::Relaxed) != blocking {
            self.stream.set_nonblocking(!blocking)?;
            self.is_blocking.store(blocking, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Sends `output`, which is empty afterwards, and returns when all that was to be sent
    /// before it, and it, is written. For the client's own thread.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn send(&self, output: &mut Output) -> io::Result<()> {
        let mut state = self.lock();
        self.add(&mut state, output);
        let is_late = !state.backlog.is_empty() || state.draining;
        if is_late {
            // This thread waits, so whoever writes may wait as well. An error shows with the
            // next write.
            let _ = self.set_blocking(true);
        }
        if is_late && !state.draining {
            state.draining = true;
            drop(state);
            self.drain();
            state = self.lock();
        }
        let state = self.wait_while(state, |state| state.draining);
        if state.closed {
            Err(io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(())
        }
    }

    /// Sends `output` without waiting for a client that does not read. For any thread
    /// but the client's own.
    pub fn offer(self: &Arc<Self>, mut output: Output) {
        let mut state = self.lock();
        self.add(&mut state, &mut output);
        if state.backlog.is_empty() || state.draining || state.closed {
            return;
        }
        state.draining = true;
        drop(state);
        let outbox = Arc::clone(self);
        let thread = thread::Builder::new()
            .name(format!("{}-out", self.name))
            .stack_size(crate::config::limits::STACK_BYTES);
        if thread.spawn(move || outbox.drain()).is_err() {
            self.close();
        }
    }

    /// Makes of `output` a reply that another thread will `deliver`.
    pub fn expect(self: &Arc<Self>, output: Output) -> Owed {
        self.awaiting_log.fetch_add(1, Ordering::Relaxed);
        Owed {
            outbox: Arc::clone(self),
            output: Some(output),
        }
    }

    /// Whether replies are with other threads.
    pub fn is_expecting(&self) -> bool {
        self.awaiting_log.load(Ordering::SeqCst) > 0
    }

    /// Waits, if another thread is busy writing to a client that reads too slowly. For
    /// the client's own thread, before it takes on more work for that client.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn wait_drained(&self) -> io::Result<()> {
        self.send(&mut Output::default())
    }

    /// Waits until the answers that others owe the client are given and written, or the
    /// connection is gone. For the client's own thread, as the last thing: until then the
    /// client is connected, and can be seen and closed.
    pub fn settle(&self) {
        self.is_settling.store(true, Ordering::SeqCst);
        drop(self.wait_while(self.lock(), |_| self.is_expecting()));
        // An error says that the connection is gone.
        let _ = self.wait_drained();
    }

    /// Writes `output` if nothing is waiting before it, and keeps what does not fit.
    fn add(&self, state: &mut State, output: &mut Output) {
        if state.closed {
            return;
        }
        if state.backlog.is_empty() && !state.draining {
            match self.try_write(output) {
                Ok(true) => return output.clear(),
                Ok(false) => {}
                Err(_) => return self.close_locked(state),
            }
        }
        if !output.is_empty() {
            state.backlog.push_back(mem::take(output));
        }
    }

    /// Writes as much as can be written in `WRITE_TRY`; whether that was all.
    fn try_write(&self, output: &mut Output) -> io::Result<bool> {
        let mut started = None;
        loop {
            match self.write_some(output) {
                Ok(true) => return Ok(true),
                Ok(false) => {
                    if started.get_or_insert_with(Instant::now).elapsed() >= WRITE_TRY {
                        return Ok(false);
                    }
                }
                Err(error) if is_full(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes the backlog until it is empty or the connection gone. Its caller has set
    /// `draining`, so it is the only one who writes: it may wait longer, with the lock
    /// free. Errors of the time-out show in the next write.
    fn drain(&self) {
        let _ = self.stream.set_write_timeout(Some(DRAIN_TRY));
        loop {
            let mut state = self.lock();
            let Some(mut output) = state.backlog.pop_front() else {
                let _ = self.stream.set_write_timeout(Some(WRITE_TRY));
                state.draining = false;
                self.drained.notify_all();
                return;
            };
            drop(state);
            while !self.keep_writing(&mut output) {}
        }
    }

    /// Writes some of `output`, waiting for room; whether that was the last of it, be it
    /// that the connection is gone.
    fn keep_writing(&self, output: &mut Output) -> bool {
        let before = output.left();
        let result = match self.write_some(output) {
            Err(error) if is_full(&error) => {
                // The client's thread chooses the mode, and may not want to wait.
                if !self.is_blocking.load(Ordering::Relaxed) {
                    thread::sleep(WRITE_TRY);
                }
                Ok(false)
            }
            result => result,
        };
        if result.is_err() {
            self.close();
        }
        let mut state = self.lock();
        if output.left() < before {
            state.progress = Some(Instant::now());
        }
        result.unwrap_or(true) || state.closed
    }

    /// Makes one write; whether nothing is left.
    fn write_some(&self, output: &mut Output) -> io::Result<bool> {
        let before = output.left();
        let result = output.write_some(&mut &self.stream);
        let sent = (before - output.left()) as u64;
        self.sent_bytes.fetch_add(sent, Ordering::Relaxed);
        result
    }

    fn close_locked(&self, state: &mut State) {
        state.closed = true;
        state.backlog.clear();
        // An error says that the connection is closed already.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.drained.notify_all();
    }

    /// Waits as long as `is_busy`, but for a connection that is gone.
    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        is_busy: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.drained
            .wait_while(state, |state| is_busy(state) && !state.closed)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reply that another thread has yet to send. Without it no later one makes sense to the
/// client: if it is dropped, the connection is closed.
#[derive(Debug)]
pub struct Owed {
    outbox: Arc<Outbox>,
    output: Option<Output>,
}

impl Owed {
    /// Sends it.
    pub fn deliver(mut self) {
        if let Some(output) = self.output.take() {
            self.outbox.offer(output);
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if self.output.is_some() {
            self.outbox.close();
        }
        // Only now may the client's own thread write directly again.
        let before = self.outbox.awaiting_log.fetch_sub(1, Ordering::SeqCst);
        if before == 1 && self.outbox.is_settling.load(Ordering::SeqCst) {
            let _is_waiting = self.outbox.lock();
            self.outbox.drained.notify_all();
        }
    }
}

impl Connection for Outbox {
    fn close_input(&self) {
        // An error says that the connection is closed already.
        let _ = self.stream.shutdown(Shutdown::Read);
    }

    fn close(&self) {
        self.close_locked(&mut self.lock());
    }

    fn sent_bytes(&self) -> u64 {
        self.sent_bytes.load(Ordering::Relaxed)
    }

    fn last_progress(&self) -> Option<Duration> {
        self.lock().progress.map(|at| at.elapsed())
    }
}

/// The socket's buffer has no room: a blocking socket with a time-out says so as either
/// of these, one that does not block as the first.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
