//! What the engine and the commands know of a client: its session, the way to it, and the list
//! of all clients.

pub mod outbox;
pub mod registry;
pub mod rules;
pub mod session;
