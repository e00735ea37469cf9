//! Begins, ends and resets a connection: HELLO, AUTH, QUIT and RESET.

use std::sync::atomic::Ordering;

use super::basic::CONNECTION;
use super::client::client_name;
use super::tracking;
use crate::client::marks::Mark;
use crate::client::session::Replies;
use crate::commands::permission::{self, Reason};
use crate::commands::pubsub;
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::config::REDIS_VERSION;
use crate::num::integer;
use crate::resp::reply::Protocol;

/// Allowed at any time, and before AUTH.
const HANDSHAKE: Command = Command {
    flags: &[
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ],
    ..CONNECTION
};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "auth",
        arity: -2,
        summary: "Authenticate to the server",
        complexity: "O(N) where N is the number of passwords defined for the user",
        history: &[("6.0.0", "Added ACL style (username and password).")],
        arguments: &[
            Argument::new("username", "string")
                .since("6.0.0")
                .optional(),
            Argument::new("password", "string"),
        ],
        handler: Handler::Plain(auth),
        ..HANDSHAKE
    },
    Command {
        name: "hello",
        arity: -1,
        since: "6.0.0",
        summary: "Handshake with Redis",
        history: &[(
            "6.2.0",
            "`protover` made optional; when called without arguments the command reports the \
             current connection's context.",
        )],
        arguments: &[Argument::block(
            "arguments",
            &[
                Argument::new("protover", "integer"),
                Argument::block(
                    "username_password",
                    &[
                        Argument::new("username", "string"),
                        Argument::new("password", "string"),
                    ],
                )
                .after("AUTH")
                .optional(),
                Argument::new("clientname", "string")
                    .after("SETNAME")
                    .optional(),
            ],
        )
        .optional()],
        handler: Handler::Plain(hello),
        ..HANDSHAKE
    },
    Command {
        name: "quit",
        arity: -1,
        summary: "Close the connection",
        handler: Handler::Plain(quit),
        ..HANDSHAKE
    },
    Command {
        name: "reset",
        arity: 1,
        since: "6.2.0",
        summary: "Reset the connection",
        handler: Handler::Plain(reset),
        ..HANDSHAKE
    },
];

fn auth(call: &mut Call) -> Result<(), ReplyError> {
    let (user, password) = match call.args.len() {
        2 if call.state.users.default_user().rules().has_nopass() => {
            return Err(error::NO_PASSWORD_SET);
        }
        2 => (&b"default"[..], call.args.get(1)),
        3 => (call.args.get(1), call.args.get(2)),
        _ => return Err(error::SYNTAX),
    };
    authenticate(call, user, password)?;
    call.reply.ok();
    Ok(())
}

/// HELLO. Like Redis, it applies its options one after the other, so that a wrong one does not undo
/// the ones before it. The protocol changes last.
fn hello(call: &mut Call) -> Result<(), ReplyError> {
    let protocol = match call.args.len() {
        1 => None,
        _ => Some(protocol(call.args.get(1))?),
    };
    let mut options = call.args.from(2);
    while let Some(option) = options.next() {
        if option.eq_ignore_ascii_case(b"auth") && options.len() >= 2 {
            if let Some((user, password)) = options.next().zip(options.next()) {
                authenticate(call, user, password)?;
            }
        } else if option.eq_ignore_ascii_case(b"setname") && options.len() >= 1 {
            if let Some(name) = options.next() {
                call.session.client.names().name = client_name(name)?;
            }
        } else {
            return Err(ReplyError::about(
                "ERR Syntax error in HELLO option '",
                option,
                "'",
            ));
        }
    }
    // As in Redis, even if no password is needed any more.
    if !call.session.has_authenticated {
        return Err(error::HELLO_BEFORE_AUTH);
    }
    if let Some(protocol) = protocol {
        speak(call, protocol);
    }
    introduce(call);
    Ok(())
}

fn quit(call: &mut Call) -> Result<(), ReplyError> {
    call.reply.ok();
    call.session.client.marks.set(Mark::Closing, true);
    call.close = true;
    Ok(())
}

/// RESET: restores the state of a new connection.
fn reset(call: &mut Call) -> Result<(), ReplyError> {
    pubsub::unsubscribe_all(call);
    tracking::end(call);
    let session = &mut *call.session;
    session.transaction = None;
    session.watch = None;
    session.replies = Replies::On;
    if session.monitoring.is_some() {
        // The lines of the requests before this one come before its reply, ...
        call.state.deliveries.settle();
        session.monitoring = None;
        // ... and no line comes after it.
        call.state.deliveries.settle();
        let mut lines = session.client.connection().take_held();
        call.reply.output().append(&mut lines);
    }
    session.select(0);
    session.log_out();
    session.client.names().name.clear();
    speak(call, Protocol::Resp2);
    call.reply.simple("RESET");
    Ok(())
}

fn speak(call: &mut Call, protocol: Protocol) {
    call.reply.set_protocol(protocol);
    let version = &call.session.client.protocol;
    version.store(protocol as u8, Ordering::Relaxed);
}

fn protocol(version: &[u8]) -> Result<Protocol, ReplyError> {
    match integer::parse(version).ok_or(error::PROTOCOL_VERSION)? {
        2 => Ok(Protocol::Resp2),
        3 => Ok(Protocol::Resp3),
        _ => Err(error::NO_PROTOCOL),
    }
}

fn introduce(call: &mut Call) {
    let client = &call.session.client;
    let reply = &mut *call.reply;
    reply.map(7);
    reply.bulk(b"server");
    reply.bulk(b"redis");
    reply.bulk(b"version");
    reply.bulk(REDIS_VERSION.as_bytes());
    reply.bulk(b"proto");
    reply.integer(i64::from(client.protocol.load(Ordering::Relaxed)));
    reply.bulk(b"id");
    reply.integer(client.id as i64);
    reply.bulk(b"mode");
    reply.bulk(b"standalone");
    reply.bulk(b"role");
    reply.bulk(b"master");
    reply.bulk(b"modules");
    reply.array(0);
}

fn authenticate(call: &mut Call, user: &[u8], password: &[u8]) -> Result<(), ReplyError> {
    let found = call.state.users.find(user);
    let accepting = found.filter(|user| user.rules().accepts(password));
    if accepting.is_some_and(|user| call.session.log_in(user)) {
        return Ok(());
    }
    let reason = Reason::Login {
        command: call.args.get(0),
        user,
    };
    permission::log(call.state, &call.session.client, !call.may_wait, reason);
    Err(error::WRONG_PASS)
}
