//! The samples, as all viewers share them. One thread makes them while somebody watches, and each
//! viewer's thread sends the latest to its browser. A browser that is slow misses some.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::limits::MAX_VIEWERS;

/// What the thread that samples and the viewers' threads share.
#[derive(Debug, Default)]
pub(super) struct Feed {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    viewers: usize,
    /// The number of samples so far.
    count: u64,
    /// The last one.
    latest: Arc<str>,
    is_stopping: bool,
}

impl Feed {
    /// Counts a viewer until the guard is dropped. Returns `None` if there are [`MAX_VIEWERS`] already.
    pub(super) fn watch(&self) -> Option<Watching<'_>> {
        let mut inner = self.lock();
        if inner.viewers >= MAX_VIEWERS {
            return None;
        }
        inner.viewers += 1;
        self.changed.notify_all();
        Some(Watching {
            feed: self,
            // A sample of the time before may be old.
            seen: inner.count,
        })
    }

    /// Waits until somebody watches. Returns `false` if the server stops.
    pub(super) fn wait_for_viewer(&self) -> bool {
        let nobody = |inner: &mut Inner| inner.viewers == 0 && !inner.is_stopping;
        let inner = self.changed.wait_while(self.lock(), nobody);
        !inner.unwrap_or_else(PoisonError::into_inner).is_stopping
    }

    /// Waits until `time`. Returns `false` at once if nobody watches any more.
    pub(super) fn wait_until(&self, time: Instant) -> bool {
        let mut inner = self.lock();
        loop {
            let left = time.saturating_duration_since(Instant::now());
            if inner.viewers == 0 || inner.is_stopping || left.is_zero() {
                return inner.viewers > 0 && !inner.is_stopping;
            }
            let waited = self.changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Gives all viewers a sample.
    pub(super) fn publish(&self, sample: String) {
        let mut inner = self.lock();
        inner.count += 1;
        let before = mem::replace(&mut inner.latest, sample.into());
        drop(inner);
        self.changed.notify_all();
        drop(before);
    }

    /// Ends the waits of all threads: the server stops.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.changed.notify_all();
    }

    /// Returns whether the server stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().is_stopping
    }

    /// No code that runs with it locked can panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer that watches, until this is dropped.
#[derive(Debug)]
pub(super) struct Watching<'a> {
    feed: &'a Feed,
    /// The number of the last sample that it has got.
    seen: u64,
}

impl Watching<'_> {
    /// Waits for the next sample, at most for `patience`. `None` if there is none, or the server
    /// stops.
    pub(super) fn next(&mut self, patience: Duration) -> Option<Arc<str>> {
        let is_old = |inner: &mut Inner| inner.count == self.seen && !inner.is_stopping;
        let inner = self.feed.lock();
        let waited = self
            .feed
            .changed
            .wait_timeout_while(inner, patience, is_old);
        let (inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if inner.is_stopping || inner.count == self.seen {
            return None;
        }
        self.seen = inner.count;
        Some(Arc::clone(&inner.latest))
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.feed.lock().viewers -= 1;
        // The thread that samples may sleep until the next sample is due; then it sees this.
    }
}
