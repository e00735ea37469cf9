//! Sorted sets, held against a vector.

use super::*;
use crate::store::types::Facts;

const SMALL: Small = Small {
    entries: 128,
    value_bytes: 64,
};

/// Sorted.
type Model = Vec<(f64, Vec<u8>)>;

fn member(different: usize) -> Vec<u8> {
    let number = random::below(different);
    let padding = match number % 50 {
        0 => 3000,
        1 => 250,
        2 => 60,
        _ => 0,
    };
    [number.to_string().into_bytes(), vec![b'x'; padding]].concat()
}

fn any_score() -> f64 {
    match random::below(12) {
        0 => f64::INFINITY,
        1 => f64::NEG_INFINITY,
        2 => 0.0,
        3 => 1e300 / (1 + random::below(5)) as f64,
        4..8 => random::below(5) as f64,
        _ => random::below(100_000) as f64 / 7.0 - 5000.0,
    }
}

fn assert_equal(zset: &ZSet, model: &Model) {
    let pair = |it: Scored<'_>| (it.score, it.member.to_vec());
    assert_eq!(
        (zset.len(), zset.is_empty()),
        (model.len(), model.is_empty())
    );
    assert!(zset.iter().map(pair).eq(model.iter().cloned()));
    let index = random::below(model.len() + 2);
    let behind = model.iter().skip(index).cloned();
    assert!(zset.iter_from(index).map(pair).eq(behind));
    let before = model.iter().take(index + 1).rev().cloned();
    assert!(zset.iter_back_from(index).map(pair).eq(before));
    assert_eq!(zset.get(index).map(pair), model.get(index).cloned());
    if let Some((score, member)) = model.get(index) {
        assert_eq!(zset.score(member), Some(*score));
        assert_eq!(zset.rank(member), Some((index, *score)));
        let is_before = |other: f64, bytes: &[u8]| (other, bytes) < (*score, &member[..]);
        assert_eq!(zset.partition_point(is_before), index);
    }
    let (mut scanned, mut next) = (Vec::new(), Some(0));
    while let Some(position) = next {
        let found;
        (found, next) = zset.scan(position, 10);
        scanned.extend(found.into_iter().map(pair));
    }
    scanned.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(scanned, *model);
}

fn insert(zset: &mut ZSet, model: &mut Model, member: Vec<u8>, score: f64) {
    let old = zset.insert(BlobRef::from(&member[..]), score, SMALL);
    let index = model.iter().position(|it| it.1 == member);
    assert_eq!(old, index.map(|index| model.remove(index).0));
    let new = (score, member);
    let index = model.partition_point(|it| *it < new);
    model.insert(index, new);
}

/// Does something to both, by chance.
fn change(zset: &mut ZSet, model: &mut Model, different: usize) {
    let index = random::below(model.len() + 1);
    match random::below(12) {
        0 => {
            let member = member(different);
            let index = model.iter().position(|it| it.1 == member);
            assert_eq!(!zset.remove(&member).is_absent(), index.is_some());
            index.map(|index| model.remove(index));
        }
        1 => {
            let popped = zset.pop([End::Left, End::Right][index % 2]);
            let expected = match index % 2 {
                0 if !model.is_empty() => Some(model.remove(0)),
                _ => model.pop(),
            };
            assert_eq!(popped.map(|(it, score)| (score, it.to_vec())), expected);
        }
        2 => {
            let most = if random::below(60) == 0 { different } else { 3 };
            let end = model.len().min(index + random::below(most + 1));
            zset.remove_range(index..end);
            model.drain(index..end);
        }
        // A score that changes a little.
        3..6 if index < model.len() => {
            let (score, member) = model[index].clone();
            let score = score + [1.0, -1.0, 0.001][random::below(3)];
            insert(zset, model, member, score);
        }
        _ => insert(zset, model, member(different), any_score()),
    }
}

#[test]
fn holds_what_a_sorted_vector_would_hold_whatever_is_done() {
    for different in [5, 100, 300, 1500] {
        let (mut zset, mut model) = (ZSet::default(), Model::new());
        let mut snapshot = None;
        for round in 0..4000 {
            change(&mut zset, &mut model, different);
            if round % 50 == 0 {
                assert_equal(&zset, &model);
                if let Some((zset, model)) = &snapshot {
                    assert_equal(zset, model);
                }
            }
            if round % 500 == 0 {
                snapshot = Some((zset.clone(), model.clone()));
            }
        }
    }
}

#[test]
fn is_built_of_members_in_any_order() {
    for count in [0, 1, 128, 129, 5000] {
        let mut model: Model = (0..count)
            .map(|n: usize| (any_score(), n.to_string().into_bytes()))
            .collect();
        let members = model
            .iter()
            .map(|(score, it)| (*score, Blob::from(&it[..])));
        let zset = ZSet::new(members.collect(), SMALL);
        model.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_equal(&zset, &model);
        assert_eq!(zset.is_packed(), count <= 128);
        let parts = zset.parts();
        assert_eq!(parts.is_some(), count >= 1000);
        if let Some(parts) = parts {
            let all = parts.iter().flat_map(ZSet::iter);
            assert!(all.map(|it| (it.score, it.member.to_vec())).eq(model));
        }
    }
}

#[test]
fn is_packed_while_it_is_small() {
    let mut zset = ZSet::default();
    let text = |n: usize| n.to_string().into_bytes();
    for n in 0..128 {
        zset.insert(BlobRef::from(&text(n)[..]), n as f64, SMALL);
    }
    zset.insert(BlobRef::from(&text(0)[..]), 7.0, SMALL);
    assert!(zset.is_packed());
    let mut longer = zset.clone();
    longer.remove(&text(0));
    longer.insert(BlobRef::from(&[b'x'; 65][..]), 0.0, SMALL);
    zset.insert(BlobRef::from(&text(128)[..]), 0.0, SMALL);
    assert!(!zset.is_packed() && !longer.is_packed());
    while zset.pop(End::Right).is_some() {}
    assert!(!zset.is_packed() && zset.is_empty());
}

#[test]
fn minus_zero_is_the_score_zero_with_a_sign_that_a_listpack_loses() {
    let none = Small {
        entries: 0,
        ..SMALL
    };
    for (small, is_negative) in [(SMALL, false), (none, true)] {
        let mut zset = ZSet::default();
        for (member, score) in [(&b"a"[..], -0.0), (b"b", 0.0), (b"c", -0.0)] {
            zset.insert(BlobRef::from(member), score, small);
        }
        let members: Vec<_> = zset.iter().map(|it| it.member.to_vec()).collect();
        assert_eq!(members, [b"a", b"b", b"c"]);
        assert_eq!(
            zset.score(b"c").map(f64::is_sign_negative),
            Some(is_negative)
        );
    }
}
