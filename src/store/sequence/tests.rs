//! Sequences, held against a vector.

use super::*;
use crate::store::random;

/// An element of any kind: short, long, big, or very big.
fn element() -> Vec<u8> {
    let length = match random::below(40) {
        0 => INLINE_BYTES - 3 + random::below(6),
        1 => 20_000,
        2..6 => 250 + random::below(10),
        _ => random::below(30),
    };
    vec![random::below(3) as u8; length]
}

fn assert_equal(sequence: &Sequence, model: &[Vec<u8>]) {
    assert_eq!(sequence.len(), model.len());
    let expected = || model.iter().map(|it| &it[..]);
    assert!(
        sequence
            .elements()
            .iter_from(0)
            .map(BlobRef::bytes)
            .eq(expected())
    );
    let back = sequence.elements().iter_back_from(usize::MAX);
    assert!(back.map(BlobRef::bytes).eq(expected().rev()));
    sequence.tree.check();
    let at = random::below(model.len() + 1);
    assert_eq!(
        sequence.elements().get(at).as_deref(),
        model.get(at).map(|it| &it[..])
    );
    let rest = sequence.elements().iter_from(at).map(BlobRef::bytes);
    assert!(rest.eq(expected().skip(at)));
    let back = sequence.elements().iter_back_from(at).map(BlobRef::bytes);
    assert!(back.eq(expected().take(at.saturating_add(1)).rev()));
}

fn positions(model: &[Vec<u8>], wanted: &[u8]) -> Vec<usize> {
    let is_wanted = |index: &usize| model[*index] == wanted;
    (0..model.len()).filter(is_wanted).collect()
}

/// Does something to both, by chance.
fn change(sequence: &mut Sequence, model: &mut Vec<Vec<u8>>, grows: bool) {
    let new = element();
    let (it, index) = (BlobRef::from(&new[..]), random::below(model.len() + 1));
    let end = [End::Left, End::Right][random::below(2)];
    match random::below(if grows { 8 } else { 14 }) {
        0 => {
            let many = random::below(300);
            (0..many).for_each(|_| sequence.push(end, it));
            let at = if end == End::Left { 0 } else { model.len() };
            model.splice(at..at, vec![new; many]);
        }
        1 => {
            sequence.push(end, it);
            let at = if end == End::Left { 0 } else { model.len() };
            model.insert(at, new);
        }
        2..6 => {
            sequence.insert(index, it);
            model.insert(index, new);
        }
        6 | 7 if index < model.len() => {
            let old = sequence.set(index, it);
            assert_eq!(old[..], mem::replace(&mut model[index], new));
        }
        8 => {
            let most = random::below(if random::below(3) == 0 { 500 } else { 4 });
            remove_equal(sequence, model, &new, end, most);
        }
        9 => {
            let mut other = sequence.split_off(index);
            other.append(mem::take(sequence));
            *sequence = other;
            model.rotate_left(index);
        }
        10 | 11 => {
            let many = random::below(3 * model.len().min(20) + 1);
            for _ in 0..many {
                let popped = sequence.pop(end).map(|it| it.to_vec());
                let at = if end == End::Left {
                    0
                } else {
                    model.len().saturating_sub(1)
                };
                let expected = (!model.is_empty()).then(|| model.remove(at));
                assert_eq!(popped, expected);
            }
        }
        _ => {
            let count = random::below(model.len() - index + 1);
            let range = index..index + count.min(random::below(2000));
            let removed = sequence.remove(range.clone());
            assert_equal(&removed, &model.drain(range).collect::<Vec<_>>());
        }
    }
}

fn remove_equal(
    sequence: &mut Sequence,
    model: &mut Vec<Vec<u8>>,
    wanted: &[u8],
    end: End,
    most: usize,
) {
    let mut expected = positions(model, wanted);
    assert!(
        sequence
            .elements()
            .positions(wanted, End::Left, usize::MAX)
            .eq(expected.iter().copied())
    );
    let back = expected.iter().rev().copied();
    assert!(
        sequence
            .elements()
            .positions(wanted, End::Right, usize::MAX)
            .eq(back)
    );
    let bounded = |from| sequence.elements().positions(wanted, from, most);
    let is_within = |index: &usize| *index < most;
    assert!(bounded(End::Left).eq(expected.iter().copied().filter(is_within)));
    let is_within = |index: &usize| index + most >= model.len();
    assert!(bounded(End::Right).eq(expected.iter().rev().copied().filter(is_within)));
    match end {
        End::Left => expected.truncate(most),
        End::Right => drop(expected.drain(..expected.len().saturating_sub(most))),
    }
    let (count, _) = sequence.remove_equal(wanted, end, most);
    assert_eq!(count, expected.len());
    expected
        .iter()
        .rev()
        .for_each(|index| drop(model.remove(*index)));
}

