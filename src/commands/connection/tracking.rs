//! Subcommands of CLIENT about client-side caching: TRACKING, CACHING, TRACKINGINFO and GETREDIR.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::client::CLIENT;
use super::modes::on_or_off;
use crate::client::marks::Mark;
use crate::client::tracking::{Mode, Options, Redirect, Tracked};
use crate::commands::pubsub::reply_with_messages;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Handler};
use crate::commands::{Call, ReplyError};
use crate::num::integer;

const SEVERAL_REDIRECTS: ReplyError =
    ReplyError::Fixed("ERR A client can only redirect to a single other client");
const NO_RECEIVER: ReplyError =
    ReplyError::Fixed("ERR The client ID you want redirect to does not exist");
const PREFIX_WITHOUT_BCAST: ReplyError =
    ReplyError::Fixed("ERR PREFIX option requires BCAST mode to be enabled");
const SWITCHED_BCAST: ReplyError = ReplyError::Fixed(
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then \
     re-enabling it with a different mode.",
);
const OPT_WITH_BCAST: ReplyError =
    ReplyError::Fixed("ERR OPTIN and OPTOUT are not compatible with BCAST");
const BOTH_OPTS: ReplyError =
    ReplyError::Fixed("ERR You can't specify both OPTIN mode and OPTOUT mode");
const SWITCHED_OPT: ReplyError = ReplyError::Fixed(
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then \
     re-enabling it with a different mode.",
);
const CACHING_WITHOUT_TRACKING: ReplyError = ReplyError::Fixed(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT \
     mode enabled",
);
const CACHING_WITHOUT_OPTIN: ReplyError = ReplyError::Fixed(
    "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
);
const CACHING_WITHOUT_OPTOUT: ReplyError = ReplyError::Fixed(
    "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
);

const ROW: Command = Command {
    since: "6.0.0",
    ..CLIENT
};

pub(super) const CACHING: Command = Command {
    name: "client|caching",
    arity: 3,
    summary: "Instruct the server about tracking or not keys in the next request",
    arguments: &[Argument::one_of(
        "mode",
        &[Argument::word("yes", "YES"), Argument::word("no", "NO")],
    )],
    handler: Handler::Plain(caching),
    ..ROW
};

pub(super) const GETREDIR: Command = Command {
    name: "client|getredir",
    arity: 2,
    summary: "Get tracking notifications redirection client ID if any",
    handler: Handler::Plain(getredir),
    ..ROW
};

pub(super) const TRACKING: Command = Command {
    name: "client|tracking",
    arity: -3,
    summary: "Enable or disable server assisted client side caching support",
    complexity: "O(1). Some options may introduce additional complexity.",
    arguments: &[
        Argument::one_of(
            "status",
            &[Argument::word("on", "ON"), Argument::word("off", "OFF")],
        ),
        Argument::new("client-id", "integer")
            .after("REDIRECT")
            .optional(),
        Argument::new("prefix", "string")
            .after("PREFIX")
            .optional()
            .multiple()
            .multiple_token(),
        Argument::word("bcast", "BCAST").optional(),
        Argument::word("optin", "OPTIN").optional(),
        Argument::word("optout", "OPTOUT").optional(),
        Argument::word("noloop", "NOLOOP").optional(),
    ],
    handler: Handler::Plain(tracking),
    ..ROW
};

pub(super) const TRACKINGINFO: Command = Command {
    name: "client|trackinginfo",
    arity: 2,
    since: "6.2.0",
    summary: "Return information about server assisted client side caching for the current \
              connection",
    handler: Handler::Plain(trackinginfo),
    ..ROW
};

/// The options of a CLIENT TRACKING.
#[derive(Default)]
struct Wanted<'a> {
    redirect: Option<Redirect>,
    is_broadcast: bool,
    is_optin: bool,
    is_optout: bool,
    is_noloop: bool,
    prefixes: Vec<&'a [u8]>,
}

fn tracking(call: &mut Call) -> Result<(), ReplyError> {
    let wanted = wanted(call)?;
    match on_or_off(call.args.get(2))? {
        true => begin(call, wanted)?,
        false => end(call),
    }
    call.reply.ok();
    Ok(())
}

/// Parses the options.
fn wanted<'a>(call: &Call<'a>) -> Result<Wanted<'a>, ReplyError> {
    let mut wanted = Wanted::default();
    let mut options = call.args.from(3);
    while let Some(option) = options.next() {
        match &option.to_ascii_lowercase()[..] {
            b"redirect" if options.len() > 0 => {
                if wanted.redirect.is_some() {
                    return Err(SEVERAL_REDIRECTS);
                }
                let id = options.next().and_then(integer::parse);
                let id = id.ok_or(error::NOT_AN_INTEGER)?;
                let receiver = u64::try_from(id)
                    .ok()
                    .and_then(|id| call.state.clients.find(id));
                wanted.redirect = Some(Redirect::to(&receiver.ok_or(NO_RECEIVER)?));
            }
            b"prefix" if options.len() > 0 => wanted.prefixes.extend(options.next()),
            b"bcast" => wanted.is_broadcast = true,
            b"optin" => wanted.is_optin = true,
            b"optout" => wanted.is_optout = true,
            b"noloop" => wanted.is_noloop = true,
            _ => return Err(error::SYNTAX),
        }
    }
    Ok(wanted)
}

