//! Requests as the slow log and MONITOR show them: without passwords.

use super::table::Command;
use crate::resp::args::Args;

const HIDDEN: &[u8] = b"(redacted)";

/// Settings whose values are secret.
const SECRET_SETTINGS: [&[u8]; 5] = [
    b"requirepass",
    b"masterauth",
    b"masteruser",
    b"tls-key-file-pass",
    b"tls-client-key-file-pass",
];

/// Returns the arguments of a request, with `(redacted)` for each secret one.
pub fn redacted<'a>(command: &Command, args: Args<'a>) -> impl Iterator<Item = &'a [u8]> {
    let is_secret = secrets(command.name);
    (0..args.len()).map(move |index| match is_secret(args, index) {
        true => HIDDEN,
        false => args.get(index),
    })
}

/// Returns the function that tells whether the argument at an index is secret.
fn secrets(name: &str) -> fn(Args, usize) -> bool {
    match name {
        "auth" => |_, index| index > 0,
        "hello" => |args, index| follows(args, index, b"auth", 2),
        "migrate" => |args, index| {
            index > 6 && (follows(args, index, b"auth", 1) || follows(args, index, b"auth2", 2))
        },
        "config|set" => |args, index| {
            // Names and values alternate from index 2 on.
            index % 2 == 1 && index > 2 && is_one_of(args.get(index - 1), &SECRET_SETTINGS)
        },
        "acl|setuser" | "acl|deluser" | "acl|getuser" => |_, index| index > 1,
        _ => |_, _| false,
    }
}

/// Returns whether the argument at `index` is one of the `count` that follow `word`.
fn follows(args: Args, index: usize, word: &[u8], count: usize) -> bool {
    let before = index.saturating_sub(count).max(1)..index;
    before
        .into_iter()
        .any(|at| args.get(at).eq_ignore_ascii_case(word))
}

fn is_one_of(name: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|it| it.eq_ignore_ascii_case(name))
}