#[test]
fn holds_what_a_vector_would_hold_whatever_is_done() {
    for _ in 0..10 {
        let (mut sequence, mut model) = (Sequence::default(), Vec::new());
        for round in 0..400 {
            let snapshot = (random::below(4) == 0).then(|| (sequence.clone(), model.clone()));
            change(&mut sequence, &mut model, round % 100 < 60);
            assert_equal(&sequence, &model);
            if let Some((sequence, model)) = snapshot {
                assert_equal(&sequence, &model);
            }
        }
    }
}

#[test]
fn pushes_at_an_end_fill_chunks_and_branches() {
    for end in [End::Left, End::Right] {
        let mut sequence = Sequence::default();
        let count = 400_000;
        for _ in 0..count {
            sequence.push(end, BlobRef::from(&b"twelve bytes"[..]));
        }
        sequence.tree.check();
        let bytes = sequence.heap_bytes(usize::MAX);
        assert!(bytes < count * 14, "{bytes}");
        assert!(sequence.tree.height() <= 7);
        let parts = sequence.parts();
        assert!(parts.len() > 20);
        assert_eq!(parts.iter().map(Sequence::len).sum::<usize>(), count);
    }
}

/// A number as an element of some length. Some are too long to lie beside others.
fn numbered(number: usize) -> Vec<u8> {
    let mut element = (number as u64).to_be_bytes().to_vec();
    let length = match number % 97 {
        0 => 2 * INLINE_BYTES,
        1 => 300,
        _ => 8 + number % 3,
    };
    element.resize(length, b'.');
    element
}

#[test]
fn elements_in_an_order_are_inserted_removed_and_moved_where_they_belong() {
    let mut sequence = Sequence::default();
    let mut model: Vec<Vec<u8>> = Vec::new();
    for round in 0..30_000 {
        let new = numbered(random::below(10_000));
        let before_new = |element: &[u8]| element < &new[..];
        let index = model.partition_point(|element| *element < new);
        assert_eq!(sequence.partition_point(&before_new), index);
        let old = (!model.is_empty()).then(|| random::below(model.len()));
        let copy = (round % 1000 == 0).then(|| (sequence.clone(), model.clone()));
        match (old, random::below(if round < 20_000 { 5 } else { 8 })) {
            (Some(at), 0) => {
                let old = model[at].clone();
                sequence.move_before(&|element: &[u8]| element <= &old[..], &before_new, &new);
                let at = model.partition_point(|element| *element <= old) - 1;
                model.remove(at);
                let index = model.partition_point(|element| *element < new);
                model.insert(index, new);
            }
            (Some(at), 4..) => {
                let old = model[at].clone();
                sequence.remove_before(&|element: &[u8]| element <= &old[..]);
                let at = model.partition_point(|element| *element <= old) - 1;
                model.remove(at);
            }
            _ => {
                sequence.insert_at(&before_new, &new);
                model.insert(index, new);
            }
        }
        if round % 100 == 0 {
            assert_equal(&sequence, &model);
        }
        if let Some((sequence, model)) = copy {
            assert_equal(&sequence, &model);
        }
    }
    assert!(sequence.tree.height() <= 7, "{}", sequence.tree.height());
}

#[test]
fn stays_low_and_full_while_elements_come_and_go_in_the_middle() {
    let mut sequence = Sequence::default();
    let element = BlobRef::from(&b"twelve bytes"[..]);
    (0..50_000).for_each(|_| sequence.push(End::Right, element));
    for _ in 0..20_000 {
        let at = random::below(sequence.len() - 20);
        sequence.remove(at..at + 20);
        let at = random::below(sequence.len());
        (0..20).for_each(|_| sequence.insert(at, element));
    }
    sequence.tree.check();
    let bytes = sequence.heap_bytes(usize::MAX);
    assert!(sequence.tree.height() <= 8, "{}", sequence.tree.height());
    assert!(bytes < 50_000 * 16, "{bytes}");
    while sequence.len() > 1000 {
        let at = random::below(sequence.len());
        sequence.remove(at..at + 1);
    }
    let bytes = sequence.heap_bytes(usize::MAX);
    assert!(bytes < 1000 * 20, "{bytes}");
}
