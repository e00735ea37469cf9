//! The options of GEOSEARCH, GEOSEARCHSTORE and the commands of the GEORADIUS family.

use super::area::{Area, Form};
use super::hash::Point;
use super::{positions, units};
use crate::commands::{Call, ReplyError, error};
use crate::store::types::zset::ZSet;

const NO_MEMBER: ReplyError = ReplyError::Fixed("ERR could not decode requested zset member");
const COUNT_POSITIVE: ReplyError = ReplyError::Fixed("ERR COUNT must be > 0");
const ANY_WITHOUT_COUNT: ReplyError =
    ReplyError::Fixed("ERR the ANY argument requires COUNT argument");
const STORE_AND_WITH: ReplyError = ReplyError::Fixed(
    "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
);
const SEARCHSTORE_AND_WITH: ReplyError = ReplyError::Fixed(
    "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
);

/// The command that has the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Search,
    SearchStore,
    Radius,
    /// It cannot store.
    RadiusRead,
}

impl Kind {
    fn is_search(self) -> bool {
        matches!(self, Kind::Search | Kind::SearchStore)
    }
}

/// The order of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As they are found.
    None,
    /// Nearest first.
    Ascending,
    /// Farthest first.
    Descending,
}

/// The point from which distances count.
#[derive(Clone, Copy, Debug)]
pub(super) enum Center {
    Unknown,
    Point(Point),
    /// A member. `None` if there is no sorted set.
    Member(Option<Point>),
}

impl Center {
    /// The position of `member`.
    ///
    /// # Errors
    /// If the sorted set does not contain it.
    pub(super) fn member(zset: Option<&ZSet>, member: &[u8]) -> Result<Center, ReplyError> {
        let position = |zset| positions::position(zset, member).ok_or(NO_MEMBER);
        Ok(Center::Member(zset.map(position).transpose()?))
    }

    fn point(self) -> Option<Point> {
        match self {
            Center::Unknown => None,
            Center::Point(point) => Some(point),
            Center::Member(point) => point,
        }
    }
}

/// A search.
pub(super) struct Options<'a> {
    kind: Kind,
    pub(super) center: Center,
    /// The form of the area, and the metres of the unit in which it is given.
    pub(super) form: Option<(Form, f64)>,
    pub(super) order: Order,
    /// Upper bound of the results.
    pub(super) count: Option<usize>,
    /// Whether any results will do, not the first in the order.
    pub(super) is_any: bool,
    pub(super) with_distance: bool,
    pub(super) with_hash: bool,
    pub(super) with_point: bool,
    /// The key for the results.
    pub(super) store: Option<&'a [u8]>,
    /// Whether distances are stored as scores.
    pub(super) stores_distances: bool,
}

