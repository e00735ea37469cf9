//! Runs of equal registers, as opcodes of one byte or two:
//!
//! | opcode | name | registers |
//! |---|---|---|
//! | `00rrrrrr` | ZERO | `r` + 1, all 0 |
//! | `01rrrrrr rrrrrrrr` | XZERO | `r` + 1, all 0 |
//! | `1vvvvvrr` | VAL | `r` + 1, all `v` + 1 |
//!
//! Opcodes are split and joined exactly as in Redis, so that both make the same string of the same
//! elements.

use super::hash::REGISTERS;
use super::header::{CORRUPTED, HEAD_BYTES};
use crate::commands::ReplyError;

/// The largest value that a VAL can have.
const MAX_VALUE: u8 = 32;
const MAX_ZERO_RUN: usize = 64;
const MAX_VAL_RUN: usize = 4;
/// The number of opcodes that are joined after a change, from the one before it on.
const JOINED_OPCODES: usize = 5;

/// The length of the longest string: each register has an XZERO.
pub(super) const MAX_BYTES: usize = HEAD_BYTES + 2 * REGISTERS;

/// Some neighbours of equal value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opcode {
    /// The value of the registers.
    pub(super) value: u8,
    /// The number of registers.
    pub(super) run: usize,
    /// The number of bytes of the opcode.
    pub(super) length: usize,
}

impl Opcode {
    /// Reads the opcode at `at`. As in Redis, a second byte that is missing is 0.
    #[inline]
    fn read(bytes: &[u8], at: usize) -> Opcode {
        let first = bytes[at];
        match first {
            0x80.. => Opcode {
                value: (first >> 2 & 0x1f) + 1,
                run: usize::from(first & 3) + 1,
                length: 1,
            },
            0x40.. => Opcode {
                value: 0,
                run: (usize::from(first & 0x3f) << 8)
                    + usize::from(bytes.get(at + 1).copied().unwrap_or_default())
                    + 1,
                length: 2,
            },
            _ => Opcode {
                value: 0,
                run: usize::from(first) + 1,
                length: 1,
            },
        }
    }

    /// Returns whether it is a VAL, and not zeros.
    fn is_val(self) -> bool {
        self.value > 0
    }
}

/// Returns the opcodes of a string.
pub(super) fn opcodes(bytes: &[u8]) -> impl Iterator<Item = Opcode> {
    let mut at = HEAD_BYTES;
    std::iter::from_fn(move || {
        let opcode = (at < bytes.len()).then(|| Opcode::read(bytes, at))?;
        at += opcode.length;
        Some(opcode)
    })
}

/// Calls `visit` with the first register of each opcode and the opcode.
///
/// # Errors
/// If there are not exactly as many registers as there must be.
pub(super) fn visit(bytes: &[u8], mut visit: impl FnMut(usize, Opcode)) -> Result<(), ReplyError> {
    let mut first = 0;
    for opcode in opcodes(bytes) {
        let end = first + opcode.run;
        if end > REGISTERS {
            return Err(CORRUPTED);
        }
        visit(first, opcode);
        first = end;
    }
    match first == REGISTERS {
        true => Ok(()),
        false => Err(CORRUPTED),
    }
}

/// An opcode of a string, by its position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    at: usize,
    /// The first register.
    first: usize,
}

impl Position {
    /// The first opcode.
    pub(super) const START: Position = Position {
        at: HEAD_BYTES,
        first: 0,
    };
}

/// The opcode of a register.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    here: Position,
    opcode: Opcode,
    /// The opcode before it, and the one before that, as far as they have been seen.
    previous: Option<Position>,
    earlier: Option<Position>,
}

impl Place {
    /// Finds the opcode of the register `index`, from an opcode on that is not behind it. `None` if
    /// there is none.
    #[inline]
    pub(super) fn find(bytes: &[u8], from: Position, index: usize) -> Option<Place> {
        let (mut here, mut previous, mut earlier) = (from, None, None);
        while here.at < bytes.len() {
            let opcode = Opcode::read(bytes, here.at);
            let end = here.first + opcode.run;
            if index < end {
                return Some(Place {
                    here,
                    opcode,
                    previous,
                    earlier,
                });
            }
            (earlier, previous) = (previous, Some(here));
            here.at += opcode.length;
            here.first = end;
        }
        None
    }

