//! Keys of any type.

mod dump;
mod expire;
mod keys;
mod object;
mod scan;
mod sort;
