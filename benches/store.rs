//! The store: lookups and changes in databases of 1, 100,000 and a million keys.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use threadbare::config::Small;
use threadbare::store::blob::{Blob, BlobRef};
use threadbare::store::keyspace::{Keyspace, WrongType};
use threadbare::store::map::SnapshotId;
use threadbare::store::sequence::End;
use threadbare::store::types::Value;
use threadbare::store::types::hash::Hash;
use threadbare::store::types::list::List;
use threadbare::store::types::set::Set;
use threadbare::store::types::zset::ZSet;

const SIZES: [usize; 3] = [1, 100_000, 1_000_000];
const NOW_MS: u64 = 1_000_000_000_000;
/// The default of `set-max-intset-entries`.
const MOST_INTEGERS: usize = 512;

/// Keys of 16 bytes, in an order that no cache predicts.
struct Keys {
    count: usize,
    last: usize,
}

impl Keys {
    fn new(count: usize) -> Keys {
        Keys { count, last: 0 }
    }

    fn next(&mut self) -> [u8; 16] {
        // The step is odd, so the sequence visits every number before it repeats.
        self.last = self.last.wrapping_add(0x9E37_79B9_7F4A_7C15);
        key(self.last % self.count)
    }
}

fn key(number: usize) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    let mut rest = number;
    for digit in key[4..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

fn string(bytes: &[u8]) -> Value {
    Value::String(Blob::from(bytes))
}

fn filled(count: usize) -> Keyspace {
    let mut keyspace = Keyspace::default();
    for number in 0..count {
        let key = key(number);
        keyspace.set(&key, string(&key).into());
    }
    keyspace
}

/// Times single elements of a list and a set of `size` elements.
fn lists_and_sets(group: &mut BenchmarkGroup<'_, WallTime>, size: usize) {
    let mut list = List::default();
    let mut set = Set::default();
    for number in 0..size {
        let element = key(number);
        list.push(End::Right, BlobRef::from(&element[..]));
        set.insert(BlobRef::from(&element[..]), MOST_INTEGERS);
    }
    let mut keys = Keys::new(size);
    group.bench_function(format!("rpush_lpop/{size}_elements"), |bencher| {
        bencher.iter(|| {
            list.push(End::Right, BlobRef::from(&keys.next()[..]));
            list.pop(End::Left)
        });
    });
    group.bench_function(format!("lindex/{size}_elements"), |bencher| {
        bencher.iter(|| assert!(list.get(black_box(size / 2)).is_some()));
    });
    group.bench_function(format!("sadd_of_a_member/{size}_members"), |bencher| {
        bencher.iter(|| set.insert(BlobRef::from(&keys.next()[..]), MOST_INTEGERS));
    });
    group.bench_function(format!("sismember/{size}_members"), |bencher| {
        bencher.iter(|| assert!(set.contains(black_box(&keys.next()))));
    });
}

/// Times single members of a sorted set of `size` members.
fn sorted_sets(group: &mut BenchmarkGroup<'_, WallTime>, size: usize) {
    let scored = |number| (number as f64, Blob::from(&key(number)[..]));
    let mut zset = ZSet::new((0..size).map(scored).collect(), Small::default());
    let mut keys = Keys::new(size);
    group.bench_function(format!("zadd_of_another_score/{size}_members"), |bencher| {
        let mut chance = 1_u64;
        bencher.iter(|| {
            let member = keys.next();
            chance = chance.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let score = (chance >> 44) as f64;
            zset.insert(BlobRef::from(&member[..]), score, Small::default())
        });
    });
    group.bench_function(format!("zrank/{size}_members"), |bencher| {
        bencher.iter(|| assert!(zset.rank(black_box(&keys.next())).is_some()));
    });
    group.bench_function(format!("zrange_of_10/{size}_members"), |bencher| {
        bencher.iter(|| {
            let members = zset.iter_from(black_box(size / 2)).take(10);
            members.map(|it| it.score).sum::<f64>()
        });
    });
}

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    for size in SIZES {
        let mut keyspace = filled(size);
        let mut keys = Keys::new(size);
        group.bench_function(format!("get/{size}_keys"), |bencher| {
            bencher.iter(|| {
                let key = keys.next();
                let found = keyspace.get_as::<Blob>(black_box(&key), NOW_MS);
                assert!(found.unwrap().is_some());
            });
        });
        group.bench_function(format!("set/{size}_keys"), |bencher| {
            bencher.iter(|| {
                let key = keys.next();
                keyspace.set(&key, string(&key).into())
            });
        });
        let mut hash = Keyspace::default();
        group.bench_function(format!("hset/{size}_fields"), |bencher| {
            bencher.iter(|| {
                let field = keys.next();
                hash.edit_or_new(b"hash", NOW_MS, |hash: &mut Hash| {
                    let value = BlobRef::from(&field[..]);
                    let old = hash.set(&field, value, Small::default());
                    Ok::<_, WrongType>(Some(old))
                })
            });
        });
        lists_and_sets(&mut group, size);
        sorted_sets(&mut group, size);
        group.bench_function(format!("snapshot/{size}_keys"), |bencher| {
            bencher.iter(|| {
                let id = SnapshotId::default();
                keyspace.begin_snapshot(&id);
                while let Some((piece, _)) = keyspace.next_piece() {
                    black_box(&piece);
                }
            });
        });
    }
    group.finish();
}
