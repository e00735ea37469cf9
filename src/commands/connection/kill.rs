//! CLIENT KILL: disconnects clients.

use super::basic::CONNECTION;
use std::sync::Arc;

use crate::client::Client;
use crate::client::users::{User, Users};
use crate::commands::table::error;
use crate::commands::table::{Argument, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::num::integer;
use crate::resp::args::Args;

const BAD_ID: ReplyError = ReplyError::Fixed("ERR client-id should be greater than 0");
const NO_MAX_AGE: ReplyError = ReplyError::Fixed("ERR maxage is not an integer or out of range");
const BAD_MAX_AGE: ReplyError = ReplyError::Fixed("ERR maxage should be greater than 0");
const NO_CLIENT: ReplyError = ReplyError::Fixed("ERR No such client");

pub(super) const KILL: Command = Command {
    name: "client|kill",
    arity: -3,
    flags: &[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale],
    since: "2.4.0",
    summary: "Kill the connection of a client",
    complexity: "O(N) where N is the number of client connections",
    history: &[
        ("2.8.12", "Added new filter format."),
        ("2.8.12", "`ID` option."),
        ("3.2.0", "Added `master` type in for `TYPE` option."),
        (
            "5.0.0",
            "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward \
             compatibility.",
        ),
        ("6.2.0", "`LADDR` option."),
    ],
    arguments: &[Argument::one_of(
        "filter",
        &[
            Argument::new("ip:port", "string").deprecated("2.8.12"),
            Argument::one_of("new-format", FILTERS).multiple(),
        ],
    )],
    handler: Handler::Plain(kill),
    ..CONNECTION
};

const FILTERS: &[Argument] = &[
    Argument::new("client-id", "integer")
        .after("ID")
        .since("2.8.12")
        .optional(),
    Argument::one_of(
        "normal_master_slave_pubsub",
        &[
            Argument::word("normal", "NORMAL"),
            Argument::word("master", "MASTER").since("3.2.0"),
            Argument::word("slave", "SLAVE"),
            Argument::word("replica", "REPLICA").since("5.0.0"),
            Argument::word("pubsub", "PUBSUB"),
        ],
    )
    .after("TYPE")
    .since("2.8.12")
    .optional(),
    Argument::new("username", "string").after("USER").optional(),
    Argument::new("ip:port", "string").after("ADDR").optional(),
    Argument::new("ip:port", "string")
        .after("LADDR")
        .since("6.2.0")
        .optional(),
    Argument::new("yes/no", "string").after("SKIPME").optional(),
];

/// Which clients to disconnect. If an option is repeated, the last one counts.
struct Filter<'a> {
    id: Option<u64>,
    user: Option<Arc<User>>,
    peer: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
    type_: Option<Type>,
    skips_self: bool,
    /// How many seconds they must have been connected.
    least_age_s: u64,
}

impl<'a> Filter<'a> {
    fn parse(args: Args<'a>, users: &Users) -> Result<Filter<'a>, ReplyError> {
        let mut filter = Filter {
            id: None,
            user: None,
            peer: None,
            local: None,
            type_: None,
            skips_self: true,
            least_age_s: 0,
        };
        if args.len() == 3 {
            filter.peer = Some(args.get(2));
            filter.skips_self = false;
            return Ok(filter);
        }
        let mut options = args.from(2);
        while let Some(option) = options.next() {
            let value = options.next().ok_or(error::SYNTAX)?;
            filter.add(option, value, users)?;
        }
        Ok(filter)
    }

    fn add(&mut self, option: &[u8], value: &'a [u8], users: &Users) -> Result<(), ReplyError> {
        match &option.to_ascii_lowercase()[..] {
            b"id" => self.id = Some(client_id(value)?),
            b"type" => self.type_ = Some(parse_type(value)?),
            b"user" => {
                let unknown = || ReplyError::about("ERR No such user '", value, "'");
                self.user = Some(users.find(value).ok_or_else(unknown)?);
            }
            b"addr" => self.peer = Some(value),
            b"laddr" => self.local = Some(value),
            b"maxage" => self.least_age_s = max_age(value)?,
            b"skipme" => {
                self.skips_self = match &value.to_ascii_lowercase()[..] {
                    b"yes" => true,
                    b"no" => false,
                    _ => return Err(error::SYNTAX),
                }
            }
            _ => return Err(error::SYNTAX),
        }
        Ok(())
    }

    fn matches(&self, client: &Client) -> bool {
        let is = |wanted: Option<&[u8]>, address: String| {
            wanted.is_none_or(|wanted| wanted == address.as_bytes())
        };
        self.type_.is_none_or(|it| it == client_type(client))
            && client.since.elapsed().as_secs() >= self.least_age_s
            && self.id.is_none_or(|id| id == client.id)
            && self.user.as_ref().is_none_or(|user| client.is_of(user))
            && is(self.peer, client.peer.to_string())
            && is(self.local, client.local.to_string())
    }
}

/// Parses MAXAGE, of Redis 7.4.
fn max_age(text: &[u8]) -> Result<u64, ReplyError> {
    let age_s = integer::parse(text).ok_or(NO_MAX_AGE)?;
    let age_s = u64::try_from(age_s).ok();
    age_s.filter(|age_s| *age_s > 0).ok_or(BAD_MAX_AGE)
}

fn client_id(text: &[u8]) -> Result<u64, ReplyError> {
    let id = integer::parse(text).and_then(|id| u64::try_from(id).ok());
    id.filter(|id| *id > 0).ok_or(BAD_ID)
}

/// A type of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Normal,
    Pubsub,
    /// The other end of a replication, which this server does not have.
    Replication,
}

/// Returns the type of a client.
pub(super) fn client_type(client: &Client) -> Type {
    match client.is_subscriber() {
        true => Type::Pubsub,
        false => Type::Normal,
    }
}

pub(super) fn parse_type(name: &[u8]) -> Result<Type, ReplyError> {
    match &name.to_ascii_lowercase()[..] {
        b"normal" => Ok(Type::Normal),
        b"pubsub" => Ok(Type::Pubsub),
        b"master" | b"replica" | b"slave" => Ok(Type::Replication),
        _ => Err(ReplyError::about("ERR Unknown client type '", name, "'")),
    }
}

fn kill(call: &mut Call) -> Result<(), ReplyError> {
    let filter = Filter::parse(call.args, &call.state.users)?;
    let own = call.session.client.id;
    let mut killed = 0;
    for client in call.state.clients.clients() {
        let is_own = client.id == own;
        if (is_own && filter.skips_self) || !filter.matches(&client) {
            continue;
        }
        match is_own {
            // The reply still goes out.
            true => call.close = true,
            false => client.connection().close(),
        }
        killed += 1;
    }
    match (call.args.len(), killed) {
        (3, 0) => return Err(NO_CLIENT),
        (3, _) => call.reply.ok(),
        _ => call.reply.integer(killed),
    }
    Ok(())
}
