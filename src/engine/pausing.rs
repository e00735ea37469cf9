//! Which requests CLIENT PAUSE postpones. The client's thread does the waiting
//! (`server/connection/pausing.rs`).

use super::{Engine, Turn};
use crate::client::features::Feature;
use crate::client::pause::Paused;
use crate::commands::{Command, Flag};
use crate::resp::args::Args;

impl Turn<'_> {
    /// Returns the kind of a request that is postponed, or `None` if it may run now.
    #[inline]
    pub(super) fn postponed(&self, command: &Command, args: Args) -> Option<Paused> {
        if !self.engine.state.features.has(Feature::Pause) || self.has_original_names {
            return None;
        }
        self.postponed_by_pause(command, args)
    }

    fn postponed_by_pause(&self, command: &Command, args: Args) -> Option<Paused> {
        let state = &self.engine.state;
        let paused = match self.is_write_for_pause(command, args) {
            true => Paused::Writes,
            false => Paused::All,
        };
        let is_on = state.pause.is_on_for(paused, &state.features);
        is_on.then_some(paused)
    }

    /// Returns whether a pause of writes postpones a request: as in Redis, if it could reach replicas.
    fn is_write_for_pause(&self, command: &Command, args: Args) -> bool {
        let may_replicate = |row: &Command, args: Args| {
            let handler = row.handler_for(args);
            row.has(Flag::Write)
                || handler.is_ok_and(|handler| handler.is_recorded())
                || matches!(row.name, "publish" | "spublish")
        };
        if command.name != "exec" {
            return may_replicate(command, args);
        }
        let queued = self.session.transaction.as_ref();
        queued.is_some_and(|queued| {
            let mut all = (0..queued.requests.len()).map(|index| queued.requests.get(index));
            all.any(|args| {
                self.row_of(args)
                    .is_some_and(|row| may_replicate(row, args))
            })
        })
    }

    /// Returns whether writes are postponed. In the file and in a transaction they run.
    pub(super) fn are_writes_postponed(&self) -> bool {
        !self.has_original_names && !self.guard.keeps_lock && self.engine.is_paused()
    }
}

impl Engine {
    /// Returns whether writes are postponed. Expired keys stay meanwhile.
    pub(super) fn is_paused(&self) -> bool {
        let state = &self.state;
        state.features.has(Feature::Pause) && state.pause.is_on_for(Paused::Writes, &state.features)
    }
}
