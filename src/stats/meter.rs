//! The figures of one client: the side that its thread writes, and the side that others read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::row::Row;

/// The greatest number of different error codes that are counted, as in Redis.
const MAX_CODES: usize = 128;

/// Finds the rows of a client's commands for the thread that counts. It has a row for each command
/// that the client has used, so an idle client costs next to nothing.
#[derive(Debug, Default)]
pub struct Meter {
    /// For each number of a command, its index in `rows` plus 1, or 0.
    places: Vec<u16>,
    rows: Vec<Arc<Row>>,
}

impl Meter {
    /// Returns the row of a command, which `figures` shows to other threads.
    pub fn row(&mut self, command: usize, figures: &Figures) -> &Row {
        let place = self.places.get(command).copied().unwrap_or_default();
        let index = match usize::from(place).checked_sub(1) {
            Some(index) => index,
            None => self.add_row(command, figures),
        };
        &self.rows[index]
    }

    #[cold]
    fn add_row(&mut self, command: usize, figures: &Figures) -> usize {
        if self.places.len() <= command {
            self.places.resize(command + 1, 0);
        }
        let row = Arc::<Row>::default();
        figures.rows().push((command, Arc::clone(&row)));
        self.rows.push(row);
        // There are fewer than 65,535 commands.
        self.places[command] = self.rows.len() as u16;
        self.rows.len() - 1
    }
}

/// The figures of one client as other threads see them. The locks are taken only for a command's
/// first call, for an error, and by readers.
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
