//! Checks that each command takes effect at one instant between its request and its reply.
//!
//! Clients record their requests, the replies and the times. Such a history is linearizable if an
//! order of its operations explains every reply and keeps the order of operations that do not
//! overlap. Commands on different keys are independent here, so each key's history is checked
//! alone.
//!
//! `model` defines what a command does to a key. `checker` searches for the order. `known` tests
//! the checker with histories whose answer is known. `server` checks histories of the server.

mod checker;
mod known;
mod model;
mod server;
