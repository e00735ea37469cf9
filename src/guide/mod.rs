//! The guide: the server explained, for people who use it and people who read or change it.
//!
//! | to | read |
//! |---|---|
//! | use the server | [`commands`], [`recipes`], [`clients`], [`settings`], [`data`], [`watching`], [`page`], [`machines`] |
//! | know the code | [`tour`], then the [map](crate) and its glossary, then [`waiting`], [`messages`] and [`sorted_sets`] |
//! | change the code | [`new_command`], [`debugging`] |
//! | teach, or learn step by step | [`course`]: six lessons with exercises |
//! | judge the design | [`threads`], [`one_lock`] |
//!
//! A reference such as `src/engine/turn.rs: Turn::execute` names a file of the source and an item in
//! it. A test checks that both exist.

pub mod course;

#[doc = include_str!("clients.md")]
pub mod clients {}

#[doc = include_str!("commands.md")]
pub mod commands {}

#[doc = include_str!("data.md")]
pub mod data {}

#[doc = include_str!("debugging.md")]
pub mod debugging {}

#[doc = include_str!("machines.md")]
pub mod machines {}

#[doc = include_str!("messages.md")]
pub mod messages {}

#[doc = include_str!("new_command.md")]
pub mod new_command {}

#[doc = include_str!("one_lock.md")]
pub mod one_lock {}

#[doc = include_str!("page.md")]
pub mod page {}

#[doc = include_str!("recipes.md")]
pub mod recipes {}

#[doc = include_str!("settings.md")]
pub mod settings {}

#[doc = include_str!("sorted_sets.md")]
pub mod sorted_sets {}

#[doc = include_str!("threads.md")]
#[doc = include_str!("../../benches/compare/plots/clients.svg")]
#[doc = include_str!("../../benches/compare/plots/latency.svg")]
pub mod threads {}

#[doc = include_str!("tour.md")]
pub mod tour {}

#[doc = include_str!("waiting.md")]
pub mod waiting {}

#[doc = include_str!("watching.md")]
pub mod watching {}
