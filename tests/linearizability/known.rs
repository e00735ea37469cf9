//! Tests of the checker with histories whose answer is known.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Instant;

use super::checker::{Call, is_linearizable};
use super::model::{Operation, State};
use crate::support::{Random, Reply, seed};

/// An operation from `invoked` to `returned`.
fn call(invoked: u64, returned: u64, operation: Operation, reply: Reply) -> Call {
    Call {
        operation,
        invoked,
        returned,
        reply: Some(reply),
    }
}

fn set(invoked: u64, returned: u64, value: &str) -> Call {
    let reply = Reply::Simple("OK".to_owned());
    call(invoked, returned, Operation::Set(value.to_owned()), reply)
}

fn get(invoked: u64, returned: u64, value: &str) -> Call {
    let reply = Reply::Bulk(value.as_bytes().to_vec());
    call(invoked, returned, Operation::Get, reply)
}

fn get_nothing(invoked: u64, returned: u64) -> Call {
    call(invoked, returned, Operation::Get, Reply::Null)
}

fn incr(invoked: u64, returned: u64, sum: i64) -> Call {
    call(invoked, returned, Operation::Incr, Reply::Integer(sum))
}

fn lpush(invoked: u64, returned: u64, element: &str, length: i64) -> Call {
    let operation = Operation::LPush(element.to_owned());
    call(invoked, returned, operation, Reply::Integer(length))
}

fn rpop(invoked: u64, returned: u64, element: &str) -> Call {
    let reply = Reply::Bulk(element.as_bytes().to_vec());
    call(invoked, returned, Operation::RPop, reply)
}

fn sadd(invoked: u64, returned: u64, is_new: bool) -> Call {
    let operation = Operation::SAdd("a".to_owned());
    call(invoked, returned, operation, Reply::Integer(is_new.into()))
}

fn sismember(invoked: u64, returned: u64, is_member: bool) -> Call {
    let operation = Operation::SIsMember("a".to_owned());
    call(
        invoked,
        returned,
        operation,
        Reply::Integer(is_member.into()),
    )
}

fn zincrby(invoked: u64, returned: u64, member: &str, score: &str) -> Call {
    let operation = Operation::ZIncrBy("1".to_owned(), member.to_owned());
    let reply = Reply::Bulk(score.as_bytes().to_vec());
    call(invoked, returned, operation, reply)
}

fn zrank(invoked: u64, returned: u64, member: &str, rank: i64) -> Call {
    let operation = Operation::ZRank(member.to_owned());
    call(invoked, returned, operation, Reply::Integer(rank))
}

fn zpopmin(invoked: u64, returned: u64, member: &str, score: &str) -> Call {
    let words = [member, score].map(|word| Reply::Bulk(word.as_bytes().to_vec()));
    let reply = Reply::Array(words.to_vec());
    call(invoked, returned, Operation::ZPopMin, reply)
}

/// `call` without a reply.
fn unanswered(call: Call) -> Call {
    Call {
        returned: u64::MAX,
        ..cut_off(call)
    }
}

/// `call` without a reply that cannot take effect after its end.
fn cut_off(call: Call) -> Call {
    Call {
        reply: None,
        ..call
    }
}

#[test]
fn the_checker_accepts_linearizable_histories() {
    for history in [
        vec![],
        vec![get_nothing(0, 1), set(2, 3, "a"), get(4, 5, "a")],
        // During a SET, a GET may see it or not.
        vec![set(0, 9, "a"), get_nothing(1, 2), get(3, 4, "a")],
        // Two SETs at once, in the order that the later GET shows.
        vec![set(0, 5, "a"), set(1, 4, "b"), get(6, 7, "a")],
        vec![set(0, 5, "a"), set(1, 4, "b"), get(6, 7, "b")],
        // A SET that would change nothing at first, but does after the INCR.
        vec![
            set(0, 1, "2"),
            incr(2, 9, 3),
            set(3, 8, "2"),
            get(10, 11, "2"),
        ],
        // A queue returns the elements in the order in which they came.
        vec![lpush(0, 1, "a", 1), lpush(2, 3, "b", 2), rpop(4, 5, "a")],
        // Two pushes at once, in the order that their replies and the pop show.
        vec![lpush(0, 5, "a", 2), lpush(1, 4, "b", 1), rpop(6, 7, "b")],
        vec![sadd(0, 3, false), sadd(1, 2, true), sismember(4, 5, true)],
        // Two increments at once, and the member with the least score.
        vec![
            zincrby(0, 5, "a", "2"),
            zincrby(1, 4, "a", "1"),
            zincrby(6, 7, "b", "1"),
            zrank(8, 9, "a", 1),
            zpopmin(10, 11, "b", "1"),
        ],
        // The operation that ended last may have come first.
        vec![incr(0, 9, 1), incr(1, 2, 2), incr(3, 4, 3)],
    ] {
        assert!(is_linearizable(&history), "{history:#?}");
    }
}

