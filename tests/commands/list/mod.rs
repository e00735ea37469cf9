//! Lists: elements in order, which are pushed and popped at both ends.

mod blocking;
mod changes;
mod moves;
mod pop;
mod position;
mod push;
mod reads;
mod storage;
