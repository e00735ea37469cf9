//! Bitmaps: strings as rows of bits and of small integers.

mod basic;
mod bitfield;
