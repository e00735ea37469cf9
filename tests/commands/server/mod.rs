//! The server: settings, state, databases, the append-only file.

mod admin;
mod command;
mod config;
mod config_rewrite;
mod databases;
mod debug;
mod info;
mod memory;
