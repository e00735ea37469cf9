//! The clients that watch all requests: MONITOR.

use std::sync::{Arc, PoisonError, RwLock};

use super::Client;
use super::features::{Feature, Features};
use super::marks::Mark;

/// All monitors, in the order in which they began.
#[derive(Debug, Default)]
pub struct Monitors(RwLock<Vec<Arc<Client>>>);

impl Monitors {
    /// Returns the monitors.
    pub fn clients(&self) -> Vec<Arc<Client>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }

    fn change(&self, features: &Features, change: impl FnOnce(&mut Vec<Arc<Client>>)) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut all);
        features.set(Feature::Monitor, !all.is_empty());
    }
}

/// A client's time as a monitor. Dropping this ends it.
#[derive(Debug)]
pub struct Monitoring {
    monitors: Arc<Monitors>,
    features: Arc<Features>,
    client: Arc<Client>,
}

impl Monitoring {
    /// Makes `client` a monitor. It receives no line before the replies that its thread is building.
    pub fn begin(
        monitors: &Arc<Monitors>,
        features: &Arc<Features>,
        client: &Arc<Client>,
    ) -> Monitoring {
        client.connection().hold();
        client.marks.set(Mark::Monitor, true);
        client.choose_limit();
        monitors.change(features, |all| all.push(Arc::clone(client)));
        Monitoring {
            monitors: Arc::clone(monitors),
            features: Arc::clone(features),
            client: Arc::clone(client),
        }
    }
}

impl Drop for Monitoring {
    fn drop(&mut self) {
        let Monitoring {
            monitors,
            features,
            client,
        } = self;
        monitors.change(features, |all| all.retain(|it| it.id != client.id));
        client.marks.set(Mark::Monitor, false);
        client.choose_limit();
    }
}
