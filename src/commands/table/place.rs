//! Places in requests, where keys or fields stand. A place is found in two steps: [`Begin`] says where
//! to begin, [`Extent`] how far to go.

use std::iter::StepBy;
use std::ops::Range;

use crate::num::integer;
use crate::resp::args::Args;

/// The first argument that a specification is about.
#[derive(Clone, Copy, Debug)]
pub enum Begin {
    /// The argument at this index. The name of the command has index 0.
    Index(usize),
    /// The argument behind `word`, in any case. The search starts at index `from`.
    Keyword {
        /// The word, such as `STREAMS`.
        word: &'static str,
        /// An index.
        from: usize,
        /// Whether a request without the word names no keys. Otherwise it is an error.
        is_optional: bool,
    },
    /// Nowhere: the data names the keys. COMMAND INFO says `unknown`.
    Unknown,
    /// The argument behind the last option `word`, such as `STORE` of SORT. Redis's specifications
    /// cannot express this, so COMMAND INFO says `unknown`.
    LastOption {
        /// The option, in upper or lower case.
        word: &'static str,
        /// The index of the first option.
        from: usize,
        /// All options that have values, `word` included, with the number of their values.
        options: &'static [(&'static str, usize)],
        /// Whether Redis documents the first such word, instead of an unknown place.
        is_keyword: bool,
    },
}

/// The arguments from the first one on that a specification is about.
#[derive(Clone, Copy, Debug)]
pub enum Extent {
    /// Every `step`-th argument up to the last one.
    Range {
        /// The last one, counted from the first one; if negative, from the end of the request.
        last: i64,
        /// The distance from one to the next, at least 1.
        step: usize,
        /// If not 0, only the first `1 / limit` of the arguments; `last` is -1 then.
        limit: usize,
    },
    /// As many as a number says that precedes them, such as `numkeys`.
    Number {
        /// Where the number stands, counted from the beginning.
        at: usize,
        /// Where the first one stands, counted from the beginning.
        first: usize,
        /// The distance from one to the next, at least 1.
        step: usize,
    },
}

/// Places in a request: of keys, or of fields.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where to begin.
    pub begin: Begin,
    /// How far to go.
    pub extent: Extent,
}

/// Indexes of arguments, in order. All of them exist.
pub type Indexes = StepBy<Range<usize>>;

impl Place {
    /// The argument at `index`.
    pub const fn one(index: usize) -> Place {
        Place::range(index, 0, 1)
    }

    /// Every `step`-th argument from `first` on.
    pub const fn from(first: usize, step: usize) -> Place {
        Place::range(first, -1, step)
    }

    /// From the argument at `first` to `last`: see [`Extent::Range`].
    pub const fn range(first: usize, last: i64, step: usize) -> Place {
        Place {
            begin: Begin::Index(first),
            extent: Extent::Range {
                last,
                step,
                limit: 0,
            },
        }
    }

    /// No arguments: see [`Begin::Unknown`].
    pub const UNKNOWN: Place = Place {
        begin: Begin::Unknown,
        ..Place::one(0)
    };

    /// The argument behind the last option `word`: see [`Begin::LastOption`].
    pub const fn last_option(
        word: &'static str,
        from: usize,
        options: &'static [(&'static str, usize)],
    ) -> Place {
        Place::last(word, from, options, false)
    }

    /// As [`Place::last_option`], documented as the argument behind the first `word`.
    pub const fn last_keyword(
        word: &'static str,
        from: usize,
        options: &'static [(&'static str, usize)],
    ) -> Place {
        Place::last(word, from, options, true)
    }

    const fn last(
        word: &'static str,
        from: usize,
        options: &'static [(&'static str, usize)],
        is_keyword: bool,
    ) -> Place {
        Place {
            begin: Begin::LastOption {
                word,
                from,
                options,
                is_keyword,
            },
            ..Place::one(0)
        }
    }

    /// The arguments behind the number at `index`, which says how many there are.
    pub const fn counted(index: usize) -> Place {
        Place {
            begin: Begin::Index(index),
            extent: Extent::Number {
                at: 0,
                first: 1,
                step: 1,
            },
        }
    }

    /// Every `step`-th argument behind `word` and a number, which says how many there are. The
    /// search for the word starts at index `from`.
    pub const fn numbered(word: &'static str, from: usize, step: usize) -> Place {
        Place {
            begin: Begin::Keyword {
                word,
                from,
                is_optional: false,
            },
            extent: Extent::Number {
                at: 0,
                first: 1,
                step,
            },
        }
    }

    /// Finds the arguments in a request. `None` if the request's syntax is wrong.
    #[inline]
    pub fn indexes(&self, args: Args) -> Option<Indexes> {
        // Most commands have one key, and this is asked for each request of a pipeline.
        if let (Begin::Index(index), Extent::Range { last: 0, .. }) = (self.begin, self.extent) {
            return (index < args.len()).then(|| (index..index + 1).step_by(1));
        }
        match self.begin.index(args) {
            Some(Some(begin)) => self.extent.indexes(begin, args),
            Some(None) => Some((0..0).step_by(1)),
            None => None,
        }
    }
}

