//! GEORADIUS, GEORADIUSBYMEMBER and their variants that only read. GEOSEARCH has replaced them.

use super::area::Form;
use super::options::{Center, Kind, Options};
use super::search::{COUNT, ORDER, WITHCOORD, WITHDIST, WITHHASH};
use super::{ROW, search, units, zset};
use crate::commands::table::{Argument, Command, Flag, Handler, Keys, Place};
use crate::commands::{Call, Effect, ReplyError, Rest, error};
use crate::resp::args::Args;
use crate::store::keyspace::Keyspace;
use crate::store::types::zset::ZSet;

const COMPLEXITY: &str = "O(N+log(M)) where N is the number of elements inside the bounding box of \
                          the circular area delimited by center and radius and M is the number of \
                          items inside the index.";
const UPPERCASE: (&str, &str) = ("7.0.0", "Added support for uppercase unit names.");
const ANY_ADDED: (&str, &str) = ("6.2.0", "Added the `ANY` option for `COUNT`.");

const LONGITUDE: Argument = Argument::new("longitude", "double");
const LATITUDE: Argument = Argument::new("latitude", "double");
const MEMBER: Argument = Argument::new("member", "string");
const RADIUS: Argument = Argument::new("radius", "double");
const STORE: Argument = Argument::key("key", 1).after("STORE").optional();
const STOREDIST: Argument = Argument::key("key", 2).after("STOREDIST").optional();

/// As [`COUNT`], with the version of ANY.
const COUNT_SINCE: Argument = Argument {
    arguments: &[COUNT.arguments[0], COUNT.arguments[1].since("6.2.0")],
    ..COUNT
};

const OPTIONS: &[(&str, usize)] = &[("COUNT", 1), ("STORE", 1), ("STOREDIST", 1)];

const SOURCE: Keys = Keys::one(&["RO", "access"]);

/// The arguments of STORE and STOREDIST, whose options begin at `from`.
const fn destinations(from: usize) -> [Place; 2] {
    [
        Place::last_keyword("STORE", from, OPTIONS),
        Place::last_keyword("STOREDIST", from, OPTIONS),
    ]
}
const BY_POINT: [Place; 2] = destinations(6);
const BY_MEMBER: [Place; 2] = destinations(5);

const fn keys(destinations: [Place; 2]) -> [Keys; 3] {
    let flags = &["OW", "update"];
    [
        SOURCE,
        Keys::at(destinations[0], flags),
        Keys::at(destinations[1], flags),
    ]
}

const WRITE: Command = Command {
    flags: &[Flag::Write, Flag::Denyoom],
    complexity: COMPLEXITY,
    doc_flag: Some("deprecated"),
    ..ROW
};

