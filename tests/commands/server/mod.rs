//! The server: settings, state, databases, the append-only file.

mod acl;
mod admin;
mod command;
mod config;
mod config_rewrite;
mod databases;
mod debug;
mod info;
mod latency;
mod memory;
mod monitor;
mod slowlog;
mod threads;
