//! CONFIG SET: which changes are made to the settings, and why a change is refused.

use super::directive::Directive;
use super::inert::Class;
use super::settings::Change;
use super::{Config, limits};
use crate::sys::Address;

/// Settings that a client wants to change: all of them or none.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Names and values.
    pub pairs: Vec<(String, String)>,
    /// The address of the client.
    pub peer: Address,
}

impl Changes {
    /// Whether one of the settings `names` is among them.
    pub fn have(&self, names: &[&str]) -> bool {
        let is_meant = |name: &str| names.iter().any(|it| it.eq_ignore_ascii_case(name));
        self.pairs.iter().any(|(name, _)| is_meant(name))
    }
}

/// Why `dir` cannot be set while there is an append-only file.
pub const FILE_STAYS: &str =
    "the append only file stays where it is; set 'appendonly' to 'no' before";

/// Why CONFIG SET changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// There is no such setting.
    Unknown,
    /// It cannot be changed while the server runs.
    Immutable,
    /// This client may not change it while the server runs.
    Protected,
    /// It cannot be changed while the data is loaded.
    Loading,
    /// It is to be set twice.
    Duplicate,
    /// It cannot be set to this.
    Invalid(String),
}

impl Config {
    /// These settings with all of `changes` made, as CONFIG SET does while the server runs.
    /// `is_loading` says whether the data is being loaded.
    ///
    /// # Errors
    /// The name that it is about, and what is wrong, in the order in which Redis looks.
    pub fn with(&self, changes: &Changes, is_loading: bool) -> Result<Config, (String, SetError)> {
        let pairs = &changes.pairs;
        let mut known: Vec<Directive> = Vec::new();
        for (name, _) in pairs {
            let failed = |error| (name.clone(), error);
            let directive = Directive::find(name).ok_or(failed(SetError::Unknown))?;
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
            let failed = |error| (directive.name().to_owned(), error);
            let before = directive.get(&changed);
            let class = directive
                .set(&mut changed, value)
                .map_err(|text| failed(SetError::Invalid(text)))?;
            if let Class::Unmet(instead) | Class::Refused(instead) = class {
                let text = format!("not supported: {instead}");
                return Err(failed(SetError::Invalid(text)));
            }
            if directive.change() == Change::Same && directive.get(&changed) != before {
                return Err(failed(SetError::Immutable));
            }
        }
        if changed.dir != self.dir && changed.appendonly && self.appendonly {
            return Err(("dir".to_owned(), SetError::Invalid(FILE_STAYS.to_owned())));
        }
        if changed.maxclients != self.maxclients {
            let failed = |text| ("maxclients".to_owned(), SetError::Invalid(text));
            changed.check_descriptors().map_err(failed)?;
        }
        Ok(changed)
    }

    /// Every client needs a descriptor.
    fn check_descriptors(&self) -> Result<(), String> {
        match limits::max_open_files().map(limits::clients_within) {
            Some(fitting) if fitting < self.maxclients => Err(format!(
                "The operating system is not able to handle the specified number of clients, try \
                 with {fitting}"
            )),
            _ => Ok(()),
        }
    }

    /// If `name` is a setting about where to listen and another one in `changed`: its name, and
    /// what Redis says if that cannot be listened on.
    pub fn moves(&self, changed: &Config, name: &str) -> Option<(&'static str, &'static str)> {
        if name.eq_ignore_ascii_case("port") && self.port != changed.port {
            let reason = "Unable to listen on this port. Check server logs.";
            return Some(("port", reason));
        }
        if name.eq_ignore_ascii_case("bind") && self.bind != changed.bind {
            return Some(("bind", "Failed to bind to specified addresses."));
        }
        None
    }
}
