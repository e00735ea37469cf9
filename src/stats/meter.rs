//! The figures of one client: the side that its thread writes, and the side that others read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::row::Row;

/// The greatest number of different error codes that are counted, as in Redis.
const MAX_CODES: usize = 128;

/// A client gets a row for a command when it is counted this often. The calls before are counted in
/// [`Rare`](super::Rare), so the commands with which clients begin take no memory of each client.
const RARE_UNTIL: u8 = 50;

/// The greatest number of rows of one client. They take about 900 bytes each. Further commands of the
/// client are counted in [`Rare`](super::Rare).
const MAX_ROWS: usize = 16;

/// Finds the rows of a client's commands for the thread that counts.
#[derive(Debug, Default)]
pub struct Meter {
    /// For each number of a command, its index in `rows` plus 1, or 0.
    places: Vec<u8>,
    rows: Vec<Arc<Row>>,
    /// How often each command without a row was counted.
    rare: Vec<(u16, u8)>,
}

impl Meter {
    /// Returns the row of a command, which `figures` shows to other threads. Returns `None` if the
    /// command is rare.
    pub fn row(&mut self, command: usize, figures: &Figures) -> Option<&Row> {
        let place = self.places.get(command).copied().unwrap_or_default();
        match usize::from(place).checked_sub(1) {
            Some(index) => Some(&self.rows[index]),
            None => self.count_rare(command, figures),
        }
    }

    #[cold]
    fn count_rare(&mut self, command: usize, figures: &Figures) -> Option<&Row> {
        if self.rows.len() == MAX_ROWS {
            return None;
        }
        // There are fewer than 65,536 commands.
        let number = command as u16;
        let known = self.rare.iter().position(|(rare, _)| *rare == number);
        let Some(index) = known else {
            self.rare.push((number, 1));
            return None;
        };
        let (_, count) = &mut self.rare[index];
        *count += 1;
        if *count < RARE_UNTIL {
            return None;
        }
        self.rare.swap_remove(index);
        self.add_row(command, figures)
    }

    fn add_row(&mut self, command: usize, figures: &Figures) -> Option<&Row> {
        if self.places.len() <= command {
            self.places.resize(command + 1, 0);
        }
        let row = Arc::<Row>::default();
        figures.rows().push((command, Arc::clone(&row)));
        self.rows.push(row);
        self.places[command] = self.rows.len() as u8;
        self.rows.last().map(Arc::as_ref)
    }
}

/// The figures of one client as other threads see them. The locks are taken only when a command gets
/// its row, for an error, and by readers.
#[derive(Debug, Default)]
pub struct Figures {
    rows: Mutex<Vec<(usize, Arc<Row>)>>,
    errors: Mutex<BTreeMap<Box<[u8]>, u64>>,
}

impl Figures {
    pub(super) fn rows(&self) -> MutexGuard<'_, Vec<(usize, Arc<Row>)>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn errors(&self) -> MutexGuard<'_, BTreeMap<Box<[u8]>, u64>> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of calls of all commands.
    pub fn calls(&self) -> u64 {
        self.rows().iter().map(|(_, row)| row.calls()).sum()
    }

    /// Counts an error by its first word, such as `WRONGTYPE`.
    pub fn count_error(&self, text: &[u8]) {
        let code = text.split(|&byte| byte == b' ').next().unwrap_or_default();
        let mut errors = self.errors();
        if let Some(count) = errors.get_mut(code) {
            *count += 1;
        } else if errors.len() < MAX_CODES {
            errors.insert(code.into(), 1);
        }
    }
}
