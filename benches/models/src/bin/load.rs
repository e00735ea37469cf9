//! The command line of the load generator; see `--help`.

use std::error::Error;
use std::io::{self, Read};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lexopt::prelude::*;
use models::load::probe::{self, Probe};
use models::load::{Arrivals, Generator, Load, Pace, Report, handover, idle, publish};

const HELP: &str = "\
Loads a server that speaks Redis's protocol; prints one JSON object.

    load [--requests N]            closed loop: as fast as the server can
    load --rate R [--seconds S]    open loop: R requests a second, whatever it can
    load --fill                    set every key once
    load --idle N [--seconds S]    N connections that do nothing, until stdin ends
    load --watch                   a GET every millisecond, until stdin ends
    load --handover                RPUSH to a client that waits in BLPOP, --requests times
    load --subscribers N           closed loop of PUBLISH, until N clients have all messages

What is sent:
    --host H --port P              where to [127.0.0.1, 6379]
    --connections N                [50]
    --pipeline N                   requests in a batch; closed loop and --fill [1]
    --get PERCENT                  the rest are SETs [90]
    --keys N                       key:000000000000 and on, random [100000]
    --value BYTES                  [16]
    --deaf                         --subscribers: one more never reads
    --command 'WORD ...'           this instead of GET and SET; __rand_int__ in it is a key's
                                   digits
    --seed N                       [1]

How long:
    --requests N                   closed loop, --handover, --subscribers [1000000]
    --seconds S                    open loop and --idle [5]
    --warmup S                     open loop: before these seconds, not counted [1]
    --constant                     open loop: equal distances instead of random ones

    --help

Latencies are in microseconds. Those of the closed loop are of whole batches; those of the
open loop count from when a request was due, and `late_us` tells how late it was sent: if
that is not small, the generator was too slow and not the server. `probe_us` is of single
requests, one after the other, one in a millisecond. Those of --handover count from the RPUSH
until the waiting client has the element; those of --subscribers are of the publishers.

Examples:
    load --pipeline 16 --get 100 --requests 3000000
    load --rate 50000 --seconds 10
    load --fill --connections 1 --pipeline 100 --keys 5000000
    load --pipeline 16 --command 'SADD set member:__rand_int__'
    load --idle 10000 < /dev/null
";

/// Interval between two requests of a probe.
const PROBE_EVERY: Duration = Duration::from_millis(1);

enum Mode {
    Closed,
    Open,
    Fill,
    Idle(usize),
    Watch,
    Handover,
    Publish(usize),
    Help,
}

struct Options {
    mode: Mode,
    host: String,
    port: u16,
    load: Load,
    requests: u64,
    has_deaf: bool,
    pace: Pace,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mode: Mode::Closed,
            host: "127.0.0.1".to_owned(),
            port: 6379,
            load: Load::default(),
            requests: 1_000_000,
            has_deaf: false,
            pace: Pace {
                rate: 0.0,
                arrivals: Arrivals::Poisson,
                warmup: Duration::from_secs(1),
                duration: Duration::from_secs(5),
            },
        }
    }
}

