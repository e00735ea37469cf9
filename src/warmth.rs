//! How long a thread that has just had work tries for more before it sleeps.
//!
//! Numbers of tries, between which the processor is offered to other threads, so that a
//! try takes half a microsecond on an idle machine and as long as all others need on a
//! busy one. Chosen by measuring beside redis-server (`make compare`, medians of 5 rounds
//! on 2 processors, in a virtual machine, where a wake-up of another processor is dear):
//! without tries SET at 50 clients reached 0.55 of Redis and GET 0.63; with 10 of a client
//! and 20 of the log, 0.78 and 1.15; with 40 and 100, 1.00 and 1.17. More gained nothing.

/// Tries after a wait that ended during them, and after one that did not.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    many: u32,
    few: u32,
}

/// A client's thread reads without blocking.
pub const WARM_READS: Tries = Tries { many: 40, few: 10 };

/// The log's thread looks into its channel.
pub const WARM_RECEIVES: Tries = Tries { many: 100, few: 20 };

/// Remembers whether trying was worth it.
#[derive(Debug)]
pub struct Warmth {
    tries: Tries,
    has_worked: bool,
}

impl Warmth {
    /// Begins with few tries.
    pub fn new(tries: Tries) -> Warmth {
        Warmth {
            tries,
            has_worked: false,
        }
    }

    /// How many tries to make now.
    pub fn tries(&self) -> u32 {
        if self.has_worked {
            self.tries.many
        } else {
            self.tries.few
        }
    }

    /// One of them found work.
    pub fn worked(&mut self) {
        self.has_worked = true;
    }

    /// None of them did.
    pub fn failed(&mut self) {
        self.has_worked = false;
    }
}
