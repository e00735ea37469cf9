//! The steps of a request, as the page names them.

/// A step of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The bytes are received.
    Read,
    /// The rest of the request has not arrived yet.
    Rest,
    /// The bytes become a list of arguments.
    Parse,
    /// Other requests of the client's pipeline run.
    Others,
    /// The command's row is found, and the request's rights are checked.
    Find,
    /// The log's queue has no room.
    Room,
    /// The store's lock is taken.
    Lock,
    /// The command's function runs.
    Run,
    /// The record is made.
    Record,
    /// The record goes to the log's thread, and the turn releases the lock.
    Release,
    /// The turn ends: it releases the lock, if it still has it, frees old values, and sends messages to
    /// other clients.
    Free,
    /// There is no data for a command that blocks.
    Data,
    /// CLIENT PAUSE postpones the request.
    Pause,
    /// The record is not committed yet.
    Log,
    /// The client's thread sends the reply.
    Send,
    /// Another thread sends the reply, because it has waited for the log.
    Deliver,
}

const STEPS: usize = 16;

impl Step {
    /// All steps, each with its name and its source: the file, and the item in it.
    pub const ALL: [(Step, &str, &str); STEPS] = [
        (
            Step::Read,
            "read",
            "src/server/connection/input.rs: Input::receive",
        ),
        (
            Step::Rest,
            "wait",
            "src/server/connection.rs: Connection::wait",
        ),
        (Step::Parse, "parse", "src/resp/request.rs: Requests::parse"),
        (Step::Others, "wait", "src/engine/mod.rs: Engine::run"),
        (Step::Find, "find", "src/engine/admission.rs: Turn::find"),
        (
            Step::Room,
            "log",
            "src/aof/commit/room.rs: Backpressure::wait",
        ),
        (Step::Lock, "lock", "src/store/lock.rs: Lock::take"),
        (Step::Run, "run", "src/engine/dispatch.rs: dispatch"),
        (
            Step::Record,
            "record",
            "src/engine/records.rs: Records::add",
        ),
        (
            Step::Release,
            "record",
            "src/engine/guard.rs: Guard::release",
        ),
        (Step::Free, "free", "src/engine/turn.rs: Turn::end"),
        (
            Step::Data,
            "wait",
            "src/server/connection/waiting.rs: Connection::wait_for_data",
        ),
        (
            Step::Pause,
            "wait",
            "src/server/connection/pausing.rs: Connection::wait_while_paused",
        ),
        (Step::Log, "log", "src/aof/commit/mod.rs: Commit::queue"),
        (Step::Send, "send", "src/client/outbox/mod.rs: Outbox::send"),
        (
            Step::Deliver,
            "send",
            "src/client/outbox/pending.rs: PendingReply::deliver",
        ),
    ];

    /// Returns the step's name. Several steps can have the same.
    pub fn name(self) -> &'static str {
        Step::ALL[self as usize].1
    }

    /// Returns the source that does the step, as the guide writes references.
    pub fn source(self) -> &'static str {
        Step::ALL[self as usize].2
    }
}

// The rows are in the order of the steps.
const _: () = {
    let mut index = 0;
    while index < STEPS {
        assert!(Step::ALL[index].0 as usize == index);
        index += 1;
    }
};
