//! Micro benchmarks of the parts that a request passes: `make bench`.
//!
//! One binary, with a module per part. Times are of one operation unless the name says
//! otherwise. Criterion writes its report to `target/criterion/report/index.html`.
#![allow(missing_docs)]

use criterion::{criterion_group, criterion_main};

mod engine;
mod lock;
mod log;
mod store;
mod wire;

criterion_group!(
    benches,
    wire::benches,
    store::benches,
    lock::benches,
    log::benches,
    engine::benches
);
criterion_main!(benches);