    /// Returns the value of the register.
    pub(super) fn value(&self) -> u8 {
        self.opcode.value
    }

    /// Returns where to search for a later register after a change here. The opcode before may have
    /// been joined with that register's, so the search begins one earlier.
    pub(super) fn resume(&self) -> Position {
        self.earlier.unwrap_or(Position::START)
    }

    /// Sets the register `index`, which is here, to `value`. Returns `false`, and changes nothing, if
    /// the value is too large, or the string would grow beyond `max_bytes`.
    pub(super) fn set(
        &self,
        bytes: &mut Vec<u8>,
        index: usize,
        value: u8,
        max_bytes: usize,
    ) -> bool {
        if value > MAX_VALUE {
            return false;
        }
        let Position { at, first } = self.here;
        let Opcode { run, length, .. } = self.opcode;
        let mut opcodes = Opcodes::default();
        opcodes.push(self.opcode.value, index - first);
        opcodes.push(value, 1);
        opcodes.push(self.opcode.value, first + run - index - 1);
        let new = opcodes.bytes();
        let total = bytes.len() + new.len() - length;
        if new.len() > length && total > max_bytes {
            return false;
        }
        reserve(bytes, max_bytes);
        let end = bytes.len().min(at + length);
        bytes.splice(at..end, new.iter().copied());
        // As in Redis, an opcode without its second byte takes the place of both.
        bytes.truncate(total);
        join(bytes, self.previous.map_or(HEAD_BYTES, |it| it.at));
        true
    }
}

/// Makes room for some more opcodes: as many bytes as there are, or 300, but at most `max_bytes`.
fn reserve(bytes: &mut Vec<u8>, max_bytes: usize) {
    const SPARE_BYTES: usize = 300;
    if bytes.capacity() - bytes.len() < 3 {
        let most = max_bytes.saturating_sub(bytes.len()).max(3);
        bytes.reserve_exact(bytes.len().clamp(3, SPARE_BYTES).min(most));
    }
}

/// Joins VALs of the same value, from the opcode at `at` on.
fn join(bytes: &mut Vec<u8>, mut at: usize) {
    for _ in 0..JOINED_OPCODES {
        if at >= bytes.len() {
            return;
        }
        let opcode = Opcode::read(bytes, at);
        if opcode.is_val() && at + 1 < bytes.len() {
            let next = Opcode::read(bytes, at + 1);
            let run = opcode.run + next.run;
            if next.value == opcode.value && run <= MAX_VAL_RUN {
                bytes.remove(at);
                bytes[at] = val(opcode.value, run);
                continue;
            }
        }
        at += opcode.length;
    }
}

/// Some opcodes that replace one.
#[derive(Default)]
struct Opcodes {
    bytes: [u8; 5],
    length: usize,
}

impl Opcodes {
    /// Adds registers of equal value: at most as many as there are, and 4 if they are not 0.
    fn push(&mut self, value: u8, run: usize) {
        match (value, run) {
            (_, 0) => {}
            (1.., _) => self.push_byte(val(value, run)),
            (0, ..=MAX_ZERO_RUN) => self.push_byte((run - 1) as u8),
            (0, _) => {
                let [high, low] = ((run - 1) as u16).to_be_bytes();
                self.push_byte(0x40 | high);
                self.push_byte(low);
            }
        }
    }

    fn push_byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn val(value: u8, run: usize) -> u8 {
    0x80 | (value - 1) << 2 | (run - 1) as u8
}

/// Returns the opcodes of registers that are all 0.
pub(super) fn zeros() -> [u8; 2] {
    [0x40 | ((REGISTERS - 1) >> 8) as u8, (REGISTERS - 1) as u8]
}
