//! Whether each command takes effect at one instant between its request and its reply.
//!
//! Clients record what they asked, what they heard and when. A history of this kind is
//! linearizable if its operations can be put in an order that explains every reply and
//! puts none before one that had ended when it began. Commands on different keys do not
//! matter to each other here, so each key's history is checked alone.
//!
//! `model` says what a key does, `checker` looks for the order, `known` holds the checker
//! against histories whose answer is known, and `server` holds the server against it.

mod checker;
mod known;
mod model;
mod server;
