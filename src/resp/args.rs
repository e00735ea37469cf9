//! Argument lists: what a request is once it is read.
//!
//! The bytes of many requests lie in one vector, as they came, and an argument is a
//! place in it; the next requests use the same memory again. So in the steady state
//! nothing is allocated for an argument, and what a request was can be logged by copying
//! its bytes. Big arguments are allocated by themselves, because the store keeps them.

use std::mem;
use std::sync::Arc;

use super::output::Output;

/// The bytes and the list of arguments keep this much memory for the next requests.
const KEEP_BYTES: usize = 64 * 1024;

/// A big argument gets at least this much memory more when it has no room.
const MIN_ROOM_BYTES: usize = 64 * 1024;

/// Requests that are to be run one after the other, and the beginning of the next one as
/// far as it has come. `request.rs` makes them of bytes.
#[derive(Debug, Default)]
pub struct Requests {
    /// What was received: first the whole requests, then what follows.
    pub(super) bytes: Vec<u8>,
    /// Arguments of the whole requests, then of the one that is being parsed.
    pub(super) args: Vec<Arg>,
    whole: Vec<Request>,
    /// How long the arguments of whole requests are that have memory of their own.
    shared_bytes: usize,
    pub(super) parser: Parser,
}

/// Where the parser stands.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The request that is being parsed begins here in `bytes`.
    pub(super) start: usize,
    /// And has been parsed up to here.
    pub(super) at: usize,
    /// How many of its arguments are still to come; 0 between two requests.
    pub(super) missing: usize,
    /// Whether its bytes so far are those that [`Args::encode`] would write.
    pub(super) is_canonical: bool,
    /// The length of the bulk string that comes next.
    pub(super) length: Option<usize>,
    /// That bulk string as far as it has come, if it is big.
    pub(super) big: Option<Vec<u8>>,
}

