//! CONFIG SET: applies changes to the settings, or tells why a change is refused.

use std::borrow::Cow;

use super::directive::Directive;
use super::inert::Class;
use super::setting::Change;
use super::{Config, limits};
use crate::sys::Address;

/// The changes that a client asks for: all of them are made, or none.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Names and values, as received.
    pub pairs: Vec<(Vec<u8>, Vec<u8>)>,
    /// The address of the client.
    pub peer: Address,
}

impl Changes {
    /// Returns whether one of the settings `names` is among the changes.
    pub fn include(&self, names: &[&str]) -> bool {
        let is_listed = |name: &[u8]| {
            let is_name = |it: &&str| it.as_bytes().eq_ignore_ascii_case(name);
            names.iter().any(is_name)
        };
        self.pairs.iter().any(|(name, _)| is_listed(name))
    }
}

/// The reason why `dir` cannot be set while there is an append-only file.
pub const DIR_IN_USE: &str =
    "the append only file stays where it is; set 'appendonly' to 'no' before";

/// The reason why CONFIG SET changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// No setting has this name.
    Unknown,
    /// The setting cannot be changed while the server runs.
    Immutable,
    /// This client may not change the setting.
    Protected,
    /// The setting cannot be changed while the data is loaded.
    Loading,
    /// The setting is named twice.
    Duplicate,
    /// The value is not allowed, for this reason.
    Invalid(String),
}

impl Config {
    /// Returns a copy of these settings with all of `changes` applied. `is_loading` tells whether
    /// the data is being loaded.
    ///
    /// # Errors
    /// The first wrong setting and the reason, in the order in which Redis checks.
    pub fn with(&self, changes: &Changes, is_loading: bool) -> Result<Config, (Vec<u8>, SetError)> {
        let pairs = &changes.pairs;
        let mut known: Vec<Directive> = Vec::new();
        for (name, _) in pairs {
            let failed = |error| (name.clone(), error);
            let directive = std::str::from_utf8(name).ok().and_then(Directive::find);
            let directive = directive.ok_or(failed(SetError::Unknown))?;
            let may_set = directive.check(self, &changes.peer, is_loading);
            may_set.map_err(failed)?;
            if known
                .iter()
                .any(|earlier| earlier.name() == directive.name())
            {
                return Err(failed(SetError::Duplicate));
            }
            known.push(directive);
        }
        let mut changed = self.clone();
        for (directive, (_, value)) in known.iter().zip(pairs) {
            let failed = |error| (directive.name().into(), error);
            let before = directive.get(&changed);
            let class =
                set(*directive, &mut changed, value).map_err(|it| failed(SetError::Invalid(it)))?;
            if let Class::Unsupported(instead) | Class::Refused(instead) = class {
                let text = format!("not supported: {instead}");
                return Err(failed(SetError::Invalid(text)));
            }
            if directive.change() == Change::SameValue && directive.get(&changed) != before {
                return Err(failed(SetError::Immutable));
            }
        }
        if changed.dir != self.dir && changed.appendonly && self.appendonly {
            return Err(("dir".into(), SetError::Invalid(DIR_IN_USE.to_owned())));
        }
        if changed.maxclients != self.maxclients {
            let failed = |text| ("maxclients".into(), SetError::Invalid(text));
            changed.check_descriptors().map_err(failed)?;
        }
        Ok(changed)
    }

    /// Checks that the system allows a file descriptor for each client.
    fn check_descriptors(&self) -> Result<(), String> {
        let reserved = self.view.reserved_fds();
        match limits::max_open_files().map(|it| limits::clients_within(it, reserved)) {
            Some(fitting) if fitting < self.maxclients => Err(format!(
                "The operating system is not able to handle the specified number of clients, try \
                 with {fitting}"
            )),
            _ => Ok(()),
        }
    }

    /// If `name` is `port` or `bind` and has another value in `changed`, returns the setting's name
    /// and Redis's error for addresses that cannot be listened on.
    pub fn listening_change(
        &self,
        changed: &Config,
        name: &[u8],
    ) -> Option<(&'static str, &'static str)> {
        if name.eq_ignore_ascii_case(b"port") && self.port != changed.port {
            let reason = "Unable to listen on this port. Check server logs.";
            return Some(("port", reason));
        }
        if name.eq_ignore_ascii_case(b"bind") && self.bind != changed.bind {
            return Some(("bind", "Failed to bind to specified addresses."));
        }
        None
    }
}

/// Sets `directive` to `value`. A value that is not UTF-8 is refused, since a configuration file
/// could not contain it. If the directive has an error for it, that error comes first.
fn set(directive: Directive, config: &mut Config, value: &[u8]) -> Result<Class, String> {
    let text = String::from_utf8_lossy(value);
    let class = directive.set(config, &text)?;
    match text {
        Cow::Borrowed(_) => Ok(class),
        Cow::Owned(_) => Err("argument must be UTF-8".to_owned()),
    }
}