#[test]
fn the_checker_refuses_other_histories() {
    for history in [
        // A value from nowhere.
        vec![get(0, 1, "a")],
        // A stale read.
        vec![set(0, 1, "a"), get_nothing(2, 3)],
        vec![set(0, 1, "a"), set(2, 3, "b"), get(4, 5, "a")],
        // A read from the future.
        vec![get(0, 1, "a"), set(2, 3, "a")],
        // A value that was seen and is then missing.
        vec![set(0, 9, "a"), get(1, 2, "a"), get_nothing(3, 4)],
        // Two readers that saw two SETs in different order.
        vec![
            set(0, 9, "a"),
            set(0, 9, "b"),
            get(1, 2, "a"),
            get(3, 4, "b"),
            get(5, 6, "a"),
        ],
        // An element that was popped twice, and one that overtook another.
        vec![lpush(0, 1, "a", 1), rpop(2, 9, "a"), rpop(3, 4, "a")],
        vec![lpush(0, 1, "a", 1), lpush(2, 3, "b", 2), rpop(4, 5, "b")],
        // A member that two clients added, and one that is missing.
        vec![sadd(0, 3, true), sadd(1, 2, true)],
        vec![sadd(0, 1, true), sismember(2, 3, false)],
        // A member that was popped twice, one that is not the least, and a rank that is too high.
        vec![
            zincrby(0, 1, "a", "1"),
            zpopmin(2, 9, "a", "1"),
            zpopmin(3, 4, "a", "1"),
        ],
        vec![
            zincrby(0, 1, "a", "1"),
            zincrby(2, 3, "b", "1"),
            zpopmin(4, 5, "b", "1"),
        ],
        vec![zincrby(0, 1, "a", "1"), zrank(2, 3, "a", 1)],
        // A lost update.
        vec![incr(0, 3, 1), incr(1, 2, 1)],
    ] {
        assert!(!is_linearizable(&history), "{history:#?}");
    }
}

#[test]
fn a_call_without_a_reply_may_have_taken_effect_or_not() {
    for history in [
        vec![unanswered(set(0, 1, "a"))],
        vec![unanswered(set(0, 1, "a")), get_nothing(2, 3)],
        vec![unanswered(set(0, 1, "a")), get(2, 3, "a")],
        vec![cut_off(set(0, 1, "a")), get_nothing(2, 3)],
        vec![cut_off(set(0, 1, "a")), get(2, 3, "a")],
        // Only after others that began later.
        vec![
            unanswered(set(0, 1, "a")),
            get_nothing(2, 3),
            set(4, 5, "b"),
            get(6, 7, "a"),
        ],
    ] {
        assert!(is_linearizable(&history), "{history:#?}");
    }
    for history in [
        // Not before it began, not after its end, not twice, and not undone.
        vec![get(0, 1, "a"), unanswered(set(2, 3, "a"))],
        vec![cut_off(set(0, 1, "a")), get_nothing(2, 3), get(4, 5, "a")],
        vec![unanswered(incr(0, 1, 1)), incr(2, 3, 3)],
        vec![
            unanswered(set(0, 1, "a")),
            get(2, 3, "a"),
            get_nothing(4, 5),
        ],
    ] {
        assert!(!is_linearizable(&history), "{history:#?}");
    }
}

