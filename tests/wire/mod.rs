//! The protocol: requests however they are split, replies however they are read.

mod connection;
mod hostile;
mod limits;
mod outbox;
mod pipelines;
mod request;
mod values;
