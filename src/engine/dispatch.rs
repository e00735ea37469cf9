//! Calls the function of a command: each type of handler gets the data that it needs, under the lock
//! that the turn has taken for it.

use super::guard::Guard;
use crate::commands::table::Compute;
use crate::commands::{Call, Effect, Handler, Outcome, Prepared, ReplyError};

/// Calls the function of a handler with the data that it needs.
pub(super) fn dispatch(
    handler: Handler,
    prepared: Option<Prepared>,
    call: &mut Call,
    guard: &mut Guard,
) -> Result<Outcome, ReplyError> {
    let database = call.session.database();
    let effect = match handler {
        Handler::Plain(run) | Handler::Alone(run) => {
            run(call)?;
            Effect::Nothing
        }
        Handler::Read(run) => {
            run(call, guard.data().get(database))?;
            Effect::Nothing
        }
        Handler::ReadAll(run) => {
            run(call, guard.data())?;
            Effect::Nothing
        }
        Handler::ReadAllThen(count) => {
            let report = count(guard.data());
            guard.unlock();
            report(call);
            Effect::Nothing
        }
        Handler::ReadThen(run) => {
            if let Some(rest) = run(call, guard.data().get(database))? {
                guard.unlock();
                rest(call.reply)?;
            }
            Effect::Nothing
        }
        Handler::ReadAndStore(run) => match run(call, guard.data().get(database))? {
            Some(compute) => compute_and_store(compute, call, guard)?,
            None => Effect::Nothing,
        },
        Handler::Write(run) => run(call, guard.data_mut().get_mut(database))?,
        Handler::PrepareWrite(_) => {
            let run = prepared.expect("the first half ran before the lock was taken");
            run(call, guard.data_mut().get_mut(database))?
        }
        Handler::MayWait(run) => return run(call, guard.data_mut().get_mut(database)),
        Handler::WriteAll(run) => run(call, guard.data_mut())?,
        Handler::Exec
        | Handler::Watch
        | Handler::Unblock(_)
        | Handler::Reload
        | Handler::ByOptions(_)
        | Handler::Debug(_)
        | Handler::Container => unreachable!("these have no function to call"),
    };
    Ok(Outcome::Done(effect))
}

/// Runs the rest of a [`Handler::ReadAndStore`].
fn compute_and_store(
    compute: Compute,
    call: &mut Call,
    guard: &mut Guard,
) -> Result<Effect, ReplyError> {
    guard.unlock();
    let Some(store) = compute(call.reply)? else {
        return Ok(Effect::Nothing);
    };
    if !guard.may_change() {
        return Ok(Effect::Nothing);
    }
    guard.lock_exclusive_at_once();
    let database = call.session.database();
    Ok(store(call, guard.data_mut().get_mut(database)))
}
