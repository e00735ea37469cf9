//! The closed loop: a connection sends a batch when the previous one is answered.

use std::io;
use std::time::Instant;

use super::connection::Connection;
use super::requests::Requests;
use super::{Generator, Network, PATIENCE, Report};

impl Generator {
    /// Keeps one batch in flight on each connection until `requests` requests of the mix are
    /// answered.
    ///
    /// # Errors
    /// An error reply; a lost connection; a server that does not answer. Afterwards the
    /// generator cannot be used.
    pub fn closed(&mut self, requests: u64) -> io::Result<Report> {
        Run::new(&mut self.mixed, self.load.pipeline, requests).run(&mut self.network)
    }

    /// Sets every key once, in batches.
    ///
    /// # Errors
    /// As [`Generator::closed`].
    pub fn fill(&mut self) -> io::Result<Report> {
        let mut requests = Requests::filling(&self.load);
        Run::new(&mut requests, self.load.pipeline, self.load.keys).run(&mut self.network)
    }
}

struct Run<'a> {
    requests: &'a mut Requests,
    pipeline: usize,
    count: u64,
    unsent: u64,
    /// One for each connection.
    batches: Vec<Batch>,
    report: Report,
}

/// The batch in flight on a connection.
struct Batch {
    sent: Instant,
    unanswered: usize,
}

impl<'a> Run<'a> {
    fn new(requests: &'a mut Requests, pipeline: usize, count: u64) -> Run<'a> {
        let (batches, report) = (Vec::new(), Report::default());
        Run {
            requests,
            pipeline,
            count,
            unsent: count,
            batches,
            report,
        }
    }

    fn run(mut self, network: &mut Network) -> io::Result<Report> {
        let begin = Instant::now();
        for connection in &mut network.connections {
            let batch = self.send(connection, begin)?;
            self.batches.push(batch);
        }
        while self.report.requests < self.count {
            network.wait(PATIENCE)?;
            if network.events.is_empty() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            for event in &network.events {
                let place = event.token().0;
                let connection = &mut network.connections[place];
                let answers = connection.handle(event, &mut network.input)?;
                self.answered(place, connection, answers)?;
            }
        }
        self.report.elapsed = begin.elapsed();
        self.report.misses = network.take_misses();
        Ok(self.report)
    }

    fn answered(
        &mut self,
        place: usize,
        connection: &mut Connection,
        answers: usize,
    ) -> io::Result<()> {
        let batch = &mut self.batches[place];
        batch.unanswered = batch
            .unanswered
            .checked_sub(answers)
            .ok_or_else(|| io::Error::other("more replies than requests"))?;
        self.report.requests += answers as u64;
        if answers > 0 && batch.unanswered == 0 {
            let now = Instant::now();
            self.report.latency.record(now - batch.sent);
            self.batches[place] = self.send(connection, now)?;
        }
        Ok(())
    }

    /// Sends the next batch. It is empty when no requests are left.
    fn send(&mut self, connection: &mut Connection, now: Instant) -> io::Result<Batch> {
        let size = self.unsent.min(self.pipeline as u64);
        self.unsent -= size;
        for _ in 0..size {
            self.requests.push(connection.output());
        }
        connection.flush()?;
        Ok(Batch {
            sent: now,
            unanswered: size as usize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Generator, Load, fake};

    #[test]
    fn every_request_is_answered() {
        for (connections, pipeline, count) in [(1, 1, 10), (3, 16, 1000), (5, 7, 3)] {
            let load = Load {
                connections,
                pipeline,
                ..Load::default()
            };
            let mut generator = Generator::connect(fake::server(b"+OK\r\n"), &load).unwrap();
            for _run in 0..2 {
                let report = generator.closed(count).unwrap();
                assert_eq!(report.requests, count);
                assert!(report.per_second() > 0.0);
            }
        }
    }

    #[test]
    fn big_values_pass() {
        let load = Load {
            connections: 2,
            pipeline: 50,
            value_bytes: 100_000,
            get_percent: 0,
            ..Load::default()
        };
        let mut generator = Generator::connect(fake::server(b"+OK\r\n"), &load).unwrap();
        assert_eq!(generator.closed(200).unwrap().requests, 200);
    }

    #[test]
    fn an_error_reply_fails_the_run() {
        let address = fake::server(b"-ERR not today\r\n");
        let mut generator = Generator::connect(address, &Load::default()).unwrap();
        assert_eq!(
            generator.closed(10).unwrap_err().to_string(),
            "ERR not today"
        );
    }

    #[test]
    fn misses_are_counted() {
        let load = Load {
            get_percent: 100,
            ..Load::default()
        };
        let mut generator = Generator::connect(fake::server(b"$-1\r\n"), &load).unwrap();
        assert_eq!(generator.closed(10).unwrap().misses, 10);
    }

    #[test]
    fn filling_sends_as_many_requests_as_there_are_keys() {
        let load = Load {
            connections: 1,
            pipeline: 100,
            keys: 1234,
            ..Load::default()
        };
        let mut generator = Generator::connect(fake::server(b"+OK\r\n"), &load).unwrap();
        assert_eq!(generator.fill().unwrap().requests, 1234);
    }
}
