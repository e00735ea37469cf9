//! The tracking of one client, as its session owns it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Tracking;
use super::tracker::{Mode, Options, Tracker};
use crate::client::Client;
use crate::client::features::{Feature, Features};
use crate::client::marks::Mark;

/// A client's tracking. Dropping this ends it.
#[derive(Debug)]
pub struct Tracked {
    tracking: Arc<Tracking>,
    features: Arc<Features>,
    tracker: Arc<Tracker>,
    /// The prefixes of a broadcast tracker, in order.
    prefixes: Vec<Arc<[u8]>>,
    /// Whether CLIENT CACHING precedes the current request or transaction.
    pub is_caching_given: bool,
}

impl Tracked {
    /// Begins the tracking of `client`.
    pub fn begin(
        (tracking, features): (&Arc<Tracking>, &Arc<Features>),
        client: &Arc<Client>,
        options: Options,
        prefixes: &[&[u8]],
    ) -> Tracked {
        let client = Arc::clone(client);
        let mut tracked = Tracked {
            tracking: Arc::clone(tracking),
            features: Arc::clone(features),
            tracker: Arc::new(Tracker { client, options }),
            prefixes: Vec::new(),
            is_caching_given: false,
        };
        tracked.enter(prefixes);
        tracked
    }

    /// Changes the options, and adds prefixes.
    pub fn change(&mut self, options: Options, prefixes: &[&[u8]]) {
        let client = Arc::clone(&self.tracker.client);
        self.tracker = Arc::new(Tracker { client, options });
        self.enter(prefixes);
    }

    /// Returns the options.
    pub fn options(&self) -> &Options {
        &self.tracker.options
    }

    /// Returns the prefixes of a broadcast tracker, in order.
    pub fn prefixes(&self) -> &[Arc<[u8]>] {
        &self.prefixes
    }

    /// Returns whether the keys that the current request reads are tracked.
    pub fn tracks_request(&self) -> bool {
        match self.options().mode {
            Mode::Default => true,
            Mode::OptIn => self.is_caching_given,
            Mode::OptOut => !self.is_caching_given,
            Mode::Broadcast => false,
        }
    }

    /// Enters the tracker into the registry, with more prefixes.
    fn enter(&mut self, prefixes: &[&[u8]]) {
        self.prefixes
            .extend(prefixes.iter().map(|it| Arc::from(*it)));
        self.prefixes.sort();
        self.prefixes.dedup();
        let mut state = self.tracking.lock();
        state.add(&self.tracker, &self.prefixes);
        self.features.set(Feature::Tracking, true);
        drop(state);
        let redirect = self.options().redirect.as_ref();
        self.show(true, redirect.map_or(0, |it| it.id as i64));
    }

    /// Shows other threads whether the client tracks keys, and to whom it redirects.
    fn show(&self, is_on: bool, redirect: i64) {
        let client = &self.tracker.client;
        let is_broadcast = self.options().mode == Mode::Broadcast;
        client.marks.set(Mark::Tracking, is_on);
        client.marks.set(Mark::Broadcast, is_on && is_broadcast);
        client.marks.set(Mark::BrokenRedirect, false);
        client.redirect.store(redirect, Ordering::Relaxed);
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let mut state = self.tracking.lock();
        let table = state.remove(self.tracker.client.id, &self.prefixes);
        self.features.set(Feature::Tracking, table.is_none());
        drop(state);
        // Freed without a lock.
        drop(table);
        self.show(false, -1);
    }
}