/// A whole request: where it begins, and where its bytes and its arguments end.
#[derive(Clone, Copy, Debug, Default)]
struct Request {
    start: usize,
    end: usize,
    args_end: usize,
    is_canonical: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Arg {
    /// A place in the request's bytes.
    Place { start: usize, end: usize },
    /// Bytes of its own: a big argument, or a word of an inline command.
    Shared(Arc<Vec<u8>>),
}

impl Arg {
    /// How many bytes of its own it has.
    fn shared_bytes(&self) -> usize {
        match self {
            Arg::Place { .. } => 0,
            Arg::Shared(bytes) => bytes.len(),
        }
    }
}

impl Requests {
    /// One request made of `list`, for tests and benchmarks.
    pub fn from_list<A: AsRef<[u8]>>(list: &[A]) -> Requests {
        let mut requests = Requests::default();
        for argument in list {
            let argument = argument.as_ref().to_vec();
            requests.push_shared(argument);
        }
        requests.complete();
        requests
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.whole.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// Takes bytes that have arrived, for [`Requests::parse`].
    pub fn receive(&mut self, mut bytes: &[u8]) {
        while let Some((big, room)) = self.payload_room()
            && !bytes.is_empty()
        {
            let (payload, rest) = bytes.split_at(room.min(bytes.len()));
            big.extend_from_slice(payload);
            bytes = rest;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// A big argument that is arriving, and how many more bytes of it there is room for.
    /// They may be appended to it directly, without passing through [`Requests::receive`].
    /// Its memory at most doubles with what has arrived.
    pub fn payload_room(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        let length = self.parser.length?;
        let big = self.parser.big.as_mut()?;
        let missing = length - big.len();
        if big.len() == big.capacity() {
            big.reserve_exact(big.len().max(MIN_ROOM_BYTES).min(missing));
        }
        let room = missing.min(big.capacity() - big.len());
        (room > 0).then_some((big, room))
    }

    /// What has been received and not been parsed yet.
    pub fn unparsed(&self) -> &[u8] {
        &self.bytes[self.parser.at..]
    }

    /// The received part of the unfinished request, except for a big argument.
    pub fn unfinished(&self) -> &[u8] {
        &self.bytes[self.parser.start..]
    }

    /// Adds a copy of a request that was read elsewhere. Big arguments are not copied.
    ///
    /// # Panics
    /// If this has received bytes that are no whole request yet.
    pub fn push(&mut self, args: Args<'_>) {
        assert_eq!(self.parser.start, self.bytes.len(), "a request between two");
        self.bytes.extend_from_slice(args.bytes);
        self.args.extend_from_slice(args.list);
        self.shared_bytes += args.list.iter().map(Arg::shared_bytes).sum::<usize>();
        self.parser.at = self.bytes.len();
        self.parser.is_canonical = args.is_canonical;
        self.complete();
    }

    /// How many bytes the whole requests take with their big arguments. Some of these may belong
    /// to a request that is not whole yet.
    pub fn total_bytes(&self) -> usize {
        self.parser.start + self.shared_bytes
    }

    /// About how much memory all of it takes that has come, in bytes.
    pub fn held_bytes(&self) -> usize {
        let big = self.parser.big.as_ref().map_or(0, Vec::len);
        self.bytes.len()
            + self.shared_bytes
            + big
            + self.args.len() * size_of::<Arg>()
            + self.whole.len() * size_of::<Request>()
    }

    /// How many bytes those from `index` on have come as, not counting big arguments.
    pub fn bytes_from(&self, index: usize) -> usize {
        let start = self
            .whole
            .get(index)
            .map_or(self.parser.start, |it| it.start);
        self.parser.start - start
    }

    /// The arguments of the request at `index`.
    ///
    /// # Panics
    /// If there is no such request.
    pub fn get(&self, index: usize) -> Args<'_> {
        let request = self.whole[index];
        let args_start = if index == 0 {
            0
        } else {
            self.whole[index - 1].args_end
        };
        Args {
            bytes: &self.bytes[request.start..request.end],
            list: &self.args[args_start..request.args_end],
            is_canonical: request.is_canonical,
        }
    }

    /// Forgets the whole requests and keeps the memory, unless it is much.
    pub fn clear(&mut self) {
        // What was passed over goes too, even if no request has followed it yet.
        let args_end = self.whole.last().map_or(0, |last| last.args_end);
        // Seldom, so that short arguments cost nothing.
        if self.shared_bytes > 0 {
            let gone = self.args[..args_end].iter();
            self.shared_bytes -= gone.map(Arg::shared_bytes).sum::<usize>();
        }
        self.args.drain(..args_end);
        self.args.shrink_to(KEEP_BYTES / size_of::<Arg>());
        self.whole.clear();
        self.bytes.drain(..self.parser.start);
        self.bytes.shrink_to(KEEP_BYTES);
        self.parser.at -= self.parser.start;
        self.parser.start = 0;
    }

    /// Appends an argument that has memory of its own.
    pub(super) fn push_shared(&mut self, argument: Vec<u8>) {
        self.shared_bytes += argument.len();
        self.args.push(Arg::Shared(Arc::new(argument)));
    }

    /// Moves what has come of a further request to `other`, which has none.
    pub fn move_unfinished(&mut self, other: &mut Requests) {
        debug_assert!(other.bytes.is_empty() && other.args.is_empty());
        let Parser { start, at, .. } = self.parser;
        let args_end = self.whole.last().map_or(0, |last| last.args_end);
        other.bytes.extend_from_slice(&self.bytes[start..]);
        other.args.extend(self.args.drain(args_end..));
        other.shared_bytes = other.args.iter().map(Arg::shared_bytes).sum();
        self.shared_bytes -= other.shared_bytes;
        other.parser = mem::take(&mut self.parser);
        (other.parser.start, other.parser.at) = (0, at - start);
        self.bytes.truncate(start);
        (self.parser.start, self.parser.at) = (start, start);
    }

    /// Makes a request of what has been parsed since the last one.
    pub(super) fn complete(&mut self) {
        self.whole.push(Request {
            start: self.parser.start,
            end: self.parser.at,
            args_end: self.args.len(),
            is_canonical: self.parser.is_canonical,
        });
        self.parser.start = self.parser.at;
    }
}

/// The arguments of one request, the command's name first.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    bytes: &'a [u8],
    list: &'a [Arg],
    is_canonical: bool,
}

impl<'a> Args<'a> {
    /// How many there are, the name included.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is not even a name, which no request lacks.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The argument at `index`, 0 being the command's name.
    ///
    /// # Panics
    /// If there is none: the caller has checked the arity.
    pub fn get(&self, index: usize) -> &'a [u8] {
        self.bytes_of(&self.list[index])
    }

    /// The argument at `index` as a shared value, if it is one already.
    pub fn shared(&self, index: usize) -> Option<&'a Arc<Vec<u8>>> {
        match &self.list[index] {
            Arg::Place { .. } => None,
            Arg::Shared(value) => Some(value),
        }
    }

    /// All arguments from `index` on.
    pub fn from(self, index: usize) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.list[index.min(self.list.len())..]
            .iter()
            .map(move |arg| self.bytes_of(arg))
    }

    /// Returns the request that begins at the argument `index`.
    ///
    /// # Panics
    /// If there are fewer arguments.
    pub fn tail(self, index: usize) -> Args<'a> {
        Args {
            list: &self.list[index..],
            is_canonical: false,
            ..self
        }
    }

    /// Appends the request as a RESP array. Nearly always that is how it came.
    pub fn encode(&self, output: &mut Output) {
        if self.is_canonical {
            return output.push(self.bytes);
        }
        self.encode_as(self.get(0), output);
    }

    /// Appends the request as a RESP array, with `name` in place of the command's name.
    pub fn encode_as(&self, name: &[u8], output: &mut Output) {
        output.push_header(b'*', self.len() as i64);
        output.push_bulk(name);
        for argument in &self.list[1..] {
            match argument {
                Arg::Shared(value) => output.push_bulk_shared(value),
                Arg::Place { .. } => output.push_bulk(self.bytes_of(argument)),
            }
        }
    }

    fn bytes_of(&self, arg: &'a Arg) -> &'a [u8] {
        match arg {
            Arg::Place { start, end } => &self.bytes[*start..*end],
            Arg::Shared(value) => value,
        }
    }
}
