//! MONITOR: shows this client all requests.

use crate::client::monitors::Monitoring;
use crate::commands::table::{Command, Flag, Handler};
use crate::commands::{Call, ReplyError};

const NOT_ALLOWED: ReplyError =
    ReplyError::Fixed("ERR MONITOR isn't allowed for DENY BLOCKING client");

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "monitor",
    arity: 1,
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    group: "server",
    summary: "Listen for all requests received by the server in real time",
    complexity: "",
    handler: Handler::Plain(monitor),
    ..Command::ROW
}];

/// MONITOR. A client that is a monitor already gets no reply.
fn monitor(call: &mut Call) -> Result<(), ReplyError> {
    if !call.may_wait {
        return Err(NOT_ALLOWED);
    }
    let (state, session) = (call.state, &mut *call.session);
    if session.monitoring.is_none() {
        // Earlier lines are not for this client.
        state.deliveries.settle();
        let monitors = &state.deliveries.monitors;
        let begun = Monitoring::begin(monitors, &state.features, &session.client);
        session.monitoring = Some(begun);
        call.reply.ok();
    }
    Ok(())
}
