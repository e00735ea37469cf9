//! Bytes in, bytes out: requests however they arrive, replies however they are read.

mod connection;
mod hostile;
mod limits;
mod outbox;
mod pipelines;
mod request;
mod values;
