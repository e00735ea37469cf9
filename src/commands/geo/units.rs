//! Units of length, and the arguments that have one.

use super::hash::{Point, WORLD};
use crate::commands::table::Argument;
use crate::commands::{Call, ReplyError, error};
use crate::num::double;

const NO_UNIT: ReplyError =
    ReplyError::Fixed("ERR unsupported unit provided. please use M, KM, FT, MI");
const NO_RADIUS: ReplyError = ReplyError::Fixed("ERR need numeric radius");
const NEGATIVE_RADIUS: ReplyError = ReplyError::Fixed("ERR radius cannot be negative");
const NO_WIDTH: ReplyError = ReplyError::Fixed("ERR need numeric width");
const NO_HEIGHT: ReplyError = ReplyError::Fixed("ERR need numeric height");
const NEGATIVE_SIDE: ReplyError = ReplyError::Fixed("ERR height or width cannot be negative");

/// The argument that names a unit.
pub(super) const UNIT: Argument = Argument::one_of(
    "unit",
    &[
        Argument::word("m", "M"),
        Argument::word("km", "KM"),
        Argument::word("ft", "FT"),
        Argument::word("mi", "MI"),
    ],
);

/// Returns the metres of a unit.
///
/// # Errors
/// If the word names none.
pub(super) fn unit(word: &[u8]) -> Result<f64, ReplyError> {
    let units = [
        (&b"m"[..], 1.0),
        (b"km", 1000.0),
        (b"ft", 0.3048),
        (b"mi", 1609.34),
    ];
    let found = units
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|(_, metres)| *metres).ok_or(NO_UNIT)
}

/// Parses a radius and its unit, from argument `at` on. Returns the radius in metres, and the unit.
pub(super) fn radius(call: &Call, at: usize) -> Result<(f64, f64), ReplyError> {
    let radius = double::score(call.args.get(at)).ok_or(NO_RADIUS)?;
    if radius < 0.0 {
        return Err(NEGATIVE_RADIUS);
    }
    let unit = unit(call.args.get(at + 1))?;
    Ok((radius * unit, unit))
}

/// Parses the sides of a box and their unit, from argument `at` on. Returns width and height in
/// metres, and the unit.
pub(super) fn sides(call: &Call, at: usize) -> Result<((f64, f64), f64), ReplyError> {
    let width = double::score(call.args.get(at)).ok_or(NO_WIDTH)?;
    let height = double::score(call.args.get(at + 1)).ok_or(NO_HEIGHT)?;
    if width < 0.0 || height < 0.0 {
        return Err(NEGATIVE_SIDE);
    }
    let unit = unit(call.args.get(at + 2))?;
    Ok(((width * unit, height * unit), unit))
}

/// Parses longitude and latitude, from argument `at` on.
///
/// # Errors
/// If they are no numbers, or too near to a pole.
pub(super) fn point(call: &Call, at: usize) -> Result<Point, ReplyError> {
    let number = |index| double::score(call.args.get(index)).ok_or(error::NOT_A_FLOAT);
    let (longitude, latitude) = (number(at)?, number(at + 1)?);
    let is_valid = (WORLD.min.longitude..=WORLD.max.longitude).contains(&longitude)
        && (WORLD.min.latitude..=WORLD.max.latitude).contains(&latitude);
    if !is_valid {
        let pair = format!("{longitude:.6},{latitude:.6}");
        let text = format!("ERR invalid longitude,latitude pair {pair}");
        return Err(text.into());
    }
    Ok(Point {
        longitude,
        latitude,
    })
}

/// Returns the text of a distance: four decimals.
pub(super) fn distance_text(distance: f64) -> String {
    format!("{distance:.4}")
}
