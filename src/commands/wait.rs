//! Commands that may wait for data (BLPOP): the outcome of a request, and its timeout.
//!
//! The handler of a waiting command runs once for the client. It runs again whenever a key becomes
//! ready that the client waits for. The engine puts the client in line, and answers it.

use std::ops::Range;
use std::time::Duration;

use super::call::Call;
use super::effect::Effect;
use super::table::error::ReplyError;
use crate::num::extended::Extended;
use crate::num::float;
use crate::resp::reply::Reply;

const NOT_A_TIMEOUT: ReplyError = ReplyError::Fixed("ERR timeout is not a float or out of range");
const NEGATIVE_TIMEOUT: ReplyError = ReplyError::Fixed("ERR timeout is negative");

/// The result of a request that may wait.
#[derive(Debug)]
pub enum Outcome {
    /// The reply is complete.
    Done(Effect),
    /// There is no data yet, and no reply.
    Wait(Awaited),
}

/// What a request waits for.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// The arguments that are the keys.
    pub keys: Range<usize>,
    /// The type of value that it needs, as `Facts::type_name` names it.
    pub type_name: &'static str,
    /// How long it waits; `None` for ever.
    pub timeout: Option<Duration>,
    /// Appends the reply of a request that must not wait, because it is in a transaction.
    pub null: fn(&mut Reply),
}

/// The request CLIENT UNBLOCK.
#[derive(Clone, Copy, Debug)]
pub struct Unblock {
    /// The number of the client whose wait ends.
    pub client: u64,
    /// Whether the client gets an error. Otherwise it gets the reply of a timeout.
    pub is_error: bool,
}

impl<'a> Call<'a> {
    /// Returns the keys to look at: the arguments `range`, or only the key that has become ready
    /// since the client began to wait.
    pub(super) fn awaited_keys(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (args, ready) = (self.args, self.ready);
        let all = range.filter(move |_| ready.is_none());
        all.map(move |index| args.get(index)).chain(ready)
    }

    /// Parses the timeout at `index`: seconds, rounded up to milliseconds. 0 means no timeout.
    pub(super) fn timeout(&self, index: usize) -> Result<Option<Duration>, ReplyError> {
        let seconds = float::parse(self.args.get(index)).ok_or(NOT_A_TIMEOUT)?;
        let ms = Extended::times(seconds, 1000).ceil();
        // In Redis, a time that is too great for an integer becomes the least one.
        let ms = u64::try_from(ms.unwrap_or(-1)).map_err(|_| NEGATIVE_TIMEOUT)?;
        Ok((ms > 0).then(|| Duration::from_millis(ms)))
    }
}
