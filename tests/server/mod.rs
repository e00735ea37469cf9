//! A server's life: how it starts, whom it lets in, how it stops.

mod accept;
mod config;
mod dir;
mod listen;
mod memory;
mod pidfile;
mod rename;
mod start;
mod stop;
mod supervise;
mod unix;
mod unmet;
mod user;
