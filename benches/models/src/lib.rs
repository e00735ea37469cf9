//! What threadbare is measured with.
//!
//! - [`load`]: a load generator for anything that speaks Redis's protocol; the program
//!   `load` is its command line.
//! - [`servers`]: threadbare's engine behind other I/O models; the program `models` is their
//!   command line.
//!
//! This crate is apart from threadbare's because it has dependencies.

pub mod load;
pub mod servers;
