//! GEOSEARCH and GEOSEARCHSTORE, and the search itself.

use super::area::Area;
use super::hash::{Cell, Point};
use super::options::{Kind, Options, Order};
use super::{ROW, positions, units, zset};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, QUICK_ELEMENTS, ReplyError, Rest, key, push_blob};
use crate::config::EventClass;
use crate::resp::reply::Reply;
use crate::store::blob::BlobRef;
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

/// The complexity of a search.
const SEARCH: &str = "O(N+log(M)) where N is the number of elements in the grid-aligned bounding \
                      box area around the shape provided as the filter and M is the number of items \
                      inside the shape";

const UPPERCASE: &[(&str, &str)] = &[("7.0.0", "Added support for uppercase unit names.")];

const FROM: Argument = Argument::one_of(
    "from",
    &[
        Argument::new("member", "string").after("FROMMEMBER"),
        Argument::block(
            "longitude_latitude",
            &[
                Argument::new("longitude", "double"),
                Argument::new("latitude", "double"),
            ],
        )
        .after("FROMLONLAT"),
    ],
);
const BY: Argument = Argument::one_of(
    "by",
    &[
        Argument::block(
            "circle",
            &[
                Argument::new("radius", "double").after("BYRADIUS"),
                units::UNIT,
            ],
        ),
        Argument::block(
            "box",
            &[
                Argument::new("width", "double").after("BYBOX"),
                Argument::new("height", "double"),
                units::UNIT,
            ],
        ),
    ],
);
/// ASC or DESC.
pub(super) const ORDER: Argument = Argument::one_of(
    "order",
    &[Argument::word("asc", "ASC"), Argument::word("desc", "DESC")],
)
.optional();
/// COUNT and ANY.
pub(super) const COUNT: Argument = Argument::block(
    "count",
    &[
        Argument::new("count", "integer").after("COUNT"),
        Argument::word("any", "ANY").optional(),
    ],
)
.optional();
pub(super) const WITHCOORD: Argument = Argument::word("withcoord", "WITHCOORD").optional();
pub(super) const WITHDIST: Argument = Argument::word("withdist", "WITHDIST").optional();
pub(super) const WITHHASH: Argument = Argument::word("withhash", "WITHHASH").optional();

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "geosearch",
        arity: -7,
        flags: &[Flag::Readonly],
        keys: &[Keys::one(&["RO", "access"])],
        since: "6.2.0",
        summary: "Query a sorted set representing a geospatial index to fetch members inside an \
                  area of a box or a circle.",
        complexity: SEARCH,
        history: UPPERCASE,
        arguments: &[
            Argument::KEY,
            FROM,
            BY,
            ORDER,
            COUNT,
            WITHCOORD,
            WITHDIST,
            WITHHASH,
        ],
        handler: Handler::ReadThen(geosearch),
        ..ROW
    },
    Command {
        name: "geosearchstore",
        arity: -8,
        flags: &[Flag::Write, Flag::Denyoom],
        keys: &[
            Keys::one(&["OW", "update"]),
            Keys::at(Place::one(2), &["RO", "access"]),
        ],
        since: "6.2.0",
        summary: "Query a sorted set representing a geospatial index to fetch members inside an \
                  area of a box or a circle, and store the result in another key.",
        complexity: SEARCH,
        history: UPPERCASE,
        arguments: &[
            Argument::key("destination", 0),
            Argument::key("source", 1),
            FROM,
            BY,
            ORDER,
            COUNT,
            Argument::word("storedist", "STOREDIST").optional(),
        ],
        handler: Handler::Write(geosearchstore),
        ..ROW
    },
];

fn geosearch(call: &mut Call, keyspace: &Keyspace) -> Result<Option<Rest>, ReplyError> {
    let zset = zset(call, keyspace, call.args.get(1))?;
    let options = Options::new(Kind::Search).parse(call, 2, zset)?;
    Ok(reply(call, zset, &options))
}

fn geosearchstore(call: &mut Call, keyspace: &mut Keyspace) -> Result<Effect, ReplyError> {
    let zset = zset(call, keyspace, call.args.get(2))?;
    let options = Options::new(Kind::SearchStore).parse(call, 3, zset)?;
    let result = result(call, zset, &options);
    let key = (call.args.get(1), "geosearchstore");
    Ok(store(call, keyspace, key, result))
}

/// Replies with the results of a search. A big sorted set is searched after the lock is released.
pub(super) fn reply(call: &mut Call, zset: Option<&ZSet>, options: &Options) -> Option<Rest> {
    let Some((zset, area)) = zset.zip(options.area()) else {
        call.reply.array(0);
        return None;
    };
    let (search, columns) = (Search::new(area, options), Columns::new(options));
    if zset.len() <= QUICK_ELEMENTS {
        columns.push(call.reply, &search.run(zset));
        return None;
    }
    let zset = zset.clone();
    Some(Box::new(move |reply| {
        columns.push(reply, &search.run(&zset));
        Ok(())
    }))
}

