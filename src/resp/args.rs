//! Argument lists: the form of a request after it has been parsed.
//!
//! The bytes of many requests are in one vector, as they were received. An argument is a range of
//! it. The next requests reuse the same memory, so that an argument usually costs no allocation. A
//! record of the log is a copy of the request's bytes. A big argument has memory of its own,
//! because the store keeps it.

use std::mem;
use std::sync::Arc;

use super::output::{Output, kept_bytes};

/// The memory of a big argument grows by at least this much.
const MIN_ROOM_BYTES: usize = 64 * 1024;

/// Whole requests, which are executed one after the other, and the received part of the next one.
/// `request.rs` parses them.
#[derive(Debug, Default)]
pub struct Requests {
    /// The received bytes: first the whole requests, then the unfinished one.
    pub(super) bytes: Vec<u8>,
    /// Arguments of the whole requests, then those of the unfinished one.
    pub(super) args: Vec<Arg>,
    whole: Vec<Request>,
    /// Total length of the whole requests' arguments that have memory of their own.
    shared_bytes: usize,
    pub(super) parser: Parser,
}

/// The state of the parser.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// Where the current request begins in `bytes`.
    pub(super) start: usize,
    /// Where the bytes begin that have not been parsed yet.
    pub(super) at: usize,
    /// How many arguments of the current request are missing; 0 between two requests.
    pub(super) missing: usize,
    /// Whether the current request's bytes so far are the ones that [`Args::encode`] would write.
    pub(super) is_canonical: bool,
    /// The length of the current bulk string, once its header has been parsed.
    pub(super) length: Option<usize>,
    /// The received part of the current bulk string, if it is big.
    pub(super) big: Option<Vec<u8>>,
}

/// A whole request: its range of bytes, and where its arguments end.
#[derive(Clone, Copy, Debug, Default)]
struct Request {
    start: usize,
    end: usize,
    args_end: usize,
    is_canonical: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Arg {
    /// A range of the request's bytes.
    Range { start: usize, end: usize },
    /// Memory of its own: a big argument, or a word of an inline command.
    Shared(Arc<Vec<u8>>),
}

impl Arg {
    /// Returns the length of its own memory.
    fn shared_bytes(&self) -> usize {
        match self {
            Arg::Range { .. } => 0,
            Arg::Shared(bytes) => bytes.len(),
        }
    }
}

impl Requests {
    /// Makes one request of `list`. Each argument gets memory of its own.
    pub fn from_list<A: AsRef<[u8]>>(list: &[A]) -> Requests {
        let mut requests = Requests::default();
        for argument in list {
            let argument = argument.as_ref().to_vec();
            requests.push_shared(argument);
        }
        requests.complete();
        requests
    }

    /// Returns the number of whole requests.
    pub fn len(&self) -> usize {
        self.whole.len()
    }

    /// Returns whether there is no whole request.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// Appends received bytes, for [`Requests::parse`].
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

    /// Returns the big argument that is being received, and how many bytes of it there is room for.
    /// The caller may append these bytes directly, without [`Requests::receive`]. The argument's
    /// memory at most doubles with the received bytes.
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

    /// Returns the received bytes that have not been parsed.
    pub fn unparsed(&self) -> &[u8] {
        &self.bytes[self.parser.at..]
    }

    /// Returns the received part of the unfinished request, without a big argument.
    pub fn unfinished(&self) -> &[u8] {
        &self.bytes[self.parser.start..]
    }

    /// Adds a copy of a request from another list. Shares big arguments.
    ///
    /// # Panics
    /// If there is an unfinished request.
    pub fn push(&mut self, args: Args<'_>) {
        assert_eq!(
            self.parser.start,
            self.bytes.len(),
            "there is an unfinished request"
        );
        self.bytes.extend_from_slice(args.bytes);
        self.args.extend_from_slice(args.list);
        self.shared_bytes += args.list.iter().map(Arg::shared_bytes).sum::<usize>();
        self.parser.at = self.bytes.len();
        self.parser.is_canonical = args.is_canonical;
        self.complete();
    }

