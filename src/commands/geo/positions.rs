//! GEODIST, GEOHASH and GEOPOS: the positions of members.

use super::hash::{Cell, Point};
use super::{ROW, area, hash, units, zset};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys};
use crate::commands::{Call, ReplyError, error};
use crate::resp::reply::Reply;
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

const READ: Command = Command {
    arity: -2,
    flags: &[Flag::Readonly],
    keys: &[Keys::one(&["RO", "access"])],
    arguments: &[Argument::KEY, Argument::new("member", "string").multiple()],
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "geodist",
        arity: -4,
        summary: "Returns the distance between two members of a geospatial index",
        complexity: "O(log(N))",
        arguments: &[
            Argument::KEY,
            Argument::new("member1", "string"),
            Argument::new("member2", "string"),
            units::UNIT.optional(),
        ],
        handler: Handler::Read(geodist),
        ..READ
    },
    Command {
        name: "geohash",
        summary: "Returns members of a geospatial index as standard geohash strings",
        complexity: "O(log(N)) for each member requested, where N is the number of elements in the \
                     sorted set.",
        handler: Handler::Read(geohash),
        ..READ
    },
    Command {
        name: "geopos",
        summary: "Returns longitude and latitude of members of a geospatial index",
        complexity: "O(N) where N is the number of members requested.",
        handler: Handler::Read(geopos),
        ..READ
    },
];

/// Returns the position of a member.
pub(super) fn position(zset: &ZSet, member: &[u8]) -> Option<Point> {
    zset.score(member)
        .map(|score| Cell::of_score(score).center())
}

/// Appends a position: an array of two numbers.
pub(super) fn push_point(reply: &mut Reply, point: Point) {
    reply.array(2);
    for degrees in [point.longitude, point.latitude] {
        let text = format!("{degrees:.17}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        reply.double(text);
    }
}

fn geodist(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let unit = match call.args.len() {
        4 => 1.0,
        5 => units::unit(call.args.get(4))?,
        _ => return Err(error::SYNTAX),
    };
    let points = zset(call, keyspace, call.args.get(1))?.and_then(|zset| {
        let first = position(zset, call.args.get(2))?;
        Some((first, position(zset, call.args.get(3))?))
    });
    match points {
        Some((first, second)) => {
            let distance = area::distance(first, second) / unit;
            call.reply.bulk(units::distance_text(distance).as_bytes());
        }
        None => call.reply.null(),
    }
    Ok(())
}

fn geohash(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let zset = zset(call, keyspace, call.args.get(1))?;
    let members = call.args.from(2);
    call.reply.array(members.len());
    for member in members {
        match zset.and_then(|zset| position(zset, member)) {
            Some(point) => call.reply.bulk(&hash::text(point)),
            None => call.reply.null(),
        }
    }
    Ok(())
}

fn geopos(call: &mut Call, keyspace: &Keyspace) -> Result<(), ReplyError> {
    let zset = zset(call, keyspace, call.args.get(1))?;
    let members = call.args.from(2);
    call.reply.array(members.len());
    for member in members {
        match zset.and_then(|zset| position(zset, member)) {
            Some(point) => push_point(call.reply, point),
            None => call.reply.null_array(),
        }
    }
    Ok(())
}
