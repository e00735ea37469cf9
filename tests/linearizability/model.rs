//! One key, as a single client sees it.

use crate::support::Reply;

/// The value of the key, if it exists.
pub(super) type State = Option<Vec<u8>>;

/// A command on the key.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Get,
    Set(String),
    SetNx(String),
    GetSet(String),
    Append(String),
    Incr,
    Del,
}

impl Operation {
    /// Returns the request for it.
    pub(super) fn request<'a>(&'a self, key: &'a str) -> Vec<&'a str> {
        match self {
            Operation::Get => vec!["GET", key],
            Operation::Set(value) => vec!["SET", key, value],
            Operation::SetNx(value) => vec!["SETNX", key, value],
            Operation::GetSet(value) => vec!["GETSET", key, value],
            Operation::Append(value) => vec!["APPEND", key, value],
            Operation::Incr => vec!["INCR", key],
            Operation::Del => vec!["DEL", key],
        }
    }

    /// Returns whether it never changes the state.
    pub(super) fn only_reads(&self) -> bool {
        matches!(self, Operation::Get)
    }

    /// Returns whether it changed nothing, given its `reply`.
    pub(super) fn only_read(&self, reply: &Reply) -> bool {
        match self {
            Operation::Get => true,
            Operation::SetNx(_) | Operation::Del => *reply == Reply::Integer(0),
            Operation::Incr => matches!(reply, Reply::Error(_)),
            Operation::Set(_) | Operation::GetSet(_) | Operation::Append(_) => false,
        }
    }

    /// Returns the state after it, and its reply.
    pub(super) fn apply(&self, state: &State) -> (State, Reply) {
        let set = |value: &String| Some(value.clone().into_bytes());
        let is_there = state.is_some();
        match self {
            Operation::Get => (state.clone(), content(state)),
            Operation::Set(value) => (set(value), Reply::Simple("OK".to_owned())),
            Operation::SetNx(_) if is_there => (state.clone(), Reply::Integer(0)),
            Operation::SetNx(value) => (set(value), Reply::Integer(1)),
            Operation::GetSet(value) => (set(value), content(state)),
            Operation::Append(value) => append(state, value),
            Operation::Incr => incr(state),
            Operation::Del => (None, Reply::Integer(is_there.into())),
        }
    }
}

fn content(state: &State) -> Reply {
    state.clone().map_or(Reply::Null, Reply::Bulk)
}

fn append(state: &State, value: &str) -> (State, Reply) {
    let mut whole = state.clone().unwrap_or_default();
    whole.extend_from_slice(value.as_bytes());
    let length = whole.len() as i64;
    (Some(whole), Reply::Integer(length))
}

fn incr(state: &State) -> (State, Reply) {
    let text = state.as_deref().unwrap_or(b"0");
    let number = str::from_utf8(text).map(str::parse::<i64>);
    match number {
        Ok(Ok(number)) => {
            let sum = number + 1;
            (Some(sum.to_string().into_bytes()), Reply::Integer(sum))
        }
        _ => {
            let error = "ERR value is not an integer or out of range";
            (state.clone(), Reply::Error(error.to_owned()))
        }
    }
}