/// Returns the results of a search as a sorted set.
pub(super) fn result(call: &Call, zset: Option<&ZSet>, options: &Options) -> ZSet {
    let Some((zset, area)) = zset.zip(options.area()) else {
        return ZSet::default();
    };
    let found = Search::new(area, options).run(zset);
    let members = found.iter().map(|it| {
        let score = match options.stores_distances {
            true => it.distance / options.unit(),
            false => it.score,
        };
        (score, it.member.to_blob())
    });
    ZSet::new(members.collect(), call.state.thresholds().zset)
}

/// Puts the result at `key`, and replies with its length. `event` is the name of the event.
pub(super) fn store(
    call: &mut Call,
    keyspace: &mut Keyspace,
    (key, event): (&[u8], &'static str),
    result: ZSet,
) -> Effect {
    call.reply.count(result.len());
    key::store(call, keyspace, (key, (EventClass::Zset, event)), result)
}

/// Which members are wanted, in which order.
#[derive(Clone, Copy)]
struct Search {
    area: Area,
    order: Order,
    count: Option<usize>,
    is_any: bool,
}

/// A member in the area.
struct Found<'a> {
    member: BlobRef<'a>,
    score: f64,
    point: Point,
    /// Metres from the center.
    distance: f64,
}

impl Search {
    fn new(area: Area, options: &Options) -> Search {
        let order = match options.order {
            Order::None if options.count.is_some() && !options.is_any => Order::Ascending,
            order => order,
        };
        Search {
            area,
            order,
            count: options.count,
            is_any: options.is_any,
        }
    }

    /// Returns the members, sorted.
    fn run(self, zset: &ZSet) -> Vec<Found<'_>> {
        let mut found = self.find(zset);
        match self.order {
            Order::None => {}
            Order::Ascending => found.sort_by(|a, b| a.distance.total_cmp(&b.distance)),
            Order::Descending => found.sort_by(|a, b| b.distance.total_cmp(&a.distance)),
        }
        found.truncate(self.count.unwrap_or(usize::MAX));
        found
    }

    /// Returns the members in the order of cells and scores.
    fn find(self, zset: &ZSet) -> Vec<Found<'_>> {
        let most = self.count.filter(|_| self.is_any).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let mut previous = None;
        for (index, cell) in self.area.cells().into_iter().enumerate() {
            if found.len() >= most {
                break;
            }
            // In a huge area neighbours can be one cell. As in Redis, the first cell is not compared.
            if previous == Some(cell) {
                continue;
            }
            let room = most - found.len();
            found.extend(self.in_cell(zset, cell).take(room));
            previous = (index > 0).then_some(cell);
        }
        found
    }

    fn in_cell<'a>(self, zset: &'a ZSet, cell: Cell) -> impl Iterator<Item = Found<'a>> {
        let (first, end) = (cell.first_score(), cell.end_score());
        let reach = self.area.reach();
        let start = zset.partition_point(|score, _| score < first);
        let members = zset.iter_from(start).take_while(move |it| it.score < end);
        members.filter_map(move |it| {
            let point = Cell::of_score(it.score).center();
            let is_near = reach.may_include(point);
            let distance = is_near
                .then(|| self.area.distance_within(point))
                .flatten()?;
            Some(Found {
                member: it.member,
                score: it.score,
                point,
                distance,
            })
        })
    }
}

/// What is told of each member.
#[derive(Clone, Copy)]
struct Columns {
    with_distance: bool,
    with_hash: bool,
    with_point: bool,
    /// The metres of the unit of distances.
    unit: f64,
}

impl Columns {
    fn new(options: &Options) -> Columns {
        Columns {
            with_distance: options.with_distance,
            with_hash: options.with_hash,
            with_point: options.with_point,
            unit: options.unit(),
        }
    }

    fn push(self, reply: &mut Reply, found: &[Found<'_>]) {
        let columns = [self.with_distance, self.with_hash, self.with_point];
        let count = columns.into_iter().filter(|is_told| *is_told).count();
        reply.array(found.len());
        for it in found {
            if count > 0 {
                reply.array(1 + count);
            }
            push_blob(reply.output(), it.member);
            if self.with_distance {
                let text = units::distance_text(it.distance / self.unit);
                reply.bulk(text.as_bytes());
            }
            if self.with_hash {
                reply.integer(it.score as i64);
            }
            if self.with_point {
                positions::push_point(reply, it.point);
            }
        }
    }
}
