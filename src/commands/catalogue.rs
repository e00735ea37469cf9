//! All commands, as the rules of users name them.

use std::sync::LazyLock;

use super::table::Category;
use super::{absent, lookup};
use crate::config::user::{Catalogue, CatalogueEntry};

/// Redis's commands that this server does not have follow, without a category. So a rule for one of
/// them is kept and described, although it has no effect.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let own = lookup::all().iter().map(|command| CatalogueEntry {
        name: command.name,
        categories: Category::ALL
            .iter()
            .enumerate()
            .filter(|(_, (category, _))| command.is_in(*category))
            .fold(0, |bits, (index, _)| bits | 1 << index),
        subcommands: command.subcommands.len(),
    });
    let absent = absent::names().map(|name| CatalogueEntry {
        name,
        categories: 0,
        subcommands: 0,
    });
    let categories = Category::ALL.iter().map(|(_, name)| &name[1..]);
    Catalogue::new(own.chain(absent).collect(), categories.collect())
});

/// Returns the catalogue. The index of an entry is its [`CommandId`](super::CommandId).
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}
