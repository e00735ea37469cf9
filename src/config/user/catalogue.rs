//! The names and categories of all commands, as far as rules refer to them.

use std::ops::Range;

/// A command or a subcommand.
#[derive(Clone, Debug)]
pub struct CatalogueEntry {
    /// The name in lower case; `client|list` for a subcommand.
    pub name: &'static str,
    /// The categories: bit n for the n-th name of the catalogue's categories.
    pub categories: u32,
    /// The number of its subcommands. They follow it.
    pub subcommands: usize,
}

/// All commands. The index of an entry is the number of its command.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<CatalogueEntry>,
    categories: Vec<&'static str>,
}

impl Catalogue {
    /// A catalogue without commands and categories.
    pub const EMPTY: Catalogue = Catalogue {
        entries: Vec::new(),
        categories: Vec::new(),
    };

    /// Makes a catalogue of `entries`. `categories` are the names of the categories, without `@`.
    pub fn new(entries: Vec<CatalogueEntry>, categories: Vec<&'static str>) -> Catalogue {
        Catalogue {
            entries,
            categories,
        }
    }

    /// Returns the names of the categories.
    pub fn categories(&self) -> &[&'static str] {
        &self.categories
    }

    /// Returns the bit of the category `name`, in letters of any case.
    pub fn category(&self, name: &[u8]) -> Option<u32> {
        let mut names = self.categories.iter();
        let index = names.position(|it| it.as_bytes().eq_ignore_ascii_case(name));
        index.map(|index| 1 << index)
    }

    /// Returns the commands, each followed by its subcommands.
    pub fn entries(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// Returns the number of the command or subcommand `name`, in letters of any case.
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        let mut entries = self.entries.iter();
        entries.position(|entry| entry.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Returns the numbers of the subcommands of the command `id`.
    pub(super) fn subcommands(&self, id: usize) -> Range<usize> {
        let count = self.entries.get(id).map_or(0, |entry| entry.subcommands);
        id + 1..id + 1 + count
    }
}