const READ: Command = Command {
    flags: &[Flag::Readonly],
    keys: &[SOURCE],
    since: "3.2.10",
    complexity: COMPLEXITY,
    doc_flag: Some("deprecated"),
    ..ROW
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "georadius",
        arity: -6,
        keys: &keys(BY_POINT),
        summary: "Query a sorted set representing a geospatial index to fetch members matching a \
                  given maximum distance from a point",
        history: &[ANY_ADDED, UPPERCASE],
        deprecated: Some((
            "6.2.0",
            "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
        )),
        arguments: &[
            Argument::KEY,
            LONGITUDE,
            LATITUDE,
            RADIUS,
            units::UNIT,
            WITHCOORD,
            WITHDIST,
            WITHHASH,
            COUNT_SINCE,
            ORDER,
            STORE,
            STOREDIST,
        ],
        handler: Handler::ByOptions(|args| match stores(args, BY_POINT) {
            true => Handler::Write(|call, keyspace| store(call, keyspace, From::Point)),
            false => Handler::ReadThen(|call, keyspace| {
                read(call, keyspace, (Kind::Radius, From::Point))
            }),
        }),
        ..WRITE
    },
    Command {
        name: "georadius_ro",
        arity: -6,
        summary: "A read-only variant for GEORADIUS",
        history: &[ANY_ADDED],
        deprecated: Some(("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")),
        arguments: &[
            Argument::KEY,
            LONGITUDE,
            LATITUDE,
            RADIUS,
            units::UNIT,
            WITHCOORD,
            WITHDIST,
            WITHHASH,
            COUNT_SINCE,
            ORDER,
        ],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, (Kind::RadiusRead, From::Point))
        }),
        ..READ
    },
    Command {
        name: "georadiusbymember",
        arity: -5,
        keys: &keys(BY_MEMBER),
        summary: "Query a sorted set representing a geospatial index to fetch members matching a \
                  given maximum distance from a member",
        history: &[UPPERCASE],
        deprecated: Some((
            "6.2.0",
            "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
        )),
        arguments: &[
            Argument::KEY,
            MEMBER,
            RADIUS,
            units::UNIT,
            WITHCOORD,
            WITHDIST,
            WITHHASH,
            COUNT,
            ORDER,
            STORE,
            STOREDIST,
        ],
        handler: Handler::ByOptions(|args| match stores(args, BY_MEMBER) {
            true => Handler::Write(|call, keyspace| store(call, keyspace, From::Member)),
            false => Handler::ReadThen(|call, keyspace| {
                read(call, keyspace, (Kind::Radius, From::Member))
            }),
        }),
        ..WRITE
    },
    Command {
        name: "georadiusbymember_ro",
        arity: -5,
        summary: "A read-only variant for GEORADIUSBYMEMBER",
        deprecated: Some((
            "6.2.0",
            "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
        )),
        arguments: &[
            Argument::KEY,
            MEMBER,
            RADIUS,
            units::UNIT,
            WITHCOORD,
            WITHDIST,
            WITHHASH,
            COUNT,
            ORDER,
        ],
        handler: Handler::ReadThen(|call, keyspace| {
            read(call, keyspace, (Kind::RadiusRead, From::Member))
        }),
        ..READ
    },
];

/// What a request gives as the center.
#[derive(Clone, Copy)]
enum From {
    Point,
    Member,
}

/// Whether a request stores its results.
fn stores(args: Args, destinations: [Place; 2]) -> bool {
    let mut destinations = destinations.into_iter();
    destinations.any(|place| {
        place
            .indexes(args)
            .is_some_and(|mut it| it.next().is_some())
    })
}

fn read(
    call: &mut Call,
    keyspace: &Keyspace,
    (kind, from): (Kind, From),
) -> Result<Option<Rest>, ReplyError> {
    let zset = zset(call, keyspace, call.args.get(1))?;
    let options = parse(call, zset, (kind, from))?;
    Ok(search::reply(call, zset, &options))
}

fn store(call: &mut Call, keyspace: &mut Keyspace, from: From) -> Result<Effect, ReplyError> {
    let zset = zset(call, keyspace, call.args.get(1))?;
    let options = parse(call, zset, (Kind::Radius, from))?;
    let key = options.store.ok_or(error::SYNTAX)?;
    let result = search::result(call, zset, &options);
    Ok(search::store(
        call,
        keyspace,
        (key, "georadiusstore"),
        result,
    ))
}

/// Parses a request. Without a sorted set, the center and the radius of a request by a member are
/// not looked at.
fn parse<'a>(
    call: &Call<'a>,
    zset: Option<&ZSet>,
    (kind, from): (Kind, From),
) -> Result<Options<'a>, ReplyError> {
    let mut options = Options::new(kind);
    let at = match from {
        From::Point => {
            options.center = Center::Point(units::point(call, 2)?);
            4
        }
        From::Member => {
            options.center = Center::member(zset, call.args.get(2))?;
            3
        }
    };
    if zset.is_some() || matches!(from, From::Point) {
        let (radius, unit) = units::radius(call, at)?;
        options.form = Some((Form::Circle { radius }, unit));
    }
    options.parse(call, at + 2, zset)
}
