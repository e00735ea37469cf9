//! Sums over clients.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::histogram::Buckets;
use super::meter::Figures;
use super::row::{Finished, Sums};

/// The sums of commands and of errors over many clients.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// By the numbers of the commands.
    pub commands: BTreeMap<usize, Sums>,
    /// Errors by their first word.
    pub errors: BTreeMap<Box<[u8]>, u64>,
}

/// The figures of commands that a client has used only a few times, for all clients together.
#[derive(Debug, Default)]
pub struct Rare(Mutex<BTreeMap<usize, Sums>>);

impl Rare {
    /// Adds finished calls of a command. `tracks` says whether the histogram counts them too.
    pub fn add(&self, command: usize, finished: Finished, tracks: bool) {
        self.lock()
            .entry(command)
            .or_default()
            .add(finished, tracks);
    }

    /// Counts a call that was refused before it ran.
    pub fn reject(&self, command: usize) {
        self.lock().entry(command).or_default().rejected += 1;
    }

    /// Returns the number of calls.
    pub fn calls(&self) -> u64 {
        self.lock().values().map(|sums| sums.calls).sum()
    }

    /// Sets all figures to zero.
    pub fn clear(&self) {
        let former = std::mem::take(&mut *self.lock());
        drop(former);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Sums>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Totals {
    /// Adds the figures of rarely used commands.
    pub fn absorb_rare(&mut self, rare: &Rare) {
        for (command, sums) in rare.lock().iter() {
            self.commands.entry(*command).or_default().absorb_sums(sums);
        }
    }

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

    /// Returns how often the calls of all commands took how long.
    pub fn buckets(&self) -> Buckets {
        let mut all = Buckets::default();
        for sums in self.commands.values() {
            all.absorb_sums(&sums.buckets);
        }
        all
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
