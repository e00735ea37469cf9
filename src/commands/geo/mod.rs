//! Positions on the earth: sorted sets whose scores are geohashes.

mod add;
mod area;
mod hash;
mod options;
mod positions;
mod radius;
mod search;
mod units;

use super::table::{Category, Command};
use super::{Call, ReplyError};
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    add::COMMANDS,
    positions::COMMANDS,
    radius::COMMANDS,
    search::COMMANDS,
];

/// A row of this group.
const ROW: Command = Command {
    categories: &[Category::Geo],
    group: "geo",
    since: "3.2.0",
    ..Command::ROW
};

/// Returns the sorted set at `key`, and counts a hit or a miss.
fn zset<'a>(
    call: &mut Call,
    keyspace: &'a Keyspace,
    key: &[u8],
) -> Result<Option<&'a ZSet>, ReplyError> {
    Ok(call.lookup::<ZSet>(keyspace, key)?)
}
