//! The line that describes a client in CLIENT LIST, in ACL LOG and in the log.

use std::fmt::Write;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::Client;
use super::marks::Mark;
use super::session::Session;
use super::subscriptions::Kind;

/// Appends a client's line: the fields of Redis 7.0, and two of 7.2 at the end. `command` is the name
/// of the client's last command.
pub fn describe(client: &Client, command: &str, text: &mut String) {
    let names = client.names().clone();
    let (oll, omem) = client.connection().pending();
    let buffers = &client.buffers;
    let size = |size: &AtomicUsize| size.load(Relaxed);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} \
         multi={} \
         qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={oll} omem={omem} \
         tot-mem={} events={} cmd={} user={} redir={} resp={} lib-name={} lib-ver={}",
        client.id,
        client.peer,
        client.local,
        client.fd,
        names.name,
        client.since.elapsed().as_secs(),
        client.idle().as_secs(),
        flags(client),
        client.database.load(Relaxed),
        client.subscriptions(Kind::Channel),
        client.subscriptions(Kind::Pattern),
        client.subscriptions(Kind::Shard),
        client.queued.load(Relaxed),
        size(&buffers.query),
        size(&buffers.query_free),
        size(&buffers.arguments),
        size(&buffers.queued),
        size(&buffers.reply),
        size(&buffers.reply_peak),
        size(&buffers.built),
        total_bytes(client),
        if omem > 0 { "rw" } else { "r" },
        command,
        String::from_utf8_lossy(&client.user_name()),
        client.redirect.load(Relaxed),
        client.protocol.load(Relaxed),
        names.lib_name,
        names.lib_ver,
    );
}

/// Returns the memory of a client in bytes: its buffers, its pending replies and its fixed part, without
/// the stack of its thread.
pub fn total_bytes(client: &Client) -> usize {
    let buffers = &client.buffers;
    let (_, pending_bytes) = client.connection().pending();
    let sizes = [
        &buffers.query,
        &buffers.query_free,
        &buffers.arguments,
        &buffers.queued,
        &buffers.reply,
    ];
    let sum: usize = sizes.iter().map(|size| size.load(Relaxed)).sum();
    size_of::<Client>() + size_of::<Session>() + pending_bytes + sum
}

/// Returns the letters of a client in CLIENT LIST, in the order of Redis. A client that the server has
/// closed is not listed, so there is no `A`.
fn flags(client: &Client) -> String {
    let letters = [
        ('O', client.marks.has(Mark::Monitor)),
        ('P', client.is_subscriber()),
        ('x', client.queued.load(Relaxed) >= 0),
        ('b', client.wait.is_in_line()),
        ('t', client.marks.has(Mark::Tracking)),
        ('R', client.marks.has(Mark::BrokenRedirect)),
        ('B', client.marks.has(Mark::Broadcast)),
        ('d', client.has_changed_watch()),
        ('c', client.marks.has(Mark::Closing)),
        ('u', client.wait.is_taken()),
        ('U', client.peer.is_unix()),
        ('e', client.marks.has(Mark::NoEvict)),
        ('T', client.marks.has(Mark::NoTouch)),
    ];
    let set: String = letters
        .iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(letter, _)| letter)
        .collect();
    match set.is_empty() {
        true => "N".to_owned(),
        false => set,
    }
}
