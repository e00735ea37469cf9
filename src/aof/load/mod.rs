//! Reading an append-only file: checked, parsed and, if its end is damaged, mended.

mod ahead;
mod check;
mod frame;
mod input;
pub mod progress;
mod repair;
mod replay;
mod report;
mod tail;

pub use ahead::{Ahead, Checked};
pub use check::check;
pub use repair::Tail;
pub use replay::{Batch, Batches, Damage, Replay, ReplayError};
pub use report::{Extent, Fault, Report};
