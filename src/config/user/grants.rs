//! The commands that a selector grants.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;

/// The highest number of commands, plus one. The catalogue must be shorter.
const MAX_COMMANDS: usize = 1024;

const WORD_BITS: usize = u64::BITS as usize;

/// The bit for commands that do not exist yet: set by `+@all`, cleared by `-@all`.
const FUTURE: usize = MAX_COMMANDS - 1;

/// One bit for each command and subcommand, and first arguments with which a command without its
/// bit is granted nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grants {
    bits: [u64; MAX_COMMANDS / WORD_BITS],
    /// Whether nothing was removed since `+@all`.
    is_all: bool,
    first_args: BTreeMap<usize, Vec<Vec<u8>>>,
}

impl Grants {
    /// Grants all commands, or none.
    pub(super) fn of_all(is_granted: bool) -> Grants {
        let word = if is_granted { u64::MAX } else { 0 };
        Grants {
            bits: [word; MAX_COMMANDS / WORD_BITS],
            is_all: is_granted,
            first_args: BTreeMap::new(),
        }
    }

    /// Returns whether all commands are granted, and no rule has removed one.
    pub(super) fn is_all(&self) -> bool {
        self.is_all
    }

    /// Returns whether commands that do not exist yet are granted.
    pub(super) fn has_future(&self) -> bool {
        self.has(FUTURE)
    }

    /// Returns whether the command `id` is granted.
    pub(super) fn has(&self, id: usize) -> bool {
        let word = self.bits.get(id / WORD_BITS);
        word.is_some_and(|word| word >> (id % WORD_BITS) & 1 == 1)
    }

    /// Returns the first arguments with which the command `id` is granted.
    pub(super) fn first_args(&self, id: usize) -> &[Vec<u8>] {
        self.first_args.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Grants or removes the command `id` with its subcommands.
    pub(super) fn change(&mut self, catalogue: &Catalogue, id: usize, is_granted: bool) {
        self.first_args.remove(&id);
        self.set(id, is_granted);
        for subcommand in catalogue.subcommands(id) {
            self.set(subcommand, is_granted);
        }
    }

    /// Grants or removes the commands of a category. `category` is its bit.
    pub(super) fn change_category(
        &mut self,
        catalogue: &Catalogue,
        category: u32,
        is_granted: bool,
    ) {
        for (id, entry) in catalogue.entries().iter().enumerate() {
            if entry.categories & category != 0 {
                self.change(catalogue, id, is_granted);
            }
        }
    }

    /// Grants the command `id` if its first argument is `first`, in letters of any case.
    pub(super) fn allow_first_arg(&mut self, id: usize, first: &[u8]) {
        let known = self.first_args.entry(id).or_default();
        if !known.iter().any(|it| it.eq_ignore_ascii_case(first)) {
            known.push(first.to_vec());
        }
    }

    fn set(&mut self, id: usize, is_granted: bool) {
        let Some(word) = self.bits.get_mut(id / WORD_BITS) else {
            return;
        };
        let bit = 1 << (id % WORD_BITS);
        match is_granted {
            true => *word |= bit,
            false => {
                *word &= !bit;
                self.is_all = false;
            }
        }
    }
}
