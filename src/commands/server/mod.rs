//! The server: settings, state, databases, the append-only file.

mod acl;
mod admin;
mod alone;
mod cluster;
mod command;
mod config;
mod databases;
mod debug;
mod description;
mod digest;
mod doctor;
mod info;
mod latency;
mod lolwut;
mod memory;
mod monitor;
mod persistence;
mod slowlog;
mod sparkline;

use super::table::Command;
pub use acl::load_users;

/// The rows of this group, file by file.
pub(super) const TABLES: &[&[Command]] = &[
    acl::COMMANDS,
    admin::COMMANDS,
    alone::COMMANDS,
    cluster::COMMANDS,
    latency::COMMANDS,
    lolwut::COMMANDS,
    command::COMMANDS,
    config::COMMANDS,
    databases::COMMANDS,
    debug::COMMANDS,
    info::COMMANDS,
    memory::COMMANDS,
    monitor::COMMANDS,
    persistence::COMMANDS,
    slowlog::COMMANDS,
];
