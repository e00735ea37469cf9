//! One key, as a single client sees it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::support::Reply;

/// The value of the key, if it exists.
pub(super) type State = Option<Value>;

/// A collection is never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Text(Vec<u8>),
    List(VecDeque<String>),
    Set(BTreeSet<String>),
    Sorted(BTreeMap<String, i64>),
}

/// A command on the key. All commands on a key are for the same type, or `Del`.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Get,
    Set(String),
    SetNx(String),
    GetSet(String),
    Append(String),
    Incr,
    LPush(String),
    RPop,
    LLen,
    SAdd(String),
    SRem(String),
    SIsMember(String),
    /// The score, and the member.
    ZAdd(String, String),
    ZIncrBy(String, String),
    ZScore(String),
    ZRank(String),
    ZPopMin,
    ZCard,
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
            Operation::LPush(element) => vec!["LPUSH", key, element],
            Operation::RPop => vec!["RPOP", key],
            Operation::LLen => vec!["LLEN", key],
            Operation::SAdd(member) => vec!["SADD", key, member],
            Operation::SRem(member) => vec!["SREM", key, member],
            Operation::SIsMember(member) => vec!["SISMEMBER", key, member],
            Operation::ZAdd(score, member) => vec!["ZADD", key, score, member],
            Operation::ZIncrBy(by, member) => vec!["ZINCRBY", key, by, member],
            Operation::ZScore(member) => vec!["ZSCORE", key, member],
            Operation::ZRank(member) => vec!["ZRANK", key, member],
            Operation::ZPopMin => vec!["ZPOPMIN", key],
            Operation::ZCard => vec!["ZCARD", key],
            Operation::Del => vec!["DEL", key],
        }
    }

    /// Returns whether it never changes the state.
    pub(super) fn only_reads(&self) -> bool {
        use Operation::{Get, LLen, SIsMember, ZCard, ZRank, ZScore};
        matches!(
            self,
            Get | LLen | SIsMember(_) | ZScore(_) | ZRank(_) | ZCard
        )
    }

    /// Returns whether it changed nothing, given its `reply`.
    pub(super) fn only_read(&self, reply: &Reply) -> bool {
        match self {
            read if read.only_reads() => true,
            Operation::SetNx(_) | Operation::Del | Operation::SAdd(_) | Operation::SRem(_) => {
                *reply == Reply::Integer(0)
            }
            Operation::Incr => matches!(reply, Reply::Error(_)),
            Operation::RPop => *reply == Reply::Null,
            Operation::ZPopMin => *reply == Reply::Array(Vec::new()),
            _ => false,
        }
    }

    /// Returns the state after it, and its reply.
    pub(super) fn apply(&self, state: &State) -> (State, Reply) {
        let set = |value: &String| Some(Value::Text(value.clone().into_bytes()));
        let is_there = state.is_some();
        match self {
            Operation::Get => (state.clone(), content(state)),
            Operation::Set(value) => (set(value), Reply::Simple("OK".to_owned())),
            Operation::SetNx(_) if is_there => (state.clone(), Reply::Integer(0)),
            Operation::SetNx(value) => (set(value), Reply::Integer(1)),
            Operation::GetSet(value) => (set(value), content(state)),
            Operation::Append(value) => append(state, value),
            Operation::Incr => incr(state),
            Operation::LPush(element) => lpush(state, element),
            Operation::RPop => rpop(state),
            Operation::LLen => (state.clone(), count(list(state).len())),
            Operation::SAdd(member) => change_set(state, |set| set.insert(member.clone())),
            Operation::SRem(member) => change_set(state, |set| set.remove(member)),
            Operation::SIsMember(member) => {
                let is_member = members(state).contains(member);
                (state.clone(), Reply::Integer(is_member.into()))
            }
            Operation::ZAdd(score, member) => zadd(state, score, member),
            Operation::ZIncrBy(by, member) => zincrby(state, by, member),
            Operation::ZScore(member) => {
                let score = sorted(state).get(member).copied();
                (state.clone(), score.map_or(Reply::Null, score_text))
            }
            Operation::ZRank(member) => (state.clone(), rank(state, member)),
            Operation::ZPopMin => zpopmin(state),
            Operation::ZCard => (state.clone(), count(sorted(state).len())),
            Operation::Del => (None, Reply::Integer(is_there.into())),
        }
    }
}

