//! The only way to send to a client.
//!
//! Several threads send to a client: its own thread, and for replies that wait for the log, the log's
//! thread or that of another client. All of them send through the client's outbox. Its lock is held
//! for whole replies, so replies do not mix, and their order is plain.
//!
//! A client that does not read must slow down nobody else. So a thread that sends tries once without
//! waiting. Bytes that do not fit into the socket's buffer stay here, in the backlog:
//!
//! ```text
//!   the client's own thread   writes what fits, and runs the next requests; before it blocks, it
//!                             waits for room in the socket as well as for input
//!   any other thread          writes a short reply; leaves the rest to the client's own thread if
//!                             that writes the backlog anyway, or to a new one ("client-N-out")
//! ```
//!
//! So the client's thread goes on reading while replies wait, and a client may send many requests
//! before it reads. Three limits bound the memory. Past `client-output-buffer-limit` the client is
//! disconnected. Past the budget of all clients (`budget.rs`), clients with much pending are not read
//! from. Clients that have not authenticated have a small limit of their own.

mod backlog;
mod budget;
mod limits;
mod messages;
mod pending;

use std::io;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::Connection;
use super::counters::{Counters, Sent};
use crate::resp::output::Output;
use crate::sys::{NonBlockingWriter, Stream};
use crate::threads::{self, Kind, Reason, Waits};
use backlog::{Backlog, Writer};
pub use budget::Budget;
use limits::FREE_BYTES;
pub use pending::PendingReply;

/// Upper bound of one write of the thread that writes the backlog: other threads may wait for the
/// lock meanwhile.
const PIECE_BYTES: usize = 256 * 1024;

/// Longest reply that another thread tries to write. To copy a longer one takes more time than to
/// start a thread.
const OFFERED_BYTES: usize = 128 * 1024;

/// How often a write is tried although the system reports no room. The system reports room only when
/// a third of the socket's buffer is free; this notices the progress of a slow client earlier.
pub const ROOM_CHECK: Duration = Duration::from_millis(100);

/// The writing half of a connection.
#[derive(Debug)]
pub struct Outbox {
    name: String,
    stream: Stream,
    budget: Arc<Budget>,
    backlog: Mutex<Backlog>,
    changed: Condvar,
    /// The client's own thread has to write the backlog. Changed with the lock held.
    is_owners: AtomicBool,
    /// Bytes of replies in the backlog or with other threads.
    pending_bytes: AtomicUsize,
    /// Replies that wait for the log. While there are any, later replies must be queued behind them,
    /// or they would overtake them.
    awaiting_log: AtomicUsize,
    /// The client's own thread waits until no reply waits for the log.
    is_settling: AtomicBool,
    /// Messages are held back. Changed with the lock held.
    is_holding: AtomicBool,
    /// The limits of subscribers apply.
    is_subscriber: AtomicBool,
    /// Bytes and writes. Written with the backlog locked.
    sent_bytes: AtomicU64,
    writes: AtomicU64,
    /// Whether the connection was closed. Changed with the lock held.
    is_closed: AtomicBool,
    /// Closed because too many bytes were pending.
    was_over_limit: AtomicBool,
    /// The waits of the client's own thread.
    owner: OnceLock<Arc<Waits>>,
}

impl Outbox {
    /// Takes over `stream` for writing. `name` is that of the client's thread.
    ///
    /// # Errors
    /// If the socket's options cannot be set.
    pub fn new(name: String, stream: Stream, budget: Arc<Budget>) -> io::Result<Outbox> {
        stream.set_nodelay()?;
        Ok(Outbox {
            name,
            stream,
            budget,
            backlog: Mutex::default(),
            changed: Condvar::new(),
            is_owners: AtomicBool::new(false),
            pending_bytes: AtomicUsize::new(0),
            awaiting_log: AtomicUsize::new(0),
            is_settling: AtomicBool::new(false),
            is_holding: AtomicBool::new(false),
            is_subscriber: AtomicBool::new(false),
            sent_bytes: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            was_over_limit: AtomicBool::new(false),
            owner: OnceLock::new(),
        })
    }

