//! What survives: the append-only file as it is written, as it is read again, and what
//! becomes of it when something went wrong.

mod full_disk;
mod replay;
mod rewrite;
mod torn;
mod writer;
