//! Directives of Redis that have no effect here, and how each is treated.
//!
//! A configuration written for Redis must start this server, and a client that sets or
//! reads such a directive must get along. So each of them has a row, and the row's class
//! says what the server does if another value is asked for than the one it acts by:
//!
//! - a *hint* (`io-threads`, `hz`) changes no answer: its value is checked, kept and read back;
//! - an *unmet* directive (`maxmemory`, `daemonize`) asks for something that will not happen:
//!   the start warns of it, CONFIG SET refuses it, CONFIG GET tells what is true;
//! - a *refused* directive (`tls-port`, `cluster-enabled`) is about safety or about other
//!   servers: it ends the start.

mod row;
mod table;

pub(super) use row::{Class, Inert, Kind};
pub(super) use table::INERT;

impl Inert {
    /// The name under which it is kept: some directives have an older name besides.
    pub(super) fn key(&self) -> &'static str {
        let current = current_name(self.name);
        INERT
            .iter()
            .find(|inert| inert.name == current)
            .map_or(self.name, |inert| inert.name)
    }
}

/// What a directive that has had another name since would be called.
pub(super) fn current_name(name: &str) -> String {
    name.replace("slave", "replica")
        .replace("ziplist", "listpack")
        .replace("lua-time-limit", "busy-reply-threshold")
}

/// The directive of that name, in whatever case, if there is one.
pub(super) fn find(name: &str) -> Option<&'static Inert> {
    INERT
        .iter()
        .find(|inert| inert.name.eq_ignore_ascii_case(name))
}

/// Directives that only a file or the command line can have, and the class of each.
pub(super) fn in_file_only(name: &str) -> Option<Class> {
    match name {
        "loadmodule" => Some(Class::Refused("there are no modules")),
        "list-max-ziplist-entries" | "list-max-ziplist-value" | "lua-replicate-commands" => {
            Some(Class::Hint)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_can_be_set_and_asks_for_nothing() {
        for inert in INERT {
            for value in [Some(inert.default), inert.harmless].into_iter().flatten() {
                assert_eq!(inert.read(value).as_deref(), Ok(value), "{}", inert.name);
                assert_eq!(inert.class_of(value), Class::Hint, "{}", inert.name);
            }
        }
    }

    #[test]
    fn a_value_asks_only_for_what_does_not_happen() {
        for (name, value, asks) in [
            ("save", "900 1", true),
            ("notify-keyspace-events", "A", false),
            ("notify-keyspace-events", "AK", true),
            ("shutdown-on-sigterm", "nosave now", false),
            ("shutdown-on-sigterm", "save now", true),
            ("replicaof", "no one", false),
            ("replicaof", "host 6379", true),
            ("slowlog-log-slower-than", "10000", false),
            ("slowlog-log-slower-than", "0", true),
            ("hz", "500", false),
        ] {
            let class = find(name).unwrap().class_of(value);
            assert_eq!(class != Class::Hint, asks, "{name} {value}");
        }
    }
}
