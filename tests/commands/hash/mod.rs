//! Hashes: fields with values. Each field may have a time to live.

mod access;
mod basic;
mod counters;
mod expiry;
mod listing;
mod random;
