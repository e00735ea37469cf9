//! Numbers as Redis parses and prints them.

mod big;
pub mod double;
pub mod extended;
pub mod float;
pub mod integer;