impl Begin {
    /// Finds the index; `Some(None)` if an optional word is missing, or if the request has no keys.
    fn index(self, args: Args) -> Option<Option<usize>> {
        match self {
            Begin::Index(index) => Some(Some(index)),
            Begin::Keyword {
                word,
                from,
                is_optional,
            } => {
                let is_word = |it: &[u8]| it.eq_ignore_ascii_case(word.as_bytes());
                let found = args.from(from).position(is_word).map(|at| from + at + 1);
                (found.is_some() || is_optional).then_some(found)
            }
            Begin::Unknown => Some(None),
            Begin::LastOption {
                word,
                from,
                options,
                ..
            } => Some(last_option(args, word, from, options)),
        }
    }
}

/// Finds the index of the value of the last option `word`.
fn last_option(args: Args, word: &str, from: usize, options: &[(&str, usize)]) -> Option<usize> {
    let mut found = None;
    let mut index = from;
    while index < args.len() {
        let is = |name: &str| args.get(index).eq_ignore_ascii_case(name.as_bytes());
        if is(word) && index + 1 < args.len() {
            found = Some(index + 1);
        }
        let values = options.iter().find(|(name, _)| is(name));
        index += 1 + values.map_or(0, |(_, count)| *count);
    }
    found
}

impl Extent {
    fn indexes(self, begin: usize, args: Args) -> Option<Indexes> {
        let count = args.len();
        let (first, last, step) = match self {
            Extent::Range { last, step, limit } => {
                let last = match (usize::try_from(last), limit) {
                    (Ok(last), _) => begin + last,
                    (Err(_), 0) => count.checked_add_signed(last as isize)?,
                    (Err(_), limit) => {
                        (begin + count.checked_sub(begin)? / limit).checked_sub(1)?
                    }
                };
                (begin, last, step)
            }
            Extent::Number { at, first, step } => {
                let number = args.from(begin + at).next().and_then(integer::parse)?;
                let number = usize::try_from(number).ok()?.checked_sub(1)?;
                let first = begin + first;
                (first, first.checked_add(number.checked_mul(step)?)?, step)
            }
        };
        // Beyond the end, the request is too short for its own number.
        (first <= last && last < count).then(|| (first..last + 1).step_by(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::args::Requests;

    const SORT_STORE: Place = Place::last_option(
        "STORE",
        2,
        &[("LIMIT", 2), ("BY", 1), ("GET", 1), ("STORE", 1)],
    );
    const STREAMS: Place = Place {
        begin: Begin::Keyword {
            word: "STREAMS",
            from: 1,
            is_optional: false,
        },
        extent: Extent::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
    };
    const GEO_STORE: Place = Place {
        begin: Begin::Keyword {
            word: "STORE",
            from: 6,
            is_optional: true,
        },
        extent: Extent::Range {
            last: 0,
            step: 1,
            limit: 0,
        },
    };
    const EVAL: Place = Place::counted(2);

    /// The places of requests, as COMMAND GETKEYS of Redis 7.0.15 finds them.
    #[test]
    fn places_are_found_as_redis_does() {
        let hexpire = Place::numbered("FIELDS", 3, 1);
        let cases: &[(Place, &str, Option<&[usize]>)] = &[
            (Place::one(1), "get k", Some(&[1])),
            (Place::from(1, 1), "del a b c", Some(&[1, 2, 3])),
            (Place::from(1, 2), "mset a 1 b 2", Some(&[1, 3])),
            (Place::from(1, 2), "mset a 1 b", Some(&[1, 3])),
            (Place::range(1, -2, 1), "blpop a b 0", Some(&[1, 2])),
            (EVAL, "eval x 2 a b c", Some(&[3, 4])),
            (EVAL, "eval x 3 a b", None),
            (EVAL, "eval x 0", None),
            (EVAL, "eval x -1 a", None),
            (EVAL, "eval x 9223372036854775807 a", None),
            (EVAL, "eval x many a", None),
            (STREAMS, "xread count 5 streams a b 1 2", Some(&[4, 5])),
            (STREAMS, "xread streams a b c", Some(&[2])),
            (STREAMS, "xread streams", None),
            (STREAMS, "xread count 5", None),
            (Place::UNKNOWN, "sort k by x", Some(&[])),
            (SORT_STORE, "sort k", Some(&[])),
            (SORT_STORE, "sort k by x store a store b", Some(&[7])),
            (SORT_STORE, "sort k limit store b", Some(&[])),
            (SORT_STORE, "sort k store", Some(&[])),
            (GEO_STORE, "georadius a 1 2 3 m", Some(&[])),
            (GEO_STORE, "georadius a 1 2 3 m store b", Some(&[7])),
            (hexpire, "hexpire k 1 NX FIELDS 2 a b", Some(&[6, 7])),
            (hexpire, "hexpire k 1 FIELDS 3 a b", None),
        ];
        for (place, line, expected) in cases {
            let words: Vec<&str> = line.split(' ').collect();
            let requests = Requests::from_list(&words);
            let found = place.indexes(requests.get(0));
            let found: Option<Vec<usize>> = found.map(Iterator::collect);
            assert_eq!(found.as_deref(), *expected, "{line}");
        }
    }
}
