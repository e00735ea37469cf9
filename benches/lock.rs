//! The cost of the store's lock: uncontended, and while another thread takes it in a loop.
//!
//! Taking a lock writes to its cache line, even for reading. If another processor wrote the line
//! last, it must be fetched from there. `benches/compare/scaling.py` calculates with these
//! figures.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use criterion::{Bencher, Criterion};

/// Measures `work`; if `is_shared`, while another thread does the same.
fn measure(bencher: &mut Bencher, is_shared: bool, work: impl Fn() + Sync) {
    let stop = AtomicBool::new(!is_shared);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                work();
            }
        });
        bencher.iter(&work);
        stop.store(true, Ordering::Relaxed);
    });
}

pub(crate) fn benches(criterion: &mut Criterion) {
    let lock = RwLock::new(0u64);
    let counter = AtomicU64::new(0);
    let mut group = criterion.benchmark_group("lock");
    for (name, is_shared) in [("alone", false), ("shared", true)] {
        group.bench_function(format!("cache_line/{name}"), |bencher| {
            measure(bencher, is_shared, || {
                counter.fetch_add(1, Ordering::Relaxed);
            });
        });
        group.bench_function(format!("read/{name}"), |bencher| {
            measure(bencher, is_shared, || drop(lock.read().unwrap()));
        });
        group.bench_function(format!("write/{name}"), |bencher| {
            measure(bencher, is_shared, || *lock.write().unwrap() += 1);
        });
    }
    group.finish();
}
