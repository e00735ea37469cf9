//! "A context switch costs ten times an await": the time of a switch to another thread or task
//! and back.
//!
//! ```console
//! $ cargo bench --manifest-path benches/models/Cargo.toml --bench switch
//! ```
//!
//! - `yield` lets the other side run, without a message;
//! - `message` wakes the sleeping other side, and sleeps until it answers.
//!
//! Each is a round trip, so two switches.
//!
//! The runtimes have no drivers for sockets and timers, so that only the switch is timed. A
//! server's runtime has them. With drivers, a thread whose tasks have all yielded polls the
//! system for events each time.

#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use tokio::runtime::{Builder, Runtime};

/// Times `yield` of two threads. On one processor they take turns; on two they hardly affect
/// each other. Pin the benchmark with `taskset -c 0` to time the switch.
fn yield_threads(bencher: &mut Bencher) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        });
        bencher.iter(thread::yield_now);
        stop.store(true, Ordering::Relaxed);
    });
}

fn message_threads(bencher: &mut Bencher) {
    let (ask, asked) = mpsc::channel::<u64>();
    let (answer, answered) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            for question in asked {
                if answer.send(question).is_err() {
                    return;
                }
            }
        });
        bencher.iter(|| {
            ask.send(black_box(1)).unwrap();
            answered.recv().unwrap()
        });
        drop(ask);
    });
}

/// Times `rounds` yields of a task while another task yields as well.
fn yield_tasks(runtime: &Runtime, rounds: u64) -> Duration {
    runtime.block_on(async {
        let other = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let started = Instant::now();
        for _ in 0..rounds {
            tokio::task::yield_now().await;
        }
        let time = started.elapsed();
        other.abort();
        time
    })
}

fn message_tasks(runtime: &Runtime, rounds: u64) -> Duration {
    runtime.block_on(async {
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel::<u64>();
        let (answer, mut answered) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(question) = asked.recv().await {
                if answer.send(question).is_err() {
                    return;
                }
            }
        });
        // Asks from a task too: the future of `block_on` is woken in another way.
        let asking = tokio::spawn(async move {
            let started = Instant::now();
            for _ in 0..rounds {
                ask.send(black_box(1)).unwrap();
                answered.recv().await.unwrap();
            }
            started.elapsed()
        });
        asking.await.unwrap()
    })
}

fn switches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("switch");
    group.bench_function("yield/threads", yield_threads);
    group.bench_function("message/threads", message_threads);
    let one = Builder::new_current_thread().build().unwrap();
    let many = Builder::new_multi_thread().build().unwrap();
    for (name, runtime) in [("tokio, one thread", &one), ("tokio", &many)] {
        group.bench_function(format!("yield/{name}"), |bencher| {
            bencher.iter_custom(|rounds| yield_tasks(runtime, rounds));
        });
        group.bench_function(format!("message/{name}"), |bencher| {
            bencher.iter_custom(|rounds| message_tasks(runtime, rounds));
        });
    }
    group.finish();
}

criterion_group!(benches, switches);
criterion_main!(benches);
