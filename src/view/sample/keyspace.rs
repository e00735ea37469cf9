//! The keyspace: the shards of each database as cells.

use std::sync::atomic::Ordering::Relaxed;

use crate::engine::Engine;
use crate::view::json::Json;

/// Cells of a database. With more shards, each cell shows as many neighbours.
const MAX_CELLS: usize = 256;

pub(super) fn add(json: &mut Json, engine: &Engine) {
    // Only numbers are taken with the lock held.
    let lengths: Vec<Vec<usize>> = engine.shard_lengths();
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
