//! DEBUG RELOAD and LOADAOF: load the data again from the log's file.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::load::load;
use crate::aof::{Log, Replay};
use crate::commands::ReplyError;
use crate::commands::table::error;
use crate::engine::{Engine, Next, Turn};
use crate::resp::reply::Reply;

/// The time between two checks whether a rewrite has ended.
const REWRITE_CHECK: Duration = Duration::from_millis(1);

impl Turn<'_> {
    /// Loads the data again from the log's file. It holds the lock meanwhile, so all clients wait:
    /// this is a tool for tests, and nothing may change.
    pub(in crate::engine) fn reload(&mut self, reply: &mut Reply) -> Result<Next, ReplyError> {
        let log = self.engine.attached_log().filter(|log| log.is_on());
        let Some(log) = log else {
            return Err(failed("there is no append only file"));
        };
        if self.guard.keeps_lock {
            return Err(error::NOT_IN_TRANSACTION);
        }
        self.guard.lock_exclusive();
        // A rewrite takes the lock now and then, and the log may wait for the rewrite.
        while log.status().rewrites().is_running {
            self.guard.unlock();
            thread::sleep(REWRITE_CHECK);
            self.guard.lock_exclusive();
        }
        if !log.is_on() {
            return Err(failed("there is no append only file"));
        }
        self.guard.send();
        let loaded = load_anew(self.engine, log).map_err(|error| failed(&error))?;
        // This lock is another one than the noted.
        let (fresh, _) = loaded.store.write_after();
        for (index, keyspace) in fresh.iter().enumerate() {
            let old = self.guard.data_mut().get_mut(index).replace(keyspace);
            self.garbage.push(Box::new(old));
        }
        reply.ok();
        Ok(Next::Continue)
    }
}

/// Loads the file into another engine, after all records sent so far are written.
fn load_anew(engine: &Engine, log: &Log) -> Result<Engine, String> {
    let path = engine.state.config().aof_path();
    let (file, total) = log.written_file().map_err(|error| error.to_string())?;
    let anew = Engine::new(Arc::clone(&engine.state));
    load(&anew, &path, total, Replay::new(&file)).map_err(|error| error.to_string())?;
    Ok(anew)
}

fn failed(reason: &str) -> ReplyError {
    format!("ERR Error trying to load the append only file: {reason}").into()
}
