//! The path of one command: look it up, check that it may run, lock what it needs, run
//! it, record what it did, let go.
//!
//! This is the only place that takes the store's lock, the only one that reads the
//! clock for a command, and the only one that records. It works on bytes in and bytes
//! out and names no socket: any way of moving bytes can drive it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::aof::Log;
use crate::commands::{self, Call, Command, Effect, Handler, NO_AUTH, ReplyError};
use crate::instance::Instance;
use crate::registry::Counters;
use crate::resp::output::Output;
use crate::resp::reply::Reply;
use crate::resp::request::Args;
use crate::session::Session;
use crate::store::Store;

/// The data, the log and everything else that a command can touch.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    log: Option<Log>,
    instance: Arc<Instance>,
}

/// What the caller of [`Engine::execute`] has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Something was recorded: the reply must not be sent before the log has written
    /// it, see [`Log::after`].
    pub recorded: bool,
    /// The connection ends when its replies are sent.
    pub close: bool,
}

impl Engine {
    /// An engine without data and without a log.
    pub fn new(instance: Arc<Instance>) -> Engine {
        let databases = instance.config().databases;
        Engine {
            store: Store::new(databases),
            log: None,
            instance,
        }
    }

    /// From now on what changes data is recorded.
    pub fn attach_log(&mut self, log: Log) {
        self.log = Some(log);
    }

    /// The log, if there is one.
    pub fn log(&self) -> Option<&Log> {
        self.log.as_ref()
    }

    /// What the server's threads share besides.
    pub fn instance(&self) -> &Arc<Instance> {
        &self.instance
    }

    /// How many keys there are in all databases.
    pub fn key_count(&self) -> usize {
        self.store
            .read()
            .iter()
            .map(|keyspace| keyspace.len())
            .sum()
    }

    /// Runs one request, which has at least a name, and appends its reply.
    pub fn execute(&self, session: &mut Session, args: &Args, reply: &mut Reply) -> Done {
        let client = Arc::clone(&session.client);
        Counters::add(&client.counters.commands, 1);
        let result = self
            .admit(session, args)
            .and_then(|admitted| match admitted {
                Some(command) => self.call(command, session, args, reply),
                None => Ok(Done {
                    close: true,
                    ..Done::default()
                }),
            });
        result.unwrap_or_else(|error| {
            Counters::add(&client.counters.errors, 1);
            reply.error(error.text());
            Done::default()
        })
    }

    /// May it run? Looks the command up and checks all that can be checked without
    /// data. `None` if the connection must end without a word.
    fn admit(
        &self,
        session: &Session,
        args: &Args,
    ) -> Result<Option<&'static Command>, ReplyError> {
        let name = args.get(0);
        let Some((id, mut command)) = commands::find(name) else {
            if is_http(name) {
                self.report_attack(session);
                return Ok(None);
            }
            return Err(ReplyError::unknown_command(args.from(0)));
        };
        session.client.last_command.store(id.0, Ordering::Relaxed);
        if !command.subcommands.is_empty() && args.len() > 1 {
            let subcommand = args.get(1);
            command = commands::find_subcommand(command, subcommand)
                .ok_or_else(|| ReplyError::unknown_subcommand(command.name, subcommand))?;
        }
        if !command.takes(args.len()) {
            return Err(ReplyError::wrong_arity(command.name));
        }
        if !session.authenticated && !command.has(commands::Flag::NoAuth) {
            return Err(NO_AUTH);
        }
        Ok(Some(command))
    }

    /// Runs it: with the lock that its handler's type names, and no longer.
    fn call(
        &self,
        command: &Command,
        session: &mut Session,
        args: &Args,
        reply: &mut Reply,
    ) -> Result<Done, ReplyError> {
        let database = session.database();
        let mut call = Call::new(args, session, reply, (&self.instance, unix_time_ms()));
        let mut recorded = false;
        match command.handler {
            Handler::Plain(run) => run(&mut call)?,
            Handler::Read(run) => run(&mut call, self.store.read().get(database))?,
            Handler::ReadAll(run) => run(&mut call, &self.store.read())?,
            Handler::Write(run) => {
                self.wait_for_log();
                let mut databases = self.store.write();
                let effect = run(&mut call, databases.get_mut(database))?;
                recorded = self.record(effect, database, args);
            }
            Handler::WriteAll(run) => {
                self.wait_for_log();
                let mut databases = self.store.write();
                let effect = run(&mut call, &mut databases)?;
                recorded = self.record(effect, database, args);
            }
            Handler::Container => return Err(ReplyError::wrong_arity(command.name)),
        }
        // The lock is released; what `call` has to free is freed here.
        Ok(Done {
            recorded,
            close: call.close,
        })
    }

    /// A slow disk holds writers up here, where they hold no lock.
    fn wait_for_log(&self) {
        if let Some(log) = &self.log {
            log.wait_for_room();
        }
    }

    /// Puts what was done into the log; the write guard is held, so the log's order is
    /// the store's. Whether something was.
    fn record(&self, effect: Effect, database: usize, args: &Args) -> bool {
        match (&self.log, effect) {
            (Some(log), Effect::AsRequested) => {
                let mut record = Output::default();
                args.encode(&mut record);
                log.append(database, record);
                true
            }
            _ => false,
        }
    }

    fn report_attack(&self, session: &Session) {
        self.instance.logger.warning(format_args!(
            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: \
             commands to Redis. This is likely due to an attacker attempting to use Cross \
             Protocol Scripting to compromise your Redis instance. Connection from {} aborted.",
            session.client.peer
        ));
    }
}

/// Words that a web page can make a browser send here, as the first of a line.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

fn unix_time_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis() as u64
}