fn text(state: &State) -> Option<&Vec<u8>> {
    match state {
        Some(Value::Text(text)) => Some(text),
        None => None,
        other => panic!("a text was expected, not {other:?}"),
    }
}

fn list(state: &State) -> VecDeque<String> {
    match state {
        Some(Value::List(list)) => list.clone(),
        None => VecDeque::new(),
        other => panic!("a list was expected, not {other:?}"),
    }
}

fn members(state: &State) -> BTreeSet<String> {
    match state {
        Some(Value::Set(set)) => set.clone(),
        None => BTreeSet::new(),
        other => panic!("a set was expected, not {other:?}"),
    }
}

fn sorted(state: &State) -> BTreeMap<String, i64> {
    match state {
        Some(Value::Sorted(scores)) => scores.clone(),
        None => BTreeMap::new(),
        other => panic!("a sorted set was expected, not {other:?}"),
    }
}

fn count(length: usize) -> Reply {
    Reply::Integer(length as i64)
}

fn content(state: &State) -> Reply {
    text(state).cloned().map_or(Reply::Null, Reply::Bulk)
}

fn append(state: &State, value: &str) -> (State, Reply) {
    let mut whole = text(state).cloned().unwrap_or_default();
    whole.extend_from_slice(value.as_bytes());
    let reply = count(whole.len());
    (Some(Value::Text(whole)), reply)
}

fn incr(state: &State) -> (State, Reply) {
    let text = text(state).map_or(b"0".as_slice(), Vec::as_slice);
    let number = str::from_utf8(text).map(str::parse::<i64>);
    match number {
        Ok(Ok(number)) => {
            let sum = number + 1;
            let text = sum.to_string().into_bytes();
            (Some(Value::Text(text)), Reply::Integer(sum))
        }
        _ => {
            let error = "ERR value is not an integer or out of range";
            (state.clone(), Reply::Error(error.to_owned()))
        }
    }
}

fn lpush(state: &State, element: &str) -> (State, Reply) {
    let mut list = list(state);
    list.push_front(element.to_owned());
    let reply = count(list.len());
    (Some(Value::List(list)), reply)
}

fn rpop(state: &State) -> (State, Reply) {
    let mut list = list(state);
    let popped = list.pop_back();
    let state = (!list.is_empty()).then_some(Value::List(list));
    let reply = popped.map_or(Reply::Null, |element| Reply::Bulk(element.into_bytes()));
    (state, reply)
}

/// Returns the set after `change`, which returns whether it changed anything.
fn change_set(state: &State, change: impl FnOnce(&mut BTreeSet<String>) -> bool) -> (State, Reply) {
    let mut set = members(state);
    let reply = Reply::Integer(change(&mut set).into());
    let state = (!set.is_empty()).then_some(Value::Set(set));
    (state, reply)
}

/// All scores are integers.
fn score_text(score: i64) -> Reply {
    Reply::Bulk(score.to_string().into_bytes())
}

fn zadd(state: &State, score: &str, member: &str) -> (State, Reply) {
    let mut scores = sorted(state);
    let old = scores.insert(member.to_owned(), score.parse().unwrap());
    let reply = Reply::Integer(old.is_none().into());
    (Some(Value::Sorted(scores)), reply)
}

fn zincrby(state: &State, by: &str, member: &str) -> (State, Reply) {
    let mut scores = sorted(state);
    let score = scores.entry(member.to_owned()).or_default();
    *score += by.parse::<i64>().unwrap();
    let reply = score_text(*score);
    (Some(Value::Sorted(scores)), reply)
}

fn rank(state: &State, member: &str) -> Reply {
    let scores = sorted(state);
    let Some(score) = scores.get(member) else {
        return Reply::Null;
    };
    let before = |(name, other): &(&String, &i64)| (*other, name.as_str()) < (score, member);
    count(scores.iter().filter(before).count())
}

fn zpopmin(state: &State) -> (State, Reply) {
    let mut scores = sorted(state);
    let least = scores
        .iter()
        .map(|(member, score)| (*score, member.clone()));
    let Some((score, member)) = least.min() else {
        return (None, Reply::Array(Vec::new()));
    };
    scores.remove(&member);
    let reply = Reply::Array(vec![Reply::Bulk(member.into_bytes()), score_text(score)]);
    ((!scores.is_empty()).then_some(Value::Sorted(scores)), reply)
}
