//! Geohashes: a point on the earth as one integer, whose bits come from longitude and latitude in
//! turn. Near points mostly have near integers. A member's score is a geohash of 52 bits
//! (<https://redis.io/docs/latest/commands/geoadd/>).

/// The bits of each coordinate in a score.
pub(super) const SCORE_STEP: u32 = 26;

/// A point in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) longitude: f64,
    pub(super) latitude: f64,
}

/// An area between two points, the southwestern and the northeastern one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) min: Point,
    pub(super) max: Point,
}

/// The points that have a score. There is none at the poles.
pub(super) const WORLD: Bounds = Bounds {
    min: Point {
        longitude: -180.0,
        latitude: -85.05112878,
    },
    max: Point {
        longitude: 180.0,
        latitude: 85.05112878,
    },
};

/// The area that the texts of GEOHASH divide.
const WHOLE_WORLD: Bounds = Bounds {
    min: Point {
        longitude: -180.0,
        latitude: -90.0,
    },
    max: Point {
        longitude: 180.0,
        latitude: 90.0,
    },
};

/// The bits of the latitude.
const LATITUDE_BITS: u64 = 0x5555_5555_5555_5555;

/// A cell of the grid that divides an area into 2^step times 2^step parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    bits: u64,
    step: u32,
}

impl Cell {
    /// The cell of [`WORLD`] that contains `point`.
    pub(super) fn of(point: Point, step: u32) -> Cell {
        Cell::within(WORLD, point, step)
    }

    fn within(area: Bounds, point: Point, step: u32) -> Cell {
        let part = |at: f64, min: f64, max: f64| {
            let share = (at - min) / (max - min);
            (share * (1u64 << step) as f64) as u32
        };
        let (min, max) = (area.min, area.max);
        let row = part(point.latitude, min.latitude, max.latitude);
        let column = part(point.longitude, min.longitude, max.longitude);
        let bits = spread(row) | spread(column) << 1;
        Cell { bits, step }
    }

    /// The cell of a score, which may be any number.
    pub(super) fn of_score(score: f64) -> Cell {
        Cell {
            bits: integer_of(score),
            step: SCORE_STEP,
        }
    }

    /// The area of the cell.
    pub(super) fn bounds(self) -> Bounds {
        let (row, column) = (gather(self.bits), gather(self.bits >> 1));
        let (min, max) = (WORLD.min, WORLD.max);
        let at = |number: u32, min: f64, max: f64| {
            min + f64::from(number) / (1u64 << self.step) as f64 * (max - min)
        };
        let point = |row, column| Point {
            longitude: at(column, min.longitude, max.longitude),
            latitude: at(row, min.latitude, max.latitude),
        };
        Bounds {
            min: point(row, column),
            max: point(row.wrapping_add(1), column.wrapping_add(1)),
        }
    }

    /// The point in the middle of the cell.
    pub(super) fn center(self) -> Point {
        let Bounds { min, max } = self.bounds();
        let middle =
            |min: f64, max: f64, least: f64, most: f64| f64::midpoint(min, max).clamp(least, most);
        Point {
            longitude: middle(
                min.longitude,
                max.longitude,
                WORLD.min.longitude,
                WORLD.max.longitude,
            ),
            latitude: middle(
                min.latitude,
                max.latitude,
                WORLD.min.latitude,
                WORLD.max.latitude,
            ),
        }
    }

    /// The cell `east` columns and `north` rows further. Beyond an end follows the other one.
    pub(super) fn moved(self, east: i64, north: i64) -> Cell {
        let mask = (1u64 << self.step) - 1;
        let moved = |number: u32, by: i64| match by {
            // At the very end of the world a number has one bit more, which stays.
            0 => number,
            by => (u64::from(number).wrapping_add_signed(by) & mask) as u32,
        };
        let row = moved(gather(self.bits), north);
        let column = moved(gather(self.bits >> 1), east);
        Cell {
            bits: spread(row) | spread(column) << 1,
            ..self
        }
    }

    /// The least score in the cell.
    pub(super) fn first_score(self) -> f64 {
        self.score(0)
    }

    /// The least score behind the cell.
    pub(super) fn end_score(self) -> f64 {
        self.score(1)
    }

    fn score(self, following: u64) -> f64 {
        ((self.bits + following) << (2 * (SCORE_STEP - self.step))) as f64
    }
}

/// The text of a geohash of 11 characters, as other software has it. Its last character means
/// nothing.
pub(super) fn text(point: Point) -> [u8; 11] {
    const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
    let bits = Cell::within(WHOLE_WORLD, point, SCORE_STEP).bits;
    let mut text = [LETTERS[0]; 11];
    for (index, letter) in text[..10].iter_mut().enumerate() {
        *letter = LETTERS[(bits >> (47 - 5 * index) & 31) as usize];
    }
    text
}

/// An integer of a score as the processor of Redis makes it: a negative one in two's complement,
/// and one out of range some other number.
fn integer_of(score: f64) -> u64 {
    const HALF: f64 = (1u64 << 63) as f64;
    let signed = |number: f64| match number < HALF {
        true => number as i64,
        false => i64::MIN,
    };
    match score < HALF {
        true => signed(score) as u64,
        false => signed(score - HALF) as u64 ^ 1 << 63,
    }
}

/// Puts the bits of a number at the even places of another.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in STEPS.into_iter().rev() {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// Takes the bits at the even places.
fn gather(number: u64) -> u32 {
    let mut bits = number & LATITUDE_BITS;
    for (shift, mask) in STEPS {
        bits = (bits & mask) | (bits & mask) >> shift;
    }
    bits as u32
}

/// How far groups of bits move, from single bits to groups of 16, and which bits they take when they
/// are spread.
const STEPS: [(u32, u64); 5] = [
    (1, LATITUDE_BITS),
    (2, 0x3333_3333_3333_3333),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (8, 0x00FF_00FF_00FF_00FF),
    (16, 0x0000_FFFF_0000_FFFF),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_spread_and_gathered() {
        assert_eq!(spread(0b1011), 0b100_0101);
        for number in [0, 1, 0xdead_beef, u32::MAX] {
            assert_eq!(gather(spread(number)), number);
            assert_eq!(gather(spread(number) | LATITUDE_BITS << 1), number);
        }
    }

    /// The score that Redis's documentation gives for Palermo.
    #[test]
    fn a_point_has_the_score_of_redis() {
        let palermo = Point {
            longitude: 13.361389,
            latitude: 38.115556,
        };
        let cell = Cell::of(palermo, SCORE_STEP);
        assert_eq!(cell.first_score(), 3_479_099_956_230_698.0);
        assert_eq!(&text(cell.center()), b"sqc8b49rny0");
    }

    #[test]
    fn a_cell_has_neighbours_all_around_the_world() {
        let cell = Cell { bits: 0, step: 2 };
        assert_eq!(cell.moved(1, 0).bits, 0b0010);
        assert_eq!(cell.moved(-1, -1).bits, 0b1111);
        assert_eq!(cell.moved(-1, -1).moved(1, 1), cell);
    }
}
