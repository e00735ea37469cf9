//! Strings: values of bytes, numbers in them and parts of them.

mod basic;
mod compare;
mod counters;
mod increx;
mod lcs;
mod mset;
mod ranges;
mod set_options;
