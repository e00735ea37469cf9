//! The channels of a command.

use super::{Keys, Place};
use crate::client::subscriptions::Kind;

/// The arguments of a command that are channels, or patterns of channels.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    /// Where they stand.
    pub place: Place,
    /// The kind of channel that the arguments name.
    pub kind: Kind,
    /// Whether the command ends subscriptions to them. For all others, a user needs the right to use
    /// them.
    pub are_left: bool,
}

impl Channels {
    /// Channels at `place`.
    pub const fn at(place: Place, kind: Kind) -> Channels {
        Channels {
            place,
            kind,
            are_left: false,
        }
    }

    /// The same, for a command that ends subscriptions.
    pub const fn left(self) -> Channels {
        Channels {
            are_left: true,
            ..self
        }
    }

    /// Returns the key specification that COMMAND INFO has for shard channels: in a cluster they
    /// lie in a slot, as keys do.
    pub fn key_spec(self) -> Option<Keys> {
        let keys = Keys::at(self.place, &["not_key"]);
        (self.kind == Kind::Shard).then_some(keys)
    }
}
