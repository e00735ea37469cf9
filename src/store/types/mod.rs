//! The values of keys, by type, and the entry of a key: its value and its time.
//!
//! A type is one file or folder here, which answers the questions of [`Facts`]. [`Value`] passes
//! each question on to its type.
//!
//! **To add a type**, such as `Set`, add four files, and the lines that the compiler then asks for:
//!
//! 1. `store/types/set.rs` with the value and `impl Facts for Set`; here a variant of [`Value`], an
//!    arm of `ask!` and a name in `stored!`;
//! 2. `aof/encode/set.rs` with the commands that make the value; an arm in `aof/encode/mod.rs`;
//! 3. `rdb/codec/set.rs` with Redis's serialisation; an arm for each direction in
//!    `rdb/codec/mod.rs`;
//! 4. `commands/set/` with the rows and their handlers; a line in `commands/mod.rs`.

mod either;
mod facts;
pub mod hash;
pub mod list;
mod old;
pub mod set;
mod string;
mod timed;
pub mod zset;

use super::blob::Blob;
use super::map::{Due, NEVER};
use hash::Hash;
use list::List;
use set::Set;
use zset::ZSet;

pub use facts::{Element, Facts};
use facts::{blob_bytes, table_bytes};
pub use old::Old;
pub use timed::{Moment, Timed};

/// A value of one of the types.
#[derive(Clone, Debug)]
pub enum Value {
    /// Bytes.
    String(Blob),
    /// Fields with their values: at least one.
    Hash(Hash),
    /// Elements in order: at least one.
    List(List),
    /// Members: at least one.
    Set(Set),
    /// Members with scores: at least one.
    ZSet(ZSet),
}

/// No bytes, as a placeholder.
impl Default for Value {
    fn default() -> Value {
        Value::String(Blob::default())
    }
}

/// Evaluates an expression about whatever a value holds: the one list of all types.
macro_rules! ask {
    ($value:expr, $it:ident => $answer:expr) => {
        match $value {
            Value::String($it) => $answer,
            Value::Hash($it) => $answer,
            Value::List($it) => $answer,
            Value::Set($it) => $answer,
            Value::ZSet($it) => $answer,
        }
    };
}

/// A type that a [`Value`] can hold.
pub trait Stored: Facts + Default + Into<Value> {
    /// The value, if it is of this type.
    fn of(value: &Value) -> Option<&Self>;

    /// The value, to be changed, if it is of this type.
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
}

/// Tells how a value is made of a type, and where it is found in a value.
macro_rules! stored {
    ($($variant:ident($type:ty)),*) => {$(
        impl From<$type> for Value {
            fn from(it: $type) -> Value {
                Value::$variant(it)
            }
        }

        impl Stored for $type {
            fn of(value: &Value) -> Option<&$type> {
                match value {
                    Value::$variant(it) => Some(it),
                    _ => None,
                }
            }

            fn of_mut(value: &mut Value) -> Option<&mut $type> {
                match value {
                    Value::$variant(it) => Some(it),
                    _ => None,
                }
            }
        }
    )*};
}

stored!(String(Blob), Hash(Hash), List(List), Set(Set), ZSet(ZSet));

/// See [`Facts`], where the questions are explained.
#[allow(missing_docs)]
impl Value {
    pub fn type_name(&self) -> &'static str {
        ask!(self, it => it.type_name())
    }

    pub fn encoding(&self) -> &'static str {
        ask!(self, it => it.encoding())
    }

    pub fn references(&self) -> i64 {
        ask!(self, it => it.references())
    }

    pub fn copied(&self) -> Value {
        ask!(self, it => it.copied().into())
    }

    pub fn visit(&self, visit: &mut dyn FnMut(Element<'_>)) {
        ask!(self, it => it.visit(visit))
    }

    pub fn parts(&self) -> Option<Vec<Value>> {
        ask!(self, it => Some(it.parts()?.into_iter().map(Value::from).collect()))
    }

    pub fn elements(&self) -> usize {
        ask!(self, it => it.elements())
    }

    pub fn bytes(&self, samples: usize) -> usize {
        ask!(self, it => Facts::bytes(it, samples))
    }

    pub fn name_count(&self) -> usize {
        ask!(self, it => it.name_count())
    }

    pub fn prefetch(&self, name: &[u8]) {
        ask!(self, it => Facts::prefetch(it, name));
    }

    pub fn is_slow_to_free(&self) -> bool {
        ask!(self, it => it.is_slow_to_free())
    }

    pub fn due_ms(&self) -> u64 {
        ask!(self, it => it.due_ms())
    }

    pub fn has_times(&self) -> bool {
        ask!(self, it => it.has_times())
    }

    pub fn purge<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>, now_ms: u64) -> Vec<Blob> {
        ask!(self, it => it.purge(names, now_ms))
    }

    pub fn sweep(&mut self, now_ms: u64, most: usize) -> Vec<Blob> {
        ask!(self, it => it.sweep(now_ms, most))
    }
}

/// The value of a key, and the key's time.
pub type Entry = Timed<Value>;

// A million keys take as much memory as a key and this, divided by the load of the tables.
const _: () = assert!(size_of::<Entry>() == 24 && size_of::<Timed<Blob>>() == 24);

impl Entry {
    /// Whether the key is absent at `now_ms`: it has expired, or its last element has.
    #[inline]
    pub fn is_over(&self, now_ms: u64) -> bool {
        self.has_expired(now_ms) || ask!(self.value(), it => it.is_over(now_ms))
    }

    /// Bytes of memory of the entry and its key. See [`Facts::bytes`].
    pub fn bytes(&self, key: &[u8], samples: usize) -> usize {
        let value = self.value().bytes(samples);
        size_of::<Entry>() + blob_bytes(&Blob::from(key)) + table_bytes::<Blob, Entry>() + value
    }
}

impl Due for Entry {
    fn due_ms(&self) -> u64 {
        let own = self.expires_at().map_or(NEVER, Moment::get);
        own.min(self.value().due_ms())
    }
}
