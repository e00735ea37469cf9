//! Guarantees that hold for all clients: concurrent, random, through kills and restarts.

mod atomicity;
mod dump;
mod expiry;
mod extremes;
mod moves;
mod queues;
mod replay;
mod scan;
mod transfers;
mod writer;
