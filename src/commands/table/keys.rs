//! Where the keys of a request stand.

/// Which arguments are keys, and what is done to them: a key specification
/// (<https://redis.io/docs/latest/develop/reference/key-specs/>).
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// Position of the first one.
    pub first: i64,
    /// Position of the last one; -1 for the last argument.
    pub last: i64,
    /// Distance from one to the next.
    pub step: i64,
    /// `RO`, `RW`, `OW` or `RM`, then what happens to the content.
    pub flags: &'static [&'static str],
}

impl Keys {
    /// Positions of the keys among `count` arguments.
    pub fn positions(&self, count: usize) -> impl Iterator<Item = usize> + use<> {
        let last = if self.last < 0 {
            count as i64 + self.last
        } else {
            self.last
        };
        (self.first..=last)
            .step_by(self.step.max(1) as usize)
            .map(|at| at as usize)
    }

    /// One key, the first argument.
    pub const fn one(flags: &'static [&'static str]) -> Option<Keys> {
        Some(Keys {
            first: 1,
            last: 1,
            step: 1,
            flags,
        })
    }

    /// All arguments.
    pub const fn all(flags: &'static [&'static str]) -> Option<Keys> {
        Some(Keys {
            first: 1,
            last: -1,
            step: 1,
            flags,
        })
    }
}
