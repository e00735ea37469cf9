//! Who listens to which channels: the registry of all subscriptions, and the subscriptions of one
//! client.
//!
//! A client's own set is the truth about its subscriptions. The registry is the same facts by
//! channel, and [`Subscribed`] is the only one that changes both.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Client;
use crate::glob;

/// What a subscription names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A channel: SUBSCRIBE.
    Channel,
    /// A pattern of channels: PSUBSCRIBE.
    Pattern,
    /// A shard channel: SSUBSCRIBE.
    Shard,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    const ALL: [Kind; KINDS] = [Kind::Channel, Kind::Pattern, Kind::Shard];
}

/// The number of kinds.
pub const KINDS: usize = 3;

/// The subscribers of one name, by the numbers of the clients.
type Subscribers = BTreeMap<u64, Arc<Client>>;

/// The subscribers of each name.
type Table = HashMap<Arc<[u8]>, Subscribers>;

/// The subscriptions that a message reaches.
#[derive(Debug, Default)]
pub struct Audience {
    /// Whether they are to the shard channel.
    pub is_shard: bool,
    /// The number of receivers.
    pub count: usize,
    /// The patterns.
    patterns: Vec<Arc<[u8]>>,
}

/// All subscriptions of all clients. Nothing waits with its lock held.
#[derive(Debug, Default)]
pub struct Subscriptions {
    tables: RwLock<[Table; KINDS]>,
    /// The number of channels and patterns that have subscribers. Changed with the lock held.
    names: AtomicUsize,
}

impl Subscriptions {
    /// Finds the subscriptions that a message on `channel` reaches.
    pub fn audience(&self, is_shard: bool, channel: &[u8]) -> Audience {
        let mut audience = Audience {
            is_shard,
            ..Audience::default()
        };
        let mut visit = |kind, name: &Arc<[u8]>, subscribers: &Subscribers| {
            audience.count += subscribers.len();
            if kind == Kind::Pattern {
                audience.patterns.push(Arc::clone(name));
            }
        };
        let tables = self.read();
        visit_channel(&tables, is_shard, channel, &mut visit);
        if !is_shard {
            visit_matching(&tables, channel, &mut visit);
        }
        audience
    }

    /// Returns whether any channel or pattern has subscribers.
    pub fn may_reach_any(&self) -> bool {
        self.names.load(Ordering::Relaxed) > 0
    }

    /// Returns whether a message on `channel` may have receivers. Matches no pattern.
    pub fn may_reach(&self, channel: &[u8]) -> bool {
        let tables = self.read();
        !tables[Kind::Pattern as usize].is_empty()
            || tables[Kind::Channel as usize].contains_key(channel)
    }

    /// Calls `visit` with the subscriptions that a message on `channel` reaches and their subscribers:
    /// first the channel, then the patterns. Without an `audience`, finds the patterns.
    pub(super) fn for_receivers(
        &self,
        channel: &[u8],
        audience: Option<&Audience>,
        mut visit: impl FnMut(Kind, &Arc<[u8]>, &Subscribers),
    ) {
        let tables = self.read();
        let is_shard = audience.is_some_and(|it| it.is_shard);
        visit_channel(&tables, is_shard, channel, &mut visit);
        let Some(audience) = audience else {
            return visit_matching(&tables, channel, &mut visit);
        };
        for pattern in &audience.patterns {
            // Its last subscriber may have left.
            if let Some((name, subscribers)) = tables[Kind::Pattern as usize].get_key_value(pattern)
            {
                visit(Kind::Pattern, name, subscribers);
            }
        }
    }

    /// Returns the number of subscribers of `name`.
    pub fn count(&self, kind: Kind, name: &[u8]) -> usize {
        self.read()[kind as usize]
            .get(name)
            .map_or(0, BTreeMap::len)
    }

    /// Returns the number of names that have subscribers.
    pub fn len(&self, kind: Kind) -> usize {
        self.read()[kind as usize].len()
    }

    /// Returns whether nobody has subscribed to a name of this kind.
    pub fn is_empty(&self, kind: Kind) -> bool {
        self.len(kind) == 0
    }

    /// Returns the names that have subscribers.
    pub fn names(&self, kind: Kind) -> Vec<Arc<[u8]>> {
        self.read()[kind as usize].keys().cloned().collect()
    }

    /// Returns the clients with a subscription for which `is_wanted` returns true. A client of
    /// several such subscriptions is returned several times.
    pub fn clients_with(
        &self,
        mut is_wanted: impl FnMut(Kind, &[u8], &Client) -> bool,
    ) -> Vec<Arc<Client>> {
        let tables = self.read();
        let mut found = Vec::new();
        for kind in Kind::ALL {
            for (name, subscribers) in &tables[kind as usize] {
                let clients = subscribers.values();
                found.extend(clients.filter(|it| is_wanted(kind, name, it)).cloned());
            }
        }
        found
    }