    /// Returns the bytes of the whole requests with their big arguments. Some of the big arguments
    /// may belong to the unfinished request.
    pub fn total_bytes(&self) -> usize {
        self.parser.start + self.shared_bytes
    }

    /// Returns about how much memory all requests take, the unfinished one included, in bytes.
    pub fn held_bytes(&self) -> usize {
        let big = self.parser.big.as_ref().map_or(0, Vec::len);
        self.bytes.len()
            + self.shared_bytes
            + big
            + self.args.len() * size_of::<Arg>()
            + self.whole.len() * size_of::<Request>()
    }

    /// Returns the length of the received bytes that are held here, and the room for more.
    pub fn buffer_bytes(&self) -> (usize, usize) {
        let big = self.parser.big.as_ref();
        let (len, capacity) = big.map_or((0, 0), |big| (big.len(), big.capacity()));
        let free = self.bytes.capacity() - self.bytes.len() + capacity - len;
        (self.bytes.len() + len, free)
    }

    /// Returns the length of the arguments of the unfinished request that have been parsed.
    pub fn unfinished_args_bytes(&self) -> usize {
        let args_end = self.whole.last().map_or(0, |last| last.args_end);
        let length = |arg: &Arg| match arg {
            Arg::Range { start, end } => end - start,
            Arg::Shared(bytes) => bytes.len(),
        };
        self.args[args_end..].iter().map(length).sum()
    }

    /// Returns the bytes of the requests from `index` on, without big arguments.
    pub fn bytes_from(&self, index: usize) -> usize {
        let start = self
            .whole
            .get(index)
            .map_or(self.parser.start, |it| it.start);
        self.parser.start - start
    }

    /// Returns the arguments of the request at `index`.
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

    /// Removes the whole requests. Keeps about as much memory as they needed, if it is not much.
    pub fn clear(&mut self) {
        // Skipped bytes are removed too, even if no request has followed them.
        let args_end = self.whole.last().map_or(0, |last| last.args_end);
        // Rarely true, so that short arguments cost nothing here.
        if self.shared_bytes > 0 {
            let removed = self.args[..args_end].iter();
            self.shared_bytes -= removed.map(Arg::shared_bytes).sum::<usize>();
        }
        self.args.drain(..args_end);
        self.args
            .shrink_to(kept_bytes(args_end * size_of::<Arg>()) / size_of::<Arg>());
        self.whole.clear();
        self.bytes.drain(..self.parser.start);
        self.bytes.shrink_to(kept_bytes(self.parser.start));
        self.parser.at -= self.parser.start;
        self.parser.start = 0;
    }

    /// Appends an argument that has memory of its own.
    pub(super) fn push_shared(&mut self, argument: Vec<u8>) {
        self.shared_bytes += argument.len();
        self.args.push(Arg::Shared(Arc::new(argument)));
    }

    /// Moves the unfinished request to `other`, which must be empty.
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

    /// Makes a whole request of the arguments since the last one.
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
    /// Returns the number of arguments, the name included.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there is no argument, not even a name. Never true for a request.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the argument at `index`. The command's name has index 0.
    ///
    /// # Panics
    /// If there is no such argument: the caller must have checked the arity.
    pub fn get(&self, index: usize) -> &'a [u8] {
        self.bytes_of(&self.list[index])
    }

    /// Returns the argument at `index` as a shared value, if it has memory of its own.
    pub fn shared(&self, index: usize) -> Option<&'a Arc<Vec<u8>>> {
        match &self.list[index] {
            Arg::Range { .. } => None,
            Arg::Shared(value) => Some(value),
        }
    }

    /// Returns the length of all arguments together.
    pub fn bytes_of_all(self) -> usize {
        self.from(0).map(<[u8]>::len).sum()
    }

    /// Returns all arguments from `index` on.
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

    /// Appends the request as a RESP array. Nearly always these are its received bytes.
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
                Arg::Range { .. } => output.push_bulk(self.bytes_of(argument)),
            }
        }
    }

    fn bytes_of(&self, arg: &'a Arg) -> &'a [u8] {
        match arg {
            Arg::Range { start, end } => &self.bytes[*start..*end],
            Arg::Shared(value) => value,
        }
    }
}
