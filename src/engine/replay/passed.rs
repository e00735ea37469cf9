//! Commands of a file that are passed over, and the warnings about them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::logger::Logger;

/// Upper bound of the kinds of passed-over commands that are counted separately.
const MOST_KINDS: usize = 100;

/// A command that was passed over, because it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// Its name in the file.
    pub(super) name: String,
    /// The error that it answered, if it did.
    pub(super) error: Option<String>,
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            None => write!(f, "'{}' changes no data", self.name),
            Some(error) => write!(f, "'{}' answers '{error}'", self.name),
        }
    }
}

/// The commands of a file that were passed over.
#[derive(Debug, Default)]
pub(super) struct PassedOver {
    /// How many commands of each kind, and where the first one begins.
    kinds: BTreeMap<Passed, (u64, u64)>,
}

impl PassedOver {
    /// Counts a command that begins at `offset`.
    pub(super) fn add(&mut self, passed: Passed, offset: u64) {
        let is_full = self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&passed);
        let kind = match is_full {
            false => passed,
            true => Passed {
                name: "others".to_owned(),
                error: None,
            },
        };
        let (count, _) = self.kinds.entry(kind).or_insert((0, offset));
        *count += 1;
    }

    /// Writes a warning about each kind. The file is the one at `path`.
    pub(super) fn report(&self, path: &Path, logger: &Logger) {
        for (passed, (count, offset)) in &self.kinds {
            logger.warning(format_args!(
                "{}: passed over {count} of its commands, the first at offset {offset}: {passed}",
                path.display()
            ));
        }
    }
}
