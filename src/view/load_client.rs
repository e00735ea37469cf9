//! A client of this server, within it, for the load of a class.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::Duration;

use crate::resp::output::Output;
use crate::threads::{self, Reason};

/// The server answers the first requests within this time.
const PATIENCE: Duration = Duration::from_secs(2);

/// Upper bound of a line of a reply, in bytes.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// A connection to this server.
#[derive(Debug)]
pub(super) struct LoadClient {
    input: BufReader<TcpStream>,
}

impl LoadClient {
    /// Makes a client of a connection.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn new(stream: TcpStream) -> io::Result<LoadClient> {
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(LoadClient {
            input: BufReader::new(stream),
        })
    }

    /// Waits for replies as long as they take from now on: a class makes them slow. They end when the
    /// server stops.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn wait_long(&self) -> io::Result<()> {
        self.input.get_ref().set_read_timeout(None)
    }

    /// Sends a request and receives its reply.
    ///
    /// # Errors
    /// If the server is gone, or the text of an error reply.
    pub(super) fn ask(&mut self, words: &[&str]) -> io::Result<()> {
        let mut output = Output::default();
        push(&mut output, words);
        self.exchange(&mut output, 1)
    }

    /// Sends requests in a pipeline and receives their replies. The words of a line have spaces
    /// between them.
    ///
    /// # Errors
    /// As [`LoadClient::ask`].
    pub(super) fn ask_all(&mut self, lines: impl Iterator<Item = String>) -> io::Result<()> {
        let mut output = Output::default();
        let mut count = 0;
        for line in lines {
            push(&mut output, &line.split(' ').collect::<Vec<_>>());
            count += 1;
        }
        self.exchange(&mut output, count)
    }

    fn exchange(&mut self, requests: &mut Output, count: usize) -> io::Result<()> {
        let _waiting = threads::waiting(Reason::Socket);
        requests.write_all(&mut self.input.get_ref())?;
        (0..count).try_for_each(|_| self.skip_reply())
    }

    /// Receives a reply, with all that it contains.
    fn skip_reply(&mut self) -> io::Result<()> {
        let mut pending = 1_i64;
        while pending > 0 {
            pending -= 1;
            let mut line = String::new();
            let mut input = (&mut self.input).take(MAX_LINE_BYTES);
            if input.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some((kind, text)) = line.trim_end().split_at_checked(1) else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            match kind {
                "-" => return Err(io::Error::other(text.to_owned())),
                "$" => self.skip(number(text)?)?,
                "*" => pending += number(text)?.max(0),
                _ => {}
            }
        }
        Ok(())
    }

    /// Receives the bytes of a value and its line end; -1 stands for no value.
    fn skip(&mut self, bytes: i64) -> io::Result<()> {
        let Ok(bytes) = u64::try_from(bytes) else {
            return Ok(());
        };
        let mut input = (&mut self.input).take(bytes + 2);
        io::copy(&mut input, &mut io::sink()).map(|_| ())
    }
}

fn push(output: &mut Output, words: &[&str]) {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    output.push_command(&words);
}

fn number(text: &str) -> io::Result<i64> {
    text.parse().map_err(io::Error::other)
}
