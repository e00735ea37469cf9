//! The page that shows the threads, the lock and the log at work, for classes (`view-port`).
//!
//! A thread accepts browsers, and each browser has a thread of its own, as clients have. While somebody
//! watches, one thread samples what the server's threads show of themselves. The browsers' threads send
//! each sample as an event of a stream. A browser that stalls stalls only its own thread.

mod access;
mod base64;
mod classroom;
mod feed;
mod form;
mod json;
mod load;
mod load_client;
mod page;
mod request;
mod requests;
mod response;
mod routes;
mod sample;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::config::limits::MAX_BROWSERS;
use crate::engine::Engine;
use crate::sys::{Listener, Stream, sockets};
use crate::threads::{self, Kind, Reason};
use feed::Feed;
use sample::Sampler;

/// The time between two samples: often enough for the eye, and a hundredth of a processor.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(250);

/// The pause after an error of `accept`: missing descriptors do not come back within microseconds.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// The path of the page itself.
const PAGE_PATH: &str = "/";

/// The threads that serve the page.
#[derive(Debug)]
pub struct View {
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    threads: [JoinHandle<()>; 2],
}

/// What the threads share.
#[derive(Debug)]
struct Shared {
    engine: Arc<Engine>,
    connections: AtomicUsize,
    feed: Feed,
}

impl View {
    /// Serves the page at `listener`.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start(listener: Listener, engine: &Arc<Engine>) -> io::Result<View> {
        let listener = Arc::new(listener);
        let shared = Arc::new(Shared {
            engine: Arc::clone(engine),
            connections: AtomicUsize::new(0),
            feed: Feed::default(),
        });
        let sharing = Arc::clone(&shared);
        let builder = Builder::new().name("view-sample".to_owned());
        let sampling = threads::start(Kind::ViewSample, builder, move || sample(&sharing))?;
        let (accepting, sharing) = (Arc::clone(&listener), Arc::clone(&shared));
        let builder = Builder::new().name("view".to_owned());
        let accept = threads::start(Kind::View, builder, move || accept(&accepting, &sharing))?;
        Ok(View {
            listener,
            shared,
            threads: [accept, sampling],
        })
    }

    /// Stops accepting browsers. The threads of connected ones end by themselves, and the last one when
    /// it has waited ten seconds for a browser that does not read.
    pub fn stop(self) {
        self.shared.feed.stop();
        if sockets::end_accept(&self.listener).is_ok() {
            for thread in self.threads {
                // A panic of the thread has been printed already.
                let _ = thread.join();
            }
        }
    }
}

/// Makes samples while somebody watches.
fn sample(shared: &Shared) {
    let wait_for_viewer = || {
        let _waiting = threads::waiting(Reason::Work);
        shared.feed.wait_for_viewer()
    };
    while wait_for_viewer() {
        let mut sampler = Sampler::default();
        loop {
            let next = Instant::now() + SAMPLE_INTERVAL;
            shared.feed.publish(sampler.sample(&shared.engine));
            if !walk_until(next, shared, &mut sampler) {
                break;
            }
        }
    }
}

/// Walks through keys until `time`, in small steps with pauses. Returns `false` if nobody watches any more.
fn walk_until(time: Instant, shared: &Shared, sampler: &mut Sampler) -> bool {
    loop {
        let next = sampler.walk(&shared.engine).min(time);
        let _waiting = threads::waiting(Reason::Work);
        if !shared.feed.wait_until(next) {
            return false;
        }
        if next == time {
            return true;
        }
    }
}

fn accept(listener: &Listener, shared: &Arc<Shared>) {
    loop {
        let waiting = threads::waiting(Reason::Socket);
        let accepted = listener.accept();
        drop(waiting);
        if shared.feed.is_stopping() {
            return;
        }
        match accepted {
            Ok((Stream::Tcp(stream), _)) => welcome(stream, shared),
            Ok(_) => {}
            Err(_) => thread::sleep(RETRY_INTERVAL),
        }
    }
}

/// Starts a thread for a browser, or refuses it.
fn welcome(stream: TcpStream, shared: &Arc<Shared>) {
    let connection = Connection::new(shared);
    if connection.number > MAX_BROWSERS {
        // The socket's buffer is empty, so this does not block. An error means that the browser is gone.
        let _ = response::send_reason(&stream, response::UNAVAILABLE, "Too many browsers.");
        return;
    }
    let builder = Builder::new().name("viewer".to_owned());
    // Without a thread the connection ends, and the page tries again.
    let _ = threads::start(Kind::Viewer, builder, move || {
        routes::serve(&stream, &connection.shared);
    });
}

/// One connection of a browser, counted until this is dropped.
struct Connection {
    shared: Arc<Shared>,
    number: usize,
}

impl Connection {
    fn new(shared: &Arc<Shared>) -> Connection {
        Connection {
            shared: Arc::clone(shared),
            number: shared.connections.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