impl<'a> Options<'a> {
    /// No options yet.
    pub(super) fn new(kind: Kind) -> Options<'a> {
        Options {
            kind,
            center: Center::Unknown,
            form: None,
            order: Order::None,
            count: None,
            is_any: false,
            with_distance: false,
            with_hash: false,
            with_point: false,
            store: None,
            stores_distances: false,
        }
    }

    /// Parses the options from argument `first` on.
    pub(super) fn parse(
        mut self,
        call: &Call<'a>,
        first: usize,
        zset: Option<&ZSet>,
    ) -> Result<Options<'a>, ReplyError> {
        let mut at = first;
        while at < call.args.len() {
            let values = match self.take_word(call.args.get(at)) {
                true => 0,
                false => match self.take_number_or_key(call, at)? {
                    0 => self.take_area(call, at, zset)?,
                    values => values,
                },
            };
            at += 1 + values;
        }
        self.check(call)?;
        Ok(self)
    }

    /// The area, unless there is no sorted set to search.
    pub(super) fn area(&self) -> Option<Area> {
        let (form, _) = self.form?;
        let center = self.center.point()?;
        Some(Area { center, form })
    }

    /// The metres of the unit of distances.
    pub(super) fn unit(&self) -> f64 {
        self.form.map_or(1.0, |(_, unit)| unit)
    }

    /// Takes an option without values. Returns whether the word is one.
    fn take_word(&mut self, word: &[u8]) -> bool {
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        if is(b"withdist") {
            self.with_distance = true;
        } else if is(b"withhash") {
            self.with_hash = true;
        } else if is(b"withcoord") {
            self.with_point = true;
        } else if is(b"any") {
            self.is_any = true;
        } else if is(b"asc") {
            self.order = Order::Ascending;
        } else if is(b"desc") {
            self.order = Order::Descending;
        } else if is(b"storedist") && self.kind == Kind::SearchStore {
            self.stores_distances = true;
        } else {
            return false;
        }
        true
    }

    /// Takes COUNT, STORE or STOREDIST at argument `at`. Returns the number of its values, 0 for
    /// another word.
    fn take_number_or_key(&mut self, call: &Call<'a>, at: usize) -> Result<usize, ReplyError> {
        let is = |name: &[u8]| call.args.get(at).eq_ignore_ascii_case(name);
        if at + 1 >= call.args.len() {
            return Ok(0);
        }
        if is(b"count") {
            let count = call.integer(at + 1)?;
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            self.count = Some(count.ok_or(COUNT_POSITIVE)?);
            return Ok(1);
        }
        let stores_distances = is(b"storedist");
        if self.kind == Kind::Radius && (stores_distances || is(b"store")) {
            self.store = Some(call.args.get(at + 1));
            self.stores_distances = stores_distances;
            return Ok(1);
        }
        Ok(0)
    }

    /// Takes the center or the form of a search at argument `at`. Returns the number of its values.
    fn take_area(
        &mut self,
        call: &Call<'a>,
        at: usize,
        zset: Option<&ZSet>,
    ) -> Result<usize, ReplyError> {
        if !self.kind.is_search() {
            return Err(error::SYNTAX);
        }
        let is = |name: &[u8], values: usize| {
            call.args.get(at).eq_ignore_ascii_case(name) && at + values < call.args.len()
        };
        let is_point = matches!(self.center, Center::Point(_));
        let is_member = matches!(self.center, Center::Member(_));
        if is(b"frommember", 1) && !is_point {
            self.center = Center::member(zset, call.args.get(at + 1))?;
            return Ok(1);
        }
        if is(b"fromlonlat", 2) && !is_member {
            self.center = Center::Point(units::point(call, at + 1)?);
            return Ok(2);
        }
        let form = self.form.map(|(form, _)| form);
        if is(b"byradius", 2) && !matches!(form, Some(Form::Box { .. })) {
            let (radius, unit) = units::radius(call, at + 1)?;
            self.form = Some((Form::Circle { radius }, unit));
            return Ok(2);
        }
        if is(b"bybox", 3) && !matches!(form, Some(Form::Circle { .. })) {
            let ((width, height), unit) = units::sides(call, at + 1)?;
            self.form = Some((Form::Box { width, height }, unit));
            return Ok(3);
        }
        Err(error::SYNTAX)
    }

    /// Checks that the options fit each other.
    fn check(&self, call: &Call) -> Result<(), ReplyError> {
        let has_with = self.with_distance || self.with_hash || self.with_point;
        if has_with && self.kind == Kind::SearchStore {
            return Err(SEARCHSTORE_AND_WITH);
        }
        if has_with && self.store.is_some() {
            return Err(STORE_AND_WITH);
        }
        if self.kind.is_search() {
            if matches!(self.center, Center::Unknown) {
                return Err(missing(call, "FROMMEMBER or FROMLONLAT"));
            }
            if self.form.is_none() {
                return Err(missing(call, "BYRADIUS and BYBOX"));
            }
        }
        if self.is_any && self.count.is_none() {
            return Err(ANY_WITHOUT_COUNT);
        }
        Ok(())
    }
}

/// Returns the error for a search without one of two options.
fn missing(call: &Call, options: &str) -> ReplyError {
    let mut text = format!("ERR exactly one of {options} can be specified for ").into_bytes();
    text.extend_from_slice(call.args.get(0));
    ReplyError::Composed(text)
}
