//! Shows the requests to the clients in the mode of MONITOR.

use std::io::Write;

use super::{Next, Turn};
use crate::client::deliveries::Delivery;
use crate::client::features::Feature;
use crate::clock::unix_time;
use crate::commands::{Command, Flag, ReplyError, redacted};
use crate::quoting::append_quoted;
use crate::resp::args::Args;
use crate::resp::output::Output;
use crate::sys::Address;

impl Turn<'_> {
    /// Shows a request that has just run to the monitors, with the lock still held, so that they see
    /// the order of the store. `result` is that of the request.
    pub(super) fn show(
        &mut self,
        command: &Command,
        args: Args,
        result: &Result<Next, ReplyError>,
    ) {
        let state = &self.engine.state;
        if !state.features.has(Feature::Monitor) || self.has_original_names || self.lacks_data {
            return;
        }
        // It will run again.
        let is_again = result.as_ref().is_ok_and(|next| next.is_again());
        if is_again || command.has(Flag::SkipMonitor) || command.has(Flag::Admin) {
            return;
        }
        let client = &self.session.client;
        if self.session.monitoring.is_some() {
            client.connection().hold();
        }
        let line = line(self.session.database(), &client.peer, command, args);
        self.guard.deliver(&mut vec![Delivery::Line(line)]);
    }
}

/// Returns the line of a request, as Redis writes it.
fn line(database: usize, peer: &Address, command: &Command, args: Args) -> Output {
    let now = unix_time();
    let mut output = Output::with_capacity(64);
    let line = output.bytes_mut();
    // Writing to a vector cannot fail.
    let _ = write!(line, "+{}.{:06} ", now.as_secs(), now.subsec_micros());
    let _ = match peer {
        Address::Unix(path) => write!(line, "[{database} unix:{}]", path.display()),
        Address::Tcp(address) => write!(line, "[{database} {address}]"),
    };
    for argument in redacted(command, args) {
        line.push(b' ');
        append_quoted(line, argument);
    }
    line.extend_from_slice(b"\r\n");
    output
}