/// Begins the tracking of the client's keys, or changes how they are tracked.
fn begin(call: &mut Call, wanted: Wanted) -> Result<(), ReplyError> {
    let tracked = call.session.tracked.as_ref();
    let mode = mode(&wanted, tracked.map(|it| it.options().mode))?;
    let mut prefixes = wanted.prefixes;
    check_prefixes(&prefixes, tracked.map_or(&[], Tracked::prefixes))?;
    if mode == Mode::Broadcast && prefixes.is_empty() {
        prefixes.push(b"");
    }
    let options = Options {
        redirect: wanted.redirect,
        mode,
        is_noloop: wanted.is_noloop,
    };
    let client = &call.session.client;
    client.connection().hold();
    match &mut call.session.tracked {
        Some(tracked) => tracked.change(options, &prefixes),
        tracked => {
            let registry = (&call.state.deliveries.tracking, &call.state.features);
            *tracked = Some(Tracked::begin(registry, client, options, &prefixes));
        }
    }
    Ok(())
}

/// Returns the mode that the options ask for. `old` is the current mode, if there is one.
fn mode(wanted: &Wanted, old: Option<Mode>) -> Result<Mode, ReplyError> {
    if !wanted.is_broadcast && !wanted.prefixes.is_empty() {
        return Err(PREFIX_WITHOUT_BCAST);
    }
    if old.is_some_and(|old| (old == Mode::Broadcast) != wanted.is_broadcast) {
        return Err(SWITCHED_BCAST);
    }
    let mode = match (wanted.is_broadcast, wanted.is_optin, wanted.is_optout) {
        (true, false, false) => Mode::Broadcast,
        (true, _, _) => return Err(OPT_WITH_BCAST),
        (false, true, true) => return Err(BOTH_OPTS),
        (false, true, false) => Mode::OptIn,
        (false, false, true) => Mode::OptOut,
        (false, false, false) => Mode::Default,
    };
    match (old, mode) {
        (Some(Mode::OptOut), Mode::OptIn) | (Some(Mode::OptIn), Mode::OptOut) => Err(SWITCHED_OPT),
        _ => Ok(mode),
    }
}

/// Checks that no key has two of the prefixes.
fn check_prefixes(new: &[&[u8]], old: &[Arc<[u8]>]) -> Result<(), ReplyError> {
    let overlap = |one: &[u8], other: &[u8]| one.starts_with(other) || other.starts_with(one);
    for (index, prefix) in new.iter().enumerate() {
        if let Some(other) = old.iter().find(|other| overlap(prefix, other)) {
            return Err(overlapping(prefix, "an existing", other));
        }
        if let Some(other) = new[index + 1..].iter().find(|other| overlap(prefix, other)) {
            return Err(overlapping(prefix, "another provided", other));
        }
    }
    Ok(())
}

fn overlapping(prefix: &[u8], which: &str, other: &[u8]) -> ReplyError {
    let begin = ReplyError::about("ERR Prefix '", prefix, "' overlaps with ");
    let end = ReplyError::about(
        " prefix '",
        other,
        "'. Prefixes for a single client must not overlap.",
    );
    ReplyError::Composed([begin.text(), which.as_bytes(), end.text()].concat())
}

/// Ends the tracking of the client's keys. No message follows the reply, unless in a transaction, whose
/// replies must stay together.
pub(super) fn end(call: &mut Call) {
    if let Some(tracked) = call.session.tracked.take() {
        call.session.client.connection().hold();
        drop(tracked);
        if call.may_wait {
            reply_with_messages(call);
        }
    }
}

fn caching(call: &mut Call) -> Result<(), ReplyError> {
    let tracked = call.session.tracked.as_mut();
    let tracked = tracked.ok_or(CACHING_WITHOUT_TRACKING)?;
    let mode = tracked.options().mode;
    match &call.args.get(2).to_ascii_lowercase()[..] {
        b"yes" if mode != Mode::OptIn => return Err(CACHING_WITHOUT_OPTIN),
        b"no" if mode != Mode::OptOut => return Err(CACHING_WITHOUT_OPTOUT),
        b"yes" | b"no" => tracked.is_caching_given = true,
        _ => return Err(error::SYNTAX),
    }
    call.reply.ok();
    Ok(())
}

fn getredir(call: &mut Call) -> Result<(), ReplyError> {
    let redirect = call.session.client.redirect.load(Ordering::Relaxed);
    call.reply.integer(redirect);
    Ok(())
}

fn trackinginfo(call: &mut Call) -> Result<(), ReplyError> {
    let session = &*call.session;
    let tracked = session.tracked.as_ref();
    let flags = flags(tracked, session.client.marks.has(Mark::BrokenRedirect));
    let prefixes = tracked.map_or(&[][..], Tracked::prefixes);
    let reply = &mut *call.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(session.client.redirect.load(Ordering::Relaxed));
    reply.bulk(b"prefixes");
    reply.array(prefixes.len());
    prefixes.iter().for_each(|prefix| reply.bulk(prefix));
    Ok(())
}

fn flags(tracked: Option<&Tracked>, is_broken: bool) -> Vec<&'static str> {
    let Some(tracked) = tracked else {
        return vec!["off"];
    };
    let Options {
        mode, is_noloop, ..
    } = tracked.options();
    let mut flags = vec!["on"];
    let (name, caching) = match mode {
        Mode::Default => (None, None),
        Mode::Broadcast => (Some("bcast"), None),
        Mode::OptIn => (Some("optin"), Some("caching-yes")),
        Mode::OptOut => (Some("optout"), Some("caching-no")),
    };
    flags.extend(name);
    flags.extend(caching.filter(|_| tracked.is_caching_given));
    flags.extend(is_noloop.then_some("noloop"));
    flags.extend(is_broken.then_some("broken_redirect"));
    flags
}
