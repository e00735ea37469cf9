//! `Timed`: something that may expire.

use std::num::NonZeroU64;

/// A moment, in milliseconds since 1970.
pub type Moment = NonZeroU64;

/// Something that may expire.
#[derive(Clone, Debug)]
pub struct Timed<T>(Repr<T>);

/// Most things never expire. So a time lies on the heap, together with the thing that it belongs
/// to. A million keys take 16 MB less than if each had room for a time.
#[derive(Clone, Debug)]
enum Repr<T> {
    Lasting(T),
    Expiring(Box<(T, Moment)>),
}

impl<T> Timed<T> {
    /// Makes a thing that expires at `expires_at`, or never.
    pub fn new(value: T, expires_at: Option<Moment>) -> Timed<T> {
        Timed(match expires_at {
            None => Repr::Lasting(value),
            Some(at) => Repr::Expiring(Box::new((value, at))),
        })
    }

    /// The thing itself.
    pub fn value(&self) -> &T {
        match &self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => &both.0,
        }
    }

    /// The thing itself, to be changed.
    pub fn value_mut(&mut self) -> &mut T {
        match &mut self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => &mut both.0,
        }
    }

    /// The thing itself, without its time.
    pub fn into_value(self) -> T {
        match self.0 {
            Repr::Lasting(value) => value,
            Repr::Expiring(both) => both.0,
        }
    }

    /// Returns when it expires, unless never.
    pub fn expires_at(&self) -> Option<Moment> {
        match &self.0 {
            Repr::Lasting(_) => None,
            Repr::Expiring(both) => Some(both.1),
        }
    }

    /// The same thing with another time, or without one.
    pub fn with_expiry(self, expires_at: Option<Moment>) -> Timed<T> {
        Timed::new(self.into_value(), expires_at)
    }

    /// Whether its own time has come at `now_ms`.
    pub fn has_expired(&self, now_ms: u64) -> bool {
        self.expires_at().is_some_and(|at| at.get() <= now_ms)
    }
}

impl<T: Default> Default for Timed<T> {
    fn default() -> Self {
        Timed::new(T::default(), None)
    }
}

impl<T> From<T> for Timed<T> {
    fn from(value: T) -> Self {
        Timed::new(value, None)
    }
}
