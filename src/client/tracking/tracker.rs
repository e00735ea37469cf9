//! A client that tracks keys, and the messages that it receives.

use std::sync::{Arc, Weak};

use crate::client::Client;
use crate::client::marks::Mark;
use crate::resp::output::Output;
use crate::resp::reply::Protocol;

/// The head of a message in RESP3; the payload follows.
const PUSH: &[u8] = b">2\r\n$10\r\ninvalidate\r\n";

/// The head of a message in RESP2, which has the form of a published message.
const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";

/// The head of the message to a client whose redirection is broken; the number of the receiver
/// follows.
const BROKEN: &[u8] = b">2\r\n$21\r\ntracking-redir-broken\r\n";

/// How a client tracks keys: the options of CLIENT TRACKING.
#[derive(Clone, Debug)]
pub struct Options {
    /// The client that receives the messages, if it is another one.
    pub redirect: Option<Redirect>,
    /// Which keys are tracked.
    pub mode: Mode,
    /// Whether the client hears nothing of its own changes.
    pub is_noloop: bool,
}

/// The keys that a client tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The keys that it reads.
    Default,
    /// The keys that it reads in the request after CLIENT CACHING YES.
    OptIn,
    /// The keys that it reads, except in the request after CLIENT CACHING NO.
    OptOut,
    /// All keys with certain prefixes, whether it reads them or not.
    Broadcast,
}

/// The receiver of another client's messages.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The receiver's number.
    pub id: u64,
    client: Weak<Client>,
}

impl Redirect {
    /// Redirects to `client`.
    pub fn to(client: &Arc<Client>) -> Redirect {
        Redirect {
            id: client.id,
            client: Arc::downgrade(client),
        }
    }

    /// Returns the receiver; `None` if it has disconnected.
    fn client(&self) -> Option<Arc<Client>> {
        self.client.upgrade().filter(|client| client.is_open())
    }
}

/// A client that tracks keys.
#[derive(Debug)]
pub(super) struct Tracker {
    /// The client.
    pub(super) client: Arc<Client>,
    /// How it tracks.
    pub(super) options: Options,
}

/// Receives the pieces of a frame for a client.
pub(super) type Sink<'a> = dyn FnMut(&Arc<Client>, [&[u8]; 2]) + 'a;

impl Tracker {
    /// Returns whether this client tracks the keys that it reads.
    pub(super) fn tracks_reads(&self) -> bool {
        self.options.mode != Mode::Broadcast
    }

    /// Returns whether the tracker hears of a change that the client `by` has made.
    pub(super) fn hears_of(&self, by: u64) -> bool {
        !self.options.is_noloop || by != self.client.id
    }

    /// Sends a message to the receiver. In RESP2 a client cannot tell it from a reply, so it goes only
    /// to a subscriber to which another client redirects.
    pub(super) fn tell(&self, payload: &Payload, send: &mut Sink) {
        let Some(redirect) = &self.options.redirect else {
            if self.client.protocol() == Protocol::Resp3 {
                send(&self.client, [PUSH, payload.bytes(Protocol::Resp3)]);
            }
            return;
        };
        let Some(receiver) = redirect.client() else {
            return self.tell_broken(redirect.id, send);
        };
        let protocol = receiver.protocol();
        match protocol {
            Protocol::Resp3 => send(&receiver, [PUSH, payload.bytes(protocol)]),
            Protocol::Resp2 if receiver.is_subscriber() => {
                send(&receiver, [MESSAGE, payload.bytes(protocol)]);
            }
            Protocol::Resp2 => {}
        }
    }

    /// Sends the client itself a message that its receiver, client `id`, is gone.
    fn tell_broken(&self, id: u64, send: &mut Sink) {
        self.client.marks.set(Mark::BrokenRedirect, true);
        if self.client.protocol() == Protocol::Resp3 {
            send(&self.client, [BROKEN, format!(":{id}\r\n").as_bytes()]);
        }
    }
}

/// The keys of a message, encoded as an array; or all keys, as a null.
pub(super) struct Payload(Option<Output>);

impl Payload {
    /// All keys.
    pub(super) const ALL: Payload = Payload(None);

    /// Encodes these keys.
    pub(super) fn of<'a>(keys: impl ExactSizeIterator<Item = &'a [u8]>) -> Payload {
        let mut array = Output::default();
        array.push_header(b'*', keys.len() as i64);
        keys.for_each(|key| array.push_bulk(key));
        Payload(Some(array))
    }

    fn bytes(&self, protocol: Protocol) -> &[u8] {
        match (&self.0, protocol) {
            (Some(array), _) => array.copied(),
            (None, Protocol::Resp2) => b"$-1\r\n",
            (None, Protocol::Resp3) => b"_\r\n",
        }
    }
}
