//! ACL LOG: the refused requests and logins.

use super::too_many;
use crate::clock::unix_time_ms;
use crate::commands::{Call, ReplyError};
use crate::num::double;

/// The entries that are shown without a count.
const SHOWN: usize = 10;

pub(super) fn log(call: &mut Call) -> Result<(), ReplyError> {
    let count = match call.args.len() {
        2 => SHOWN,
        3 if call.args.get(2).eq_ignore_ascii_case(b"reset") => {
            call.state.denials.clear();
            call.reply.ok();
            return Ok(());
        }
        3 => usize::try_from(call.integer(2)?).unwrap_or(0),
        _ => return Err(too_many(call.args.get(1))),
    };
    let entries = call.state.denials.latest(count);
    let now_ms = unix_time_ms();
    call.reply.array(entries.len());
    for entry in entries {
        let reply = &mut *call.reply;
        reply.map(7);
        reply.bulk(b"count");
        reply.integer(entry.count as i64);
        reply.bulk(b"reason");
        reply.bulk(entry.reason.as_bytes());
        reply.bulk(b"context");
        reply.bulk(entry.context.as_bytes());
        reply.bulk(b"object");
        reply.bulk(&entry.object);
        reply.bulk(b"username");
        reply.bulk(&entry.username);
        reply.bulk(b"age-seconds");
        let age_ms = now_ms.saturating_sub(entry.time_ms);
        reply.double(&double::text(age_ms as f64 / 1000.0));
        reply.bulk(b"client-info");
        reply.bulk(entry.client.as_bytes());
    }
    Ok(())
}
