//! The page that shows the server at work, through its socket.

mod browser;
mod classroom;
mod http;
mod log;
mod viewers;
