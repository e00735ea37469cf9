//! The append-only file: how it is written, loaded, rewritten and repaired.

mod damage;
mod example;
mod full_disk;
mod loading;
mod lost;
mod offline;
mod replay;
mod rewrite;
mod start;
mod switch;
mod torn;
mod writer;
