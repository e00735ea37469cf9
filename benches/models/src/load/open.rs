//! The open loop: sends each request when it is due, without waiting for earlier answers.

use std::collections::VecDeque;
use std::io;
use std::iter::Peekable;
use std::time::{Duration, Instant};

use mio::Token;

use super::requests::Requests;
use super::schedule::{Arrivals, Schedule};
use super::timer::Timer;
use super::{Generator, Latencies, Network, Report};

/// The token of the timer; no connection has this index.
const TIMER: Token = Token(usize::MAX);
/// Upper bound of the wait for answers after the last request was due.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rate and duration of an open loop.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Requests per second.
    pub rate: f64,
    /// The distribution of requests over time.
    pub arrivals: Arrivals,
    /// Requests that are due in this time are sent but not counted.
    pub warmup: Duration,
    /// Time to send and count after the warmup.
    pub duration: Duration,
}

impl Generator {
    /// Sends requests of the mix when they are due, on one connection after the other.
    ///
    /// # Errors
    /// An error reply; a lost connection. Afterwards the generator cannot be used. Unanswered
    /// requests are no error: see [`Report::unanswered`].
    pub fn open(&mut self, pace: &Pace) -> io::Result<Report> {
        let timer = Timer::new(self.network.poll.registry(), TIMER)?;
        let seconds = (pace.warmup + pace.duration).as_secs_f64();
        let mut run = Run {
            begin: Instant::now(),
            warmup: pace.warmup,
            schedule: Schedule::new(pace.arrivals, pace.rate, seconds, self.load.seed).peekable(),
            requests: &mut self.mixed,
            next: 0,
            due: vec![VecDeque::new(); self.network.connections.len()],
            in_flight: 0,
            late: Latencies::default(),
            report: Report::default(),
        };
        run.run(&mut self.network, &timer)?;
        Ok(run.finish(&mut self.network))
    }
}

struct Run<'a> {
    begin: Instant,
    warmup: Duration,
    schedule: Peekable<Schedule>,
    requests: &'a mut Requests,
    /// The index of the connection that sends next.
    next: usize,
    /// Per connection, the due times of its unanswered requests, the oldest first.
    due: Vec<VecDeque<Duration>>,
    in_flight: usize,
    late: Latencies,
    report: Report,
}

impl Run<'_> {
    fn run(&mut self, network: &mut Network, timer: &Timer) -> io::Result<()> {
        let mut last_due = Duration::ZERO;
        loop {
            last_due = self.send_due(network)?.unwrap_or(last_due);
            let deadline = match self.schedule.peek() {
                Some(due) => Duration::from_nanos(*due),
                None if self.in_flight == 0 => return Ok(()),
                None if self.begin.elapsed() > last_due + PATIENCE => return Ok(()),
                None => last_due + PATIENCE,
            };
            self.sleep(network, timer, deadline)?;
            self.receive(network)?;
        }
    }

    /// Sends all requests that are due by now; returns the due time of the last.
    fn send_due(&mut self, network: &mut Network) -> io::Result<Option<Duration>> {
        let mut last_due = None;
        let now = self.begin.elapsed();
        while let Some(due) = self
            .schedule
            .next_if(|due| Duration::from_nanos(*due) <= now)
        {
            let due = Duration::from_nanos(due);
            last_due = Some(due);
            self.due[self.next].push_back(due);
            self.in_flight += 1;
            let connection = &mut network.connections[self.next];
            self.next = (self.next + 1) % self.due.len();
            self.requests.push(connection.output());
            if due >= self.warmup {
                self.late.record(self.begin.elapsed() - due);
            }
            connection.flush()?;
        }
        Ok(last_due)
    }

    /// Waits for replies, until `deadline`. It sleeps, though a timer wakes it some 50
    /// microseconds late. A spinning loop would take a processor from the servers on the same
    /// machine.
    fn sleep(
        &mut self,
        network: &mut Network,
        timer: &Timer,
        deadline: Duration,
    ) -> io::Result<()> {
        let left = deadline.saturating_sub(self.begin.elapsed());
        if left.is_zero() {
            return network.wait(Duration::ZERO);
        }
        timer.set(left)?;
        network.wait(left)
    }

    fn receive(&mut self, network: &mut Network) -> io::Result<()> {
        for event in network.events.iter().filter(|event| event.token() != TIMER) {
            let place = event.token().0;
            let answers = network.connections[place].handle(event, &mut network.input)?;
            let now = self.begin.elapsed();
            for _ in 0..answers {
                let due = self.due[place].pop_front();
                let due = due.ok_or_else(|| io::Error::other("more replies than requests"))?;
                self.in_flight -= 1;
                self.record(due, now);
            }
        }
        Ok(())
    }

    fn record(&mut self, due: Duration, answered: Duration) {
        if due >= self.warmup {
            self.report.requests += 1;
            self.report.latency.record(answered - due);
            self.report.elapsed = answered - self.warmup;
        }
    }

    /// Completes the report. An unanswered request counts with its wait until now.
    fn finish(mut self, network: &mut Network) -> Report {
        let now = self.begin.elapsed();
        for due in self.due.into_iter().flatten() {
            self.report.unanswered += 1;
            self.report.latency.record(now - due);
        }
        self.report.late = Some(self.late);
        self.report.misses = network.take_misses();
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Load, fake};
    use super::*;

    fn pace(rate: f64, arrivals: Arrivals) -> Pace {
        let (warmup, duration) = (Duration::from_millis(50), Duration::from_millis(200));
        Pace {
            rate,
            arrivals,
            warmup,
            duration,
        }
    }

    #[test]
    fn requests_are_sent_at_the_rate() {
        let load = Load {
            connections: 3,
            ..Load::default()
        };
        let mut generator = Generator::connect(fake::server(b"+OK\r\n"), &load).unwrap();
        for _run in 0..2 {
            let report = generator.open(&pace(1000.0, Arrivals::Constant)).unwrap();
            assert!(
                (199..=200).contains(&report.requests),
                "{}",
                report.requests
            );
            assert!(report.late.is_some());
        }
    }

    #[test]
    fn a_request_waits_from_when_it_was_due() {
        // No server reaches this rate. The last requests are late by most of the time.
        let load = Load {
            connections: 1,
            ..Load::default()
        };
        let mut generator = Generator::connect(fake::server(b"+OK\r\n"), &load).unwrap();
        let report = generator.open(&pace(3e6, Arrivals::Poisson)).unwrap();
        assert!(report.latency.max_us() > 50_000.0);
        assert_eq!(report.unanswered, 0);
    }
}
