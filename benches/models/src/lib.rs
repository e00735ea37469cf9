//! The tools that measure threadbare.
//!
//! - [`load`]: a load generator for any server that speaks Redis's protocol; the program `load`
//!   is its command line.
//! - [`servers`]: threadbare's engine behind other I/O models; the program `models` is their
//!   command line.
//!
//! This crate is separate from threadbare's because it has more dependencies.

pub mod load;
pub mod servers;
