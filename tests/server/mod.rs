//! A server's life: how it starts, accepts clients and stops.

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
mod unsupported;
mod user;
