//! Sums over clients.

use std::collections::BTreeMap;

use super::meter::Figures;
use super::row::Sums;

/// The sums of commands and of errors over many clients.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// By the numbers of the commands.
    pub commands: BTreeMap<usize, Sums>,
    /// Errors by their first word.
    pub errors: BTreeMap<Box<[u8]>, u64>,
}

impl Totals {
    /// Adds the figures of a client.
    pub fn absorb(&mut self, figures: &Figures) {
        for (command, row) in figures.rows().iter() {
            self.commands.entry(*command).or_default().absorb(row);
        }
        for (code, count) in figures.errors().iter() {
            *self.errors.entry(code.clone()).or_default() += count;
        }
    }

    /// Subtracts former sums of the same figures, and drops what is zero then.
    pub fn subtract(&mut self, former: &Totals) {
        for (command, sums) in &former.commands {
            if let Some(sum) = self.commands.get_mut(command) {
                sum.subtract(sums);
            }
        }
        for (code, count) in &former.errors {
            if let Some(sum) = self.errors.get_mut(code) {
                *sum -= count;
            }
        }
        self.commands.retain(|_, sums| sums.is_used());
        self.errors.retain(|_, count| *count > 0);
    }

    /// Returns the number of calls of all commands.
    pub fn calls(&self) -> u64 {
        self.commands.values().map(|sums| sums.calls).sum()
    }

    /// Returns the number of all errors.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}
