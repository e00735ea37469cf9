//! What survives: the append-only file as it is written, as it is read again, and what
//! becomes of it when something went wrong.

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
