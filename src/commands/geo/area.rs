//! The area that a search covers, distances on the earth, and the cells to look into.

use std::f64::consts::{FRAC_PI_2, PI};

use super::hash::{Cell, Point, SCORE_STEP};

/// The radius of the earth in metres, as Redis has it.
const EARTH_RADIUS: f64 = 6_372_797.560_856;

/// Half the width of the world in Mercator's projection, in metres.
const MERCATOR_MAX: f64 = 20_037_726.37;

/// One degree in radians.
const DEGREE: f64 = PI / 180.0;

/// More than the rounding of a distance can change, as a factor.
const ROUNDING: f64 = 1.0 + 1e-9;

/// The form of an area, in metres.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
}

/// An area around a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) center: Point,
    pub(super) form: Form,
}

/// Returns the distance of two points in metres, by the haversine formula.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    let [a_longitude, a_latitude, b_longitude, b_latitude] =
        [a.longitude, a.latitude, b.longitude, b.latitude].map(|degrees| degrees * DEGREE);
    let u = ((b_latitude - a_latitude) / 2.0).sin();
    let v = ((b_longitude - a_longitude) / 2.0).sin();
    let square = u * u + a_latitude.cos() * b_latitude.cos() * v * v;
    2.0 * EARTH_RADIUS * square.sqrt().asin()
}

impl Area {
    /// Returns the distance of `point` from the center, if the point is in the area.
    pub(super) fn distance_within(&self, point: Point) -> Option<f64> {
        let center = self.center;
        match self.form {
            Form::Circle { radius } => {
                let distance = distance(center, point);
                // The distance of antipodes may be NaN. Redis finds them.
                let is_beyond = distance > radius;
                (!is_beyond).then_some(distance)
            }
            Form::Box { width, height } => {
                let beside = Point {
                    longitude: center.longitude,
                    ..point
                };
                let below = Point {
                    latitude: center.latitude,
                    ..point
                };
                let is_within = distance(point, beside) <= width / 2.0
                    && distance(point, below) <= height / 2.0;
                is_within.then(|| distance(center, point))
            }
        }
    }

    /// Returns how far the area reaches.
    pub(super) fn reach(&self) -> Reach {
        let (up, across) = match self.form {
            Form::Circle { radius } => (radius, radius),
            Form::Box { width, height } => (height / 2.0, width / 2.0),
        };
        let (up, across) = (up / EARTH_RADIUS, across / EARTH_RADIUS);
        let latitude = self.center.latitude.abs() * DEGREE;
        let farthest = latitude + up;
        // By the haversine formula: a parallel is shortest where it is farthest from the equator.
        let cosines = match self.form {
            Form::Circle { .. } => latitude.cos() * farthest.cos(),
            Form::Box { .. } => farthest.cos() * farthest.cos(),
        };
        let sine = (across / 2.0).sin() / cosines.sqrt();
        let reaches_pole = farthest >= FRAC_PI_2 || across >= FRAC_PI_2 || sine >= 1.0;
        let right = if reaches_pole { PI } else { 2.0 * sine.asin() };
        Reach {
            center: self.center,
            longitude: right / DEGREE * ROUNDING,
            latitude: up / DEGREE * ROUNDING,
        }
    }

    /// Returns the cells that cover the area: the center's, and those of its neighbours that are
    /// needed, in the order of Redis. A neighbour can be there twice if the area is huge.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let bounds = self.bounds();
        let mut step = self.step();
        if step > 1 && !Area::is_covered(&bounds, Cell::of(self.center, step)) {
            step -= 1;
        }
        let cell = Cell::of(self.center, step);
        let inner = cell.bounds();
        let is_coarse = step < 2;
        // Whether the area may go beyond the center's cell in these directions.
        let is_north = is_coarse || inner.max.latitude <= bounds.north;
        let is_south = is_coarse || inner.min.latitude >= bounds.south;
        let is_east = is_coarse || inner.max.longitude <= bounds.east;
        let is_west = is_coarse || inner.min.longitude >= bounds.west;
        let neighbours = [
            (0, 1, is_north),
            (0, -1, is_south),
            (1, 0, is_east),
            (-1, 0, is_west),
            (1, 1, is_north && is_east),
            (-1, 1, is_north && is_west),
            (1, -1, is_south && is_east),
            (-1, -1, is_south && is_west),
        ];
        let needed = neighbours
            .into_iter()
            .filter(|(_, _, is_needed)| *is_needed);
        let cells = needed.map(|(east, north, _)| cell.moved(east, north));
        std::iter::once(cell).chain(cells).collect()
    }

    /// The distance from the center to the farthest point.
    fn radius(&self) -> f64 {
        match self.form {
            Form::Circle { radius } => radius,
            Form::Box { width, height } => {
                let (x, y) = (width / 2.0, height / 2.0);
                (x * x + y * y).sqrt()
            }
        }
    }

    /// The step of cells that are about as big as the area.
    fn step(&self) -> u32 {
        let mut range = self.radius();
        if range == 0.0 {
            return SCORE_STEP;
        }
        let mut step: i64 = -1;
        while range < MERCATOR_MAX {
            range *= 2.0;
            step += 1;
        }
        // Towards the poles cells are narrower.
        let latitude = self.center.latitude.abs();
        step -= i64::from(latitude > 66.0) + i64::from(latitude > 80.0);
        step.clamp(1, i64::from(SCORE_STEP)) as u32
    }

    /// Whether a cell and its neighbours reach as far as `bounds` in all four directions.
    fn is_covered(bounds: &Box, cell: Cell) -> bool {
        cell.moved(0, 1).bounds().max.latitude >= bounds.north
            && cell.moved(0, -1).bounds().min.latitude <= bounds.south
            && cell.moved(1, 0).bounds().max.longitude >= bounds.east
            && cell.moved(-1, 0).bounds().min.longitude <= bounds.west
    }

    /// The least box of degrees around the area.
    fn bounds(&self) -> Box {
        let (width, height) = match self.form {
            Form::Circle { radius } => (radius, radius),
            Form::Box { width, height } => (width / 2.0, height / 2.0),
        };
        let Point {
            longitude,
            latitude,
        } = self.center;
        let up = height / EARTH_RADIUS / DEGREE;
        // An arc of one length spans most degrees at the end that is nearer to a pole.
        let edge = if latitude < 0.0 {
            latitude - up
        } else {
            latitude + up
        };
        let right = width / EARTH_RADIUS / (edge * DEGREE).cos() / DEGREE;
        Box {
            west: longitude - right,
            east: longitude + right,
            south: latitude - up,
            north: latitude + up,
        }
    }
}

/// The degrees from the center to the farthest points of an area. Comparing degrees takes much less
/// time than a distance, and excludes most points around an area.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    center: Point,
    longitude: f64,
    latitude: f64,
}

impl Reach {
    /// Returns whether `point` may be in the area.
    pub(super) fn may_include(&self, point: Point) -> bool {
        let east = (point.longitude - self.center.longitude).abs();
        let north = (point.latitude - self.center.latitude).abs();
        north <= self.latitude && east.min(360.0 - east) <= self.longitude
    }
}

/// Four bounds in degrees.
struct Box {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
}