    /// Notes the waits of the client's own thread. A pending reply that is sent ends its wait for
    /// the log.
    pub fn set_owner(&self, waits: &Arc<Waits>) {
        // There is one such thread.
        let _ = self.owner.set(Arc::clone(waits));
    }

    /// The descriptor of the stream.
    pub fn fd(&self) -> i32 {
        self.stream.as_raw_fd()
    }

    /// The stream, to read from.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Sends `output`, and empties it. Bytes that the socket has no room for go to the backlog. For the
    /// client's own thread, which must call [`Outbox::wait_for_input`] before it blocks.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn send(&self, output: &mut Output) -> io::Result<()> {
        if output.is_empty() && !self.is_holding() {
            return Ok(());
        }
        let mut backlog = self.lock();
        self.check_limit(&mut backlog, output.left());
        self.add(&mut backlog, output, PIECE_BYTES);
        output.clear();
        if self.is_holding() {
            let mut messages = self.pass_hold(&mut backlog);
            self.add(&mut backlog, &mut messages, PIECE_BYTES);
        }
        if backlog.writer == Writer::Nobody && !backlog.is_empty() {
            self.set_writer(&mut backlog, Writer::Owner);
        }
        if backlog.is_closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        drop(backlog);
        self.push();
        Ok(())
    }

    /// Sends `output` without waiting for the client. For any thread but the client's own.
    pub fn offer(self: &Arc<Self>, output: Output) {
        self.offer_locked(&mut self.lock(), output);
    }

    fn offer_locked(self: &Arc<Self>, backlog: &mut Backlog, mut output: Output) {
        let is_short = output.left() <= OFFERED_BYTES;
        let most = if is_short { OFFERED_BYTES } else { 0 };
        self.add(backlog, &mut output, most);
        if backlog.writer == Writer::Nobody && !backlog.is_empty() {
            self.start_writer(backlog);
        }
    }

    /// Makes `output` a pending reply, which any thread may deliver later.
    pub fn make_pending(self: &Arc<Self>, output: Output) -> PendingReply {
        if self.pending_bytes() + output.len() > FREE_BYTES {
            self.check_limit(&mut self.lock(), output.len());
        }
        self.awaiting_log.fetch_add(1, Ordering::Relaxed);
        self.reserve(output.len());
        if self.is_holding() {
            self.pass_hold(&mut self.lock());
        }
        PendingReply::new(Arc::clone(self), output)
    }

    /// Whether replies are pending.
    pub fn has_pending(&self) -> bool {
        self.awaiting_log.load(Ordering::SeqCst) > 0
    }

    /// Writes the backlog as far as there is room, if the client's own thread has to write it. Returns
    /// whether it still has to. For the client's own thread.
    pub fn push(&self) -> bool {
        self.is_owners.load(Ordering::Relaxed) && !self.write_backlog()
    }

    /// Writes the backlog until there is input, if the client's own thread has to write it. Otherwise
    /// returns at once: the caller's receive waits for input.
    ///
    /// # Errors
    /// If the system cannot wait.
    pub fn wait_for_input(&self) -> io::Result<()> {
        while self.push() {
            if self.stream.wait_to_send(true, Some(ROOM_CHECK))?.to_receive {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits until all pending replies are sent and written, or the connection is gone. For the
    /// client's own thread, as the last thing: until then the client is in CLIENT LIST and can be
    /// killed.
    pub fn settle(&self) {
        while self.push() {
            // An error would show in the next write.
            let _ = self.stream.wait_to_send(false, Some(ROOM_CHECK));
        }
        self.is_settling.store(true, Ordering::SeqCst);
        let is_busy = |backlog: &mut Backlog| {
            !backlog.is_closed && (self.has_pending() || backlog.writer == Writer::Aside)
        };
        drop(self.changed.wait_while(self.lock(), is_busy));
    }

    /// Writes at most `most` bytes of `output` if the backlog is empty. Adds the rest to the backlog.
    fn add(&self, backlog: &mut Backlog, output: &mut Output, most: usize) {
        if backlog.is_closed {
            return;
        }
        if backlog.is_empty() {
            let before = output.left();
            let result = output.write_some(&mut NonBlockingWriter(&self.stream), most);
            self.count_sent(before - output.left());
            match result {
                Ok(true) => return,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return self.close_locked(backlog);
                }
                Ok(false) | Err(_) => {}
            }
        }
        self.reserve(output.left());
        backlog.push(output);
    }

    /// Starts a thread that writes the backlog.
    fn start_writer(self: &Arc<Self>, backlog: &mut Backlog) {
        self.set_writer(backlog, Writer::Aside);
        let outbox = Arc::clone(self);
        let thread = thread::Builder::new()
            .name(format!("{}-out", self.name))
            .stack_size(crate::config::limits::STACK_BYTES);
        let started = threads::start(Kind::ClientOut, thread, move || {
            while !outbox.write_backlog() {
                let _waiting = threads::waiting(Reason::Socket);
                // An error would show in the next write.
                let _ = outbox.stream.wait_to_send(false, Some(ROOM_CHECK));
            }
        });
        if started.is_err() {
            self.close_locked(backlog);
        }
    }

    /// Writes the backlog as far as there is room. Returns whether it is empty; then it has no writer
    /// any more. For the one thread that writes it.
    fn write_backlog(&self) -> bool {
        loop {
            // Released after each piece.
            let mut backlog = self.lock();
            if backlog.is_empty() {
                self.set_writer(&mut backlog, Writer::Nobody);
                return true;
            }
            match backlog.write_piece(&self.stream, PIECE_BYTES) {
                Ok(written) => {
                    self.release(written);
                    self.count_sent(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => self.close_locked(&mut backlog),
            }
        }
    }

    fn set_writer(&self, backlog: &mut Backlog, writer: Writer) {
        backlog.writer = writer;
        self.is_owners
            .store(writer == Writer::Owner, Ordering::Relaxed);
        if writer == Writer::Nobody {
            self.changed.notify_all();
        }
    }

    /// Counts a write. Call it with the backlog locked.
    fn count_sent(&self, bytes: usize) {
        Counters::add(&self.sent_bytes, bytes as u64);
        Counters::add(&self.writes, 1);
    }

    fn close_now(&self) {
        self.close_locked(&mut self.lock());
    }

    fn close_locked(&self, backlog: &mut Backlog) {
        backlog.is_closed = true;
        self.is_closed.store(true, Ordering::Relaxed);
        self.release(backlog.clear());
        // An error says that the connection is closed already.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // What a panic has left.
        self.budget.subtract(self.pending_bytes());
    }
}

impl Connection for Outbox {
    fn close_input(&self) {
        // An error says that the connection is closed already.
        let _ = self.stream.shutdown(Shutdown::Read);
    }

    fn close(&self) {
        self.close_now();
    }

    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    fn make_pending(self: Arc<Self>, output: Output) -> Option<PendingReply> {
        Some(Outbox::make_pending(&self, output))
    }

    fn offer(self: Arc<Self>, output: Output) {
        self.offer_messages(output);
    }

    fn hold(&self) {
        self.hold_messages();
    }

    fn take_held(&self) -> Output {
        self.take_messages()
    }

    fn set_subscriber(&self, is_subscriber: bool) {
        self.is_subscriber.store(is_subscriber, Ordering::Relaxed);
    }

    fn close_if_over_limit(&self) {
        self.check_limit(&mut self.lock(), 0);
    }

    fn sent(&self) -> Sent {
        Sent {
            bytes: self.sent_bytes.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
        }
    }

    fn pending(&self) -> (usize, usize) {
        let outputs = self.lock().len() + self.awaiting_log.load(Ordering::Relaxed);
        (outputs, self.pending_bytes())
    }

    fn last_progress(&self) -> Option<Duration> {
        self.lock().progress.map(|at| at.elapsed())
    }
}
