//! The command table: the form of its rows.
//!
//! A row holds every fact about one command. The check of the arity, the choice of the lock,
//! COMMAND and the hints of redis-cli all read it. Its fields are those of Redis's
//! `src/commands/*.json`. The rows themselves stand in the files of their groups.

mod arguments;
mod channels;
pub mod error;
mod flags;
mod keys;
mod place;
mod row;

pub use arguments::Argument;
pub use channels::Channels;
pub use flags::{Category, Flag};
pub use keys::Keys;
pub use place::{Begin, Extent, Indexes, Place};
pub use row::{Command, Compute, Handler, Prepared, Report, Rest, Scope, Store};
