//! Commands of Redis 7.0.15 that this server does not have. `rename-command` accepts their names.
//! The loader uses them to tell why it cannot load a file of Redis.

use super::lookup::find;

/// Types of values that this server does not have, each with the commands for it.
const TYPES: &[(&str, &[&str])] = &[(
    "a stream",
    &[
        "xack",
        "xadd",
        "xautoclaim",
        "xclaim",
        "xdel",
        "xgroup",
        "xinfo",
        "xlen",
        "xpending",
        "xrange",
        "xread",
        "xreadgroup",
        "xrevrange",
        "xsetid",
        "xtrim",
    ],
)];

/// All other commands.
const OTHERS: &[&str] = &[
    "eval",
    "eval_ro",
    "evalsha",
    "evalsha_ro",
    "fcall",
    "fcall_ro",
    "migrate",
    "psync",
    "replconf",
    "restore-asking",
    "script",
    "sync",
];

/// Returns the names of the commands that this server does not have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let of_types = TYPES.iter().flat_map(|row| row.1);
    of_types.chain(OTHERS).copied()
}

/// Returns whether Redis or this server has a command of that name, in lower case.
pub fn is_command(name: &str) -> bool {
    find(name.as_bytes()).is_some() || OTHERS.contains(&name) || missing_type(name).is_some()
}

/// Returns the type, such as "a stream", that the command of that name in lower case is for.
/// Returns `None` if this server has the type or the command is for no single type.
pub fn missing_type(name: &str) -> Option<&'static str> {
    let row = TYPES.iter().find(|(_, names)| names.contains(&name));
    row.map(|row| row.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_them_is_in_the_table() {
        for name in names() {
            assert!(find(name.as_bytes()).is_none(), "{name}");
        }
    }
}
