//! Requests per second over loopback: threadbare, its engine behind other I/O models, and other
//! servers, in turn under the same load.
//!
//! An iteration is one round: a batch on each connection. Elements are requests.
//!
//! ```console
//! $ cargo build --release                                          # threadbare itself
//! $ QUICK=1 cargo bench --manifest-path benches/models/Cargo.toml --bench end_to_end
//! ```
//!
//! Environment:
//!
//! - `QUICK=1` takes a minute instead of six, with rougher figures;
//! - `THREADBARE` is the path of threadbare's program;
//! - `PEERS='name=command --port {port} --dir {dir}; ...'` adds further servers.
//!
//! Every server writes an append-only file, of about a GB by the end.

mod servers;

use std::env;
use std::io;
use std::process::Command;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use models::load::{Generator, Load};

use servers::Server;

/// Number of connections, and the requests in flight on each.
const SHAPES: [(usize, usize); 4] = [(1, 1), (50, 1), (50, 16), (8, 100)];

/// Criterion's option that prints the names of the benchmarks.
const LIST: &str = "--list";

/// Names, with the percentage of GETs; the other requests are SETs.
const COMMANDS: [(&str, u8); 2] = [("GET", 100), ("SET", 0)];

fn main() {
    if env::args().any(|argument| argument == LIST) {
        return compare_all(&names_only());
    }
    if !is_any_asked_for().expect("this program can run once more") {
        eprintln!("No end-to-end benchmark is asked for.");
        return;
    }
    compare_all(&running());
}

/// Returns whether the filter among the arguments selects a benchmark. Only Criterion can tell.
/// It lists names without running a benchmark, so no server is started for that.
fn is_any_asked_for() -> io::Result<bool> {
    let mut lister = Command::new(env::current_exe()?);
    let listed = lister.args(env::args_os().skip(1)).arg(LIST).output()?;
    Ok(!listed.stdout.is_empty())
}

/// A name and its server; without a server if names are only listed.
type Contender = (String, Option<Server>);

fn names_only() -> Vec<Contender> {
    let names = servers::names().into_iter();
    names.map(|name| (name, None)).collect()
}

fn running() -> Vec<Contender> {
    let servers = servers::start();
    servers.iter().for_each(fill);
    let servers = servers.into_iter();
    servers
        .map(|server| (server.name.clone(), Some(server)))
        .collect()
}

fn compare_all(contenders: &[Contender]) {
    let mut criterion = criterion();
    for (command, get_percent) in COMMANDS {
        for (connections, pipeline) in SHAPES {
            let load = Load {
                connections,
                pipeline,
                get_percent,
                ..Load::default()
            };
            compare(&mut criterion, command, &load, contenders);
        }
    }
    criterion.final_summary();
}

fn criterion() -> Criterion {
    let is_quick = env::var("QUICK").is_ok_and(|value| value == "1");
    let (warm_up_ms, measurement_ms) = if is_quick { (200, 800) } else { (1000, 5000) };
    // A tenth of the usual resamplings for the confidence intervals. With ten samples, more of
    // them cost time and add no precision.
    Criterion::default()
        .sample_size(10)
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(warm_up_ms))
        .measurement_time(Duration::from_millis(measurement_ms))
        .configure_from_args()
}

/// Sets every key, so that GETs find a value.
fn fill(server: &Server) {
    let load = Load {
        connections: 1,
        pipeline: 100,
        ..Load::default()
    };
    let filled = Generator::connect(server.address, &load).and_then(|mut it| it.fill());
    filled.unwrap_or_else(|error| panic!("{} while it is filled: {error}", server.name));
}

fn compare(criterion: &mut Criterion, command: &str, load: &Load, contenders: &[Contender]) {
    let Load {
        connections,
        pipeline,
        ..
    } = *load;
    let round = (connections * pipeline) as u64;
    let mut group =
        criterion.benchmark_group(format!("{command}, {connections} x {pipeline} in flight"));
    group.throughput(Throughput::Elements(round));
    group.sampling_mode(SamplingMode::Flat);
    for (name, server) in contenders {
        // Connects only if the filter selects this benchmark, and once for all its samples.
        let mut generator = None;
        group.bench_function(name, |bencher| {
            let server = server.as_ref().expect("a listing runs nothing");
            let generator = generator.get_or_insert_with(|| connect(server, load));
            bencher.iter_custom(|rounds| run(generator, server, rounds * round));
        });
    }
    group.finish();
}

fn connect(server: &Server, load: &Load) -> Generator {
    Generator::connect(server.address, load)
        .unwrap_or_else(|error| panic!("{} does not accept: {error}", server.name))
}

fn run(generator: &mut Generator, server: &Server, requests: u64) -> Duration {
    let report = generator
        .closed(requests)
        .unwrap_or_else(|error| panic!("{} under load: {error}", server.name));
    assert_eq!(report.misses, 0, "keys that {} has lost", server.name);
    report.elapsed
}
