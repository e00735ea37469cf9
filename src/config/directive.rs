//! A name of the configuration and what it means: a setting, or a directive of Redis's without
//! effect.

use super::inert;
use super::inert::{Class, Inert};
use super::settings::{Change, SETTINGS, Setting};
use super::{Config, SetError};
use crate::sys::Address;

/// A name that means something, and what it means.
#[derive(Clone, Copy)]
pub(super) enum Directive {
    Setting(&'static Setting),
    Inert(&'static Inert),
}

impl Directive {
    /// The directive of that name, in whatever case.
    pub(super) fn find(name: &str) -> Option<Directive> {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(name));
        setting
            .map(Directive::Setting)
            .or_else(|| inert::find(name).map(Directive::Inert))
    }

    /// Its name, in lower case.
    pub(super) fn name(self) -> &'static str {
        match self {
            Directive::Setting(setting) => setting.name,
            Directive::Inert(inert) => inert.name,
        }
    }

    /// What CONFIG SET may do to it.
    pub(super) fn change(self) -> Change {
        match self {
            Directive::Setting(setting) => setting.change,
            Directive::Inert(inert) if inert.is_fixed() => Change::Never,
            Directive::Inert(inert) if inert.kind == inert::Kind::Protected => Change::Protected,
            Directive::Inert(_) => Change::Live,
        }
    }

    /// Whether it may be changed while the server runs, by whom and when.
    pub(super) fn check(
        self,
        config: &Config,
        peer: &Address,
        is_loading: bool,
    ) -> Result<(), SetError> {
        let is_allowed = || config.enable_protected_configs.allows(peer);
        match self.change() {
            Change::Never => Err(SetError::Immutable),
            Change::Protected if is_loading && self.name() == "dir" => Err(SetError::Loading),
            Change::Protected if !is_allowed() => Err(SetError::Protected),
            Change::Live | Change::Protected | Change::Same => Ok(()),
        }
    }

    /// What CONFIG GET tells.
    pub(super) fn get(self, config: &Config) -> String {
        match self {
            Directive::Setting(setting) => (setting.get)(config),
            Directive::Inert(inert) => config
                .inert
                .get(inert.key())
                .map_or(inert.default, String::as_str)
                .to_owned(),
        }
    }

    /// Sets it, unless the value asks for something that will not happen: then the class of
    /// the directive comes back, and only what was asked is noted.
    pub(super) fn set(self, config: &mut Config, value: &str) -> Result<Class, String> {
        let inert = match self {
            Directive::Setting(setting) => {
                return (setting.set)(config, value).map(|()| Class::Hint);
            }
            Directive::Inert(inert) => inert,
        };
        let value = inert.read(value)?;
        let class = inert.class_of(&value);
        config.unmet.remove(inert.key());
        match class {
            Class::Unmet(_) => {
                config.unmet.insert(inert.key(), value);
            }
            Class::Hint if inert.keeps(&value) => {
                config.inert.insert(inert.key(), value);
            }
            Class::Hint | Class::Refused(_) => {}
        }
        Ok(class)
    }
}
