//! The keyspace: the shards of each database as cells.

use std::sync::atomic::Ordering::Relaxed;

use crate::engine::Engine;
use crate::view::json::Json;

/// Cells of a database. With more shards, each cell shows as many neighbours.
const MAX_CELLS: usize = 256;

/// The numbers of keys in the shards of each database, when the lock could last be had.
pub(super) type Lengths = Vec<Vec<usize>>;

pub(super) fn add(json: &mut Json, engine: &Engine, lengths: &mut Lengths) {
    // Only numbers are taken with the lock held.
    let found = engine.look(|databases| {
        let databases = databases.iter();
        let lengths = databases.map(|keyspace| keyspace.shard_lengths().collect());
        lengths.collect()
    });
    if let Some(found) = found {
        *lengths = found;
    }
    let used = lengths
        .iter()
        .enumerate()
        .filter(|(_, shards)| shards.iter().any(|it| *it > 0));
    json.objects(
        "databases",
        used.map(|(number, shards)| {
            let cells = shards.chunks(shards.len().div_ceil(MAX_CELLS));
            let mut json = Json::object();
            json.plain("number", number);
            json.plain("keys", shards.iter().sum::<usize>());
            json.plain("shards", shards.len());
            json.numbers(
                "cells",
                cells.map(|shards| shards.iter().sum::<usize>() as u64),
            );
            json
        }),
    );
    json.plain("expired", engine.state().expired_keys.load(Relaxed));
}