impl Options {
    fn parse() -> Result<Options, lexopt::Error> {
        let mut options = Options::default();
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long(flag) => {
                    let flag = flag.to_owned();
                    options.set(&flag, &mut arguments)?;
                }
                Short('h') => options.mode = Mode::Help,
                _ => return Err(argument.unexpected()),
            }
        }
        options.check()?;
        Ok(options)
    }

    fn set(&mut self, flag: &str, arguments: &mut lexopt::Parser) -> Result<(), lexopt::Error> {
        let mut value = || arguments.value();
        match flag {
            "host" => self.host = value()?.string()?,
            "port" => self.port = value()?.parse()?,
            "connections" => self.load.connections = value()?.parse()?,
            "pipeline" => self.load.pipeline = value()?.parse()?,
            "get" => self.load.get_percent = value()?.parse()?,
            "keys" => self.load.keys = value()?.parse()?,
            "value" => self.load.value_bytes = value()?.parse()?,
            "command" => self.load.command = Some(value()?.string()?),
            "seed" => self.load.seed = value()?.parse()?,
            "requests" => self.requests = value()?.parse()?,
            "rate" => (self.mode, self.pace.rate) = (Mode::Open, value()?.parse()?),
            "seconds" => self.pace.duration = value()?.parse_with(seconds)?,
            "warmup" => self.pace.warmup = value()?.parse_with(seconds)?,
            "constant" => self.pace.arrivals = Arrivals::Constant,
            "fill" => self.mode = Mode::Fill,
            "idle" => self.mode = Mode::Idle(value()?.parse()?),
            "watch" => self.mode = Mode::Watch,
            "handover" => self.mode = Mode::Handover,
            "subscribers" => self.mode = Mode::Publish(value()?.parse()?),
            "deaf" => self.has_deaf = true,
            "help" => self.mode = Mode::Help,
            _ => return Err(format!("no such option: --{flag}").into()),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), lexopt::Error> {
        if self.load.connections == 0 || self.load.pipeline == 0 || self.load.keys == 0 {
            return Err("--connections, --pipeline and --keys must be at least 1".into());
        }
        if matches!(self.mode, Mode::Open) && (self.pace.rate.is_nan() || self.pace.rate <= 0.0) {
            return Err("--rate must be more than 0".into());
        }
        Ok(())
    }

    fn address(&self) -> io::Result<SocketAddr> {
        let mut addresses = (self.host.as_str(), self.port).to_socket_addrs()?;
        addresses
            .next()
            .ok_or_else(|| io::Error::other("no such host"))
    }
}

fn seconds(text: &str) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}

fn main() -> ExitCode {
    match Options::parse()
        .map_err(Box::from)
        .and_then(|options| run(&options))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let connect = || Generator::connect(options.address()?, &options.load);
    let report = match options.mode {
        Mode::Help => {
            print!("{HELP}");
            return Ok(());
        }
        Mode::Idle(count) => return Ok(keep_idle(options, count)?),
        Mode::Closed => connect()?.closed(options.requests)?,
        Mode::Open => connect()?.open(&options.pace)?,
        Mode::Fill => connect()?.fill()?,
        Mode::Watch => watch(options.address()?)?,
        Mode::Handover => handover::run(options.address()?, options.requests)?,
        Mode::Publish(count) => {
            let audience = (count, options.has_deaf);
            publish::run(
                options.address()?,
                &options.load,
                options.requests,
                audience,
            )?
        }
    };
    println!("{}", report.json());
    Ok(())
}

/// Gets the first key again and again, until the input ends. Prints an empty line once the
/// server has answered the first time.
fn watch(address: SocketAddr) -> io::Result<Report> {
    let mut probe = Probe::connect(address, probe::GET)?;
    println!();
    let watching = AtomicBool::new(true);
    let begin = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            // An input that fails has ended, too.
            let _ = io::stdin().read_to_end(&mut Vec::new());
            watching.store(false, Ordering::Relaxed);
        });
        let latencies = probe.run(PROBE_EVERY, || watching.load(Ordering::Relaxed))?;
        Ok(Report {
            elapsed: begin.elapsed(),
            probe: Some(latencies),
            ..Report::default()
        })
    })
}

/// Opens `count` connections and probes the server, then prints the report. The connections stay
/// open until the input ends, so that the caller can examine the server.
fn keep_idle(options: &Options, count: usize) -> io::Result<()> {
    let idle = idle::open(options.address()?, count)?;
    let mut probe = Probe::connect(options.address()?, probe::PING)?;
    let begin = Instant::now();
    let latencies = probe.run(PROBE_EVERY, || begin.elapsed() < options.pace.duration)?;
    let report = Report {
        elapsed: begin.elapsed(),
        probe: Some(latencies),
        ..Report::default()
    };
    println!("{}", report.json());
    io::stdin().read_to_end(&mut Vec::new())?;
    drop(idle);
    Ok(())
}