    fn add(&self, kind: Kind, name: &Arc<[u8]>, client: &Arc<Client>) {
        let mut tables = self.write();
        let subscribers = tables[kind as usize].entry(Arc::clone(name)).or_default();
        subscribers.insert(client.id, Arc::clone(client));
        self.count_names(&tables);
    }

    fn remove(&self, kind: Kind, name: &[u8], client: &Client) {
        let mut tables = self.write();
        let table = &mut tables[kind as usize];
        if let Some(subscribers) = table.get_mut(name) {
            subscribers.remove(&client.id);
            if subscribers.is_empty() {
                table.remove(name);
            }
        }
        self.count_names(&tables);
    }

    fn count_names(&self, tables: &[Table; KINDS]) {
        let count = |kind: Kind| tables[kind as usize].len();
        let names = count(Kind::Channel) + count(Kind::Pattern);
        self.names.store(names, Ordering::Relaxed);
    }

    fn read(&self) -> RwLockReadGuard<'_, [Table; KINDS]> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, [Table; KINDS]> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls `visit` with the channel's subscribers, if there are any.
fn visit_channel(
    tables: &[Table; KINDS],
    is_shard: bool,
    channel: &[u8],
    visit: &mut impl FnMut(Kind, &Arc<[u8]>, &Subscribers),
) {
    let kind = if is_shard { Kind::Shard } else { Kind::Channel };
    if let Some((name, subscribers)) = tables[kind as usize].get_key_value(channel) {
        visit(kind, name, subscribers);
    }
}

/// Calls `visit` with each pattern that matches `channel`, and its subscribers.
fn visit_matching(
    tables: &[Table; KINDS],
    channel: &[u8],
    visit: &mut impl FnMut(Kind, &Arc<[u8]>, &Subscribers),
) {
    for (pattern, subscribers) in &tables[Kind::Pattern as usize] {
        if glob::matches(pattern, channel, false) {
            visit(Kind::Pattern, pattern, subscribers);
        }
    }
}

/// The subscriptions of one client. Dropping this ends them.
#[derive(Debug)]
pub struct Subscribed {
    registry: Arc<Subscriptions>,
    client: Arc<Client>,
    names: [HashSet<Arc<[u8]>>; KINDS],
}

impl Subscribed {
    /// Returns the empty set of `client`.
    pub fn new(registry: &Arc<Subscriptions>, client: &Arc<Client>) -> Subscribed {
        Subscribed {
            registry: Arc::clone(registry),
            client: Arc::clone(client),
            names: Default::default(),
        }
    }

    /// Subscribes to `name`, unless the client has done so already.
    pub fn add(&mut self, kind: Kind, name: &[u8]) {
        let names = &mut self.names[kind as usize];
        if names.contains(name) {
            return;
        }
        let name: Arc<[u8]> = name.into();
        self.registry.add(kind, &name, &self.client);
        names.insert(name);
        self.show_counts();
    }

    /// Ends the subscription to `name`, if there is one.
    pub fn remove(&mut self, kind: Kind, name: &[u8]) {
        if self.names[kind as usize].remove(name) {
            self.registry.remove(kind, name, &self.client);
            self.show_counts();
        }
    }

    /// Returns the names of this kind.
    pub fn names(&self, kind: Kind) -> Vec<Arc<[u8]>> {
        self.names[kind as usize].iter().cloned().collect()
    }

    /// Returns the number of subscriptions that replies about `kind` tell: shard channels are
    /// counted apart from channels and patterns.
    pub fn reported_count(&self, kind: Kind) -> usize {
        let count = |kind: Kind| self.names[kind as usize].len();
        match kind {
            Kind::Channel | Kind::Pattern => count(Kind::Channel) + count(Kind::Pattern),
            Kind::Shard => count(Kind::Shard),
        }
    }

    /// Returns whether there is no subscription.
    pub fn is_empty(&self) -> bool {
        self.names.iter().all(HashSet::is_empty)
    }

    /// Shows other threads how many subscriptions there are.
    fn show_counts(&self) {
        for (shown, names) in self.client.subscriptions.iter().zip(&self.names) {
            shown.store(names.len(), Ordering::Relaxed);
        }
        self.client.choose_limit();
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        for kind in Kind::ALL {
            for name in std::mem::take(&mut self.names[kind as usize]) {
                self.registry.remove(kind, &name, &self.client);
            }
        }
        self.show_counts();
    }
}
