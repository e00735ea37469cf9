//! Argument lists: what a request is once it is read.
//!
//! The arguments of many requests lie in one arena, one behind the other, which the next
//! requests use again: in the steady state nothing is allocated for an argument. Big
//! ones are allocated by themselves, because the store keeps them.

use std::sync::Arc;

use super::output::{Output, SHARE_FROM_BYTES};

/// The arena and the list of arguments keep this much memory for the next requests.
const KEEP_BYTES: usize = 64 * 1024;

/// Requests that are to be run one after the other. All their arguments lie in one
/// arena, which is used again for the next ones.
#[derive(Debug, Default)]
pub struct Requests {
    /// Bytes of the small arguments. The reader appends to it, then calls `seal`.
    pub(super) arena: Vec<u8>,
    args: Vec<Arg>,
    /// For each request: where its arguments end in `args`.
    ends: Vec<usize>,
}

#[derive(Debug)]
enum Arg {
    Arena { start: usize, end: usize },
    Shared(Arc<[u8]>),
}

impl Requests {
    /// One request made of `list`, for tests and benchmarks.
    pub fn from_list<A: AsRef<[u8]>>(list: &[A]) -> Requests {
        let mut requests = Requests::default();
        list.iter()
            .for_each(|argument| requests.push(argument.as_ref()));
        requests.ends.push(list.len());
        requests
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The arguments of the request at `index`.
    ///
    /// # Panics
    /// If there is no such request.
    pub fn get(&self, index: usize) -> Args<'_> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Args {
            arena: &self.arena,
            list: &self.args[start..self.ends[index]],
        }
    }

    /// Forgets all of them and keeps the memory, unless it is much.
    pub fn clear(&mut self) {
        self.args.clear();
        self.arena.clear();
        self.ends.clear();
        if self.arena.capacity() > KEEP_BYTES {
            self.arena = Vec::new();
        }
        self.args.shrink_to(KEEP_BYTES / size_of::<Arg>());
    }

    /// How many arguments have been read of a request that is not complete yet.
    pub(super) fn pending(&self) -> usize {
        self.args.len() - self.ends.last().unwrap_or(&0)
    }

    /// Makes a request of the pending arguments.
    pub(super) fn complete(&mut self) {
        self.ends.push(self.args.len());
    }

    /// Forgets the pending arguments, of which those in the arena begin at `arena`.
    pub(super) fn abandon(&mut self, arena: usize) {
        self.arena.truncate(arena);
        self.args.truncate(*self.ends.last().unwrap_or(&0));
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.arena.extend_from_slice(bytes);
        self.seal(self.arena.len() - bytes.len());
    }

    /// Makes an argument of the arena's bytes from `start` on.
    pub(super) fn seal(&mut self, start: usize) {
        let end = self.arena.len();
        self.args.push(if end - start < SHARE_FROM_BYTES {
            Arg::Arena { start, end }
        } else {
            let value = Arc::from(&self.arena[start..]);
            self.arena.truncate(start);
            Arg::Shared(value)
        });
    }
}

/// The arguments of one request, the command's name first.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    arena: &'a [u8],
    list: &'a [Arg],
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
        self.bytes(&self.list[index])
    }

    /// The argument at `index` as a shared value, if it is big enough to be one.
    pub fn shared(&self, index: usize) -> Option<&'a Arc<[u8]>> {
        match &self.list[index] {
            Arg::Arena { .. } => None,
            Arg::Shared(value) => Some(value),
        }
    }

    /// All arguments from `index` on.
    pub fn from(self, index: usize) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.list[index.min(self.list.len())..]
            .iter()
            .map(move |arg| self.bytes(arg))
    }

    /// Appends the request as a RESP array, as it would be sent.
    pub fn encode(&self, output: &mut Output) {
        // A length line takes some bytes besides the digits; this is a guess, not a limit.
        let arguments: usize = self
            .from(0)
            .map(|argument| argument.len().min(SHARE_FROM_BYTES))
            .sum();
        output
            .bytes_mut()
            .reserve(arguments + 16 * (1 + self.len()));
        output.push_header(b'*', self.len() as i64);
        for argument in self.list {
            match argument {
                Arg::Arena { start, end } => output.push_bulk(&self.arena[*start..*end]),
                Arg::Shared(value) => output.push_bulk_shared(Arc::clone(value)),
            }
        }
    }

    fn bytes(&self, arg: &'a Arg) -> &'a [u8] {
        match arg {
            Arg::Arena { start, end } => &self.arena[*start..*end],
            Arg::Shared(value) => value,
        }
    }
}
