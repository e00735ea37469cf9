//! The page that shows the server at work, through its socket.

mod browser;
mod classroom;
mod demo;
mod figures;
mod http;
mod keyspace;
mod log;
mod requests;
mod states;
mod viewers;
