//! Keys of any type.

mod dump;
mod events;
mod expire;
mod keys;
mod object;
mod scan;
mod sort;