/// Answers the same question by trying every order of every choice of operations.
fn some_order_explains(rest: &[Call], state: &State) -> bool {
    let Some(first_end) = rest.iter().map(|call| call.returned).min() else {
        return true;
    };
    (0..rest.len()).any(|index| {
        let mut rest = rest.to_vec();
        let call = rest.remove(index);
        let (next, reply) = call.operation.apply(state);
        let is_in_time = call.invoked <= first_end;
        let is_explained = call.reply.as_ref().is_none_or(|heard| *heard == reply);
        (is_in_time && is_explained && some_order_explains(&rest, &next))
            || (call.reply.is_none() && some_order_explains(&rest, state))
    })
}

/// Returns a short history: a correct one in which some times and replies are changed.
fn random_history(random: &mut Random) -> Vec<Call> {
    let mut state = None;
    let mut history = Vec::new();
    let kind = random.next(4);
    for number in 0..1 + random.next(6) {
        let value = random.next(3).to_string();
        let operation = match (kind, random.next(6)) {
            (0, 0) => Operation::Get,
            (0, 1) => Operation::Set(value),
            (0, 2) => Operation::SetNx(value),
            (0, 3) => Operation::GetSet(value),
            (0, 4) => Operation::Incr,
            (1, 0..2) => Operation::LPush(value),
            (1, 2 | 3) => Operation::RPop,
            (1, 4) => Operation::LLen,
            (2, 0..2) => Operation::SAdd(value),
            (2, 2) => Operation::SRem(value),
            (2, 3 | 4) => Operation::SIsMember(value),
            (3, 0) => Operation::ZAdd(random.next(3).to_string(), value),
            (3, 1) => Operation::ZIncrBy("1".to_owned(), value),
            (3, 2) => Operation::ZRank(value),
            (3, 3) => Operation::ZPopMin,
            (3, 4) => Operation::ZCard,
            _ => Operation::Del,
        };
        let (next, reply) = operation.apply(&state);
        let lasts = random.next(20);
        let invoked = (10 * number).saturating_sub(random.next(20));
        history.push(call(invoked, 10 * number + lasts, operation, reply));
        state = next;
    }
    for lose in [unanswered, cut_off] {
        if random.next(3) == 0 {
            let index = random.index(history.len());
            history[index] = lose(history[index].clone());
        }
    }
    if random.next(2) == 0 {
        let reply = random.pick(&history).operation.apply(&None).1;
        let index = random.index(history.len());
        history[index].reply = Some(reply);
    }
    history
}

#[test]
fn the_checker_agrees_with_trying_every_order() {
    let mut random = Random::new(seed());
    let mut said = [0; 2];
    for _ in 0..5000 {
        let history = random_history(&mut random);
        let expected = some_order_explains(&history, &None);
        assert_eq!(is_linearizable(&history), expected, "{history:#?}");
        said[usize::from(expected)] += 1;
    }
    assert!(said.iter().all(|count| *count > 100), "{said:?}");
}

/// A store of one number.
#[derive(Default)]
struct Counter(Mutex<i64>);

impl Counter {
    fn incr(&self) -> i64 {
        let mut number = self.0.lock().unwrap();
        let read = *number;
        thread::yield_now();
        *number = read + 1;
        read + 1
    }

    /// The same with the lock released between reading and writing, while all other threads have
    /// read and none has written.
    fn incr_without_holding_the_lock(&self, all_have_read: &Barrier) -> i64 {
        let read = *self.0.lock().unwrap();
        all_have_read.wait();
        *self.0.lock().unwrap() = read + 1;
        read + 1
    }
}

/// Returns what four threads see that call `incr` repeatedly.
fn history_of(incr: impl Fn() -> i64 + Sync) -> Vec<Call> {
    let clock = Instant::now();
    let now = || clock.elapsed().as_nanos() as u64;
    let client = || {
        let calls = (0..20).map(|_| {
            let (invoked, sum) = (now(), incr());
            call(invoked, now(), Operation::Incr, Reply::Integer(sum))
        });
        calls.collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let clients = [(); 4].map(|()| scope.spawn(client));
        let histories = clients.map(|client| client.join().unwrap());
        histories.concat()
    })
}

#[test]
fn the_checker_refuses_a_store_that_drops_its_lock() {
    let counter = Counter::default();
    assert!(is_linearizable(&history_of(|| counter.incr())));

    let (counter, all_have_read) = (Counter::default(), Barrier::new(4));
    let history = history_of(|| counter.incr_without_holding_the_lock(&all_have_read));
    assert!(!is_linearizable(&history));
}
