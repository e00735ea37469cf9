//! Directives of Redis that have no effect here, and how the server treats each.
//!
//! A configuration for Redis must start this server, and a client that sets or reads such a
//! directive must work. So each directive has a row with the value that describes this server. The
//! row's class tells what happens if another value is set:
//!
//! - a *hint* (`io-threads`, `hz`) changes no answer. Its value is checked, stored and returned.
//! - an *unsupported* directive (`maxmemory`, `daemonize`) asks for a feature that is missing. The
//!   start warns, CONFIG SET refuses it, and CONFIG GET returns the true value.
//! - a *refused* directive (`tls-port`, `cluster-enabled`) is about safety or about other servers.
//!   The server does not start.

mod row;
mod table;

pub(super) use row::{Class, Inert, Kind};
pub(super) use table::INERT;

impl Inert {
    /// Returns the name under which the value is stored. Some directives have an older name too.
    pub(super) fn key(&self) -> &'static str {
        let current = current_name(self.name);
        INERT
            .iter()
            .find(|inert| inert.name == current)
            .map_or(self.name, |inert| inert.name)
    }
}

/// Returns the current name of a directive that was renamed in Redis.
pub(super) fn current_name(name: &str) -> String {
    name.replace("slave", "replica")
        .replace("ziplist", "listpack")
        .replace("lua-time-limit", "busy-reply-threshold")
}

/// Returns the directive of that name, in letters of any case.
pub(super) fn find(name: &str) -> Option<&'static Inert> {
    INERT
        .iter()
        .find(|inert| inert.name.eq_ignore_ascii_case(name))
}

/// Returns the class of a directive that only a file or the command line may contain.
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
    fn every_default_can_be_set_and_is_a_hint() {
        for inert in INERT {
            for value in [Some(inert.default), inert.harmless].into_iter().flatten() {
                assert_eq!(inert.read(value).as_deref(), Ok(value), "{}", inert.name);
                assert_eq!(inert.class_of(value), Class::Hint, "{}", inert.name);
            }
        }
    }

    #[test]
    fn only_values_that_ask_for_a_missing_feature_are_unsupported() {
        for (name, value, asks) in [
            ("save", "900 1", true),
            ("shutdown-on-sigterm", "nosave now", false),
            ("shutdown-on-sigterm", "save now", true),
            ("replicaof", "no one", false),
            ("replicaof", "host 6379", true),
            ("hz", "500", false),
        ] {
            let class = find(name).unwrap().class_of(value);
            assert_eq!(class != Class::Hint, asks, "{name} {value}");
        }
    }
}
