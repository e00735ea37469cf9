//! A directive of the configuration: a setting, or a directive of Redis without effect.

use super::inert;
use super::inert::{Class, Inert};
use super::setting::{Change, Setting};
use super::settings::SETTINGS;
use super::{Config, SetError};
use crate::sys::Address;

/// A directive.
#[derive(Clone, Copy)]
pub(super) enum Directive {
    Setting(&'static Setting),
    Inert(&'static Inert),
}

impl Directive {
    /// Returns the directive of that name, in letters of any case.
    pub(super) fn find(name: &str) -> Option<Directive> {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(name));
        setting
            .map(Directive::Setting)
            .or_else(|| inert::find(name).map(Directive::Inert))
    }

    /// Returns the name, in lower case.
    pub(super) fn name(self) -> &'static str {
        match self {
            Directive::Setting(setting) => setting.name,
            Directive::Inert(inert) => inert.name,
        }
    }

    /// Returns whether CONFIG SET may change the directive.
    pub(super) fn change(self) -> Change {
        match self {
            Directive::Setting(setting) => setting.change,
            Directive::Inert(inert) if inert.is_fixed() => Change::Never,
            Directive::Inert(inert) if inert.kind == inert::Kind::Protected => Change::Protected,
            Directive::Inert(_) => Change::Live,
        }
    }

    /// Checks whether the client at `peer` may change the directive now.
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
            Change::Live | Change::Protected | Change::SameValue => Ok(()),
        }
    }

    /// Returns the value for CONFIG GET.
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

    /// Sets the directive and returns the class of the value. An unsupported value is only noted,
    /// and a refused one changes nothing.
    pub(super) fn set(self, config: &mut Config, value: &str) -> Result<Class, String> {
        let inert = match self {
            Directive::Setting(setting) => {
                return (setting.set)(config, value).map(|()| Class::Hint);
            }
            Directive::Inert(inert) => inert,
        };
        let value = inert.read(value)?;
        let class = inert.class_of(&value);
        config.unsupported.remove(inert.key());
        match class {
            Class::Unsupported(_) => {
                config.unsupported.insert(inert.key(), value);
            }
            Class::Hint if inert.is_stored(&value) => {
                config.inert.insert(inert.key(), value);
            }
            Class::Hint | Class::Refused(_) => {}
        }
        Ok(class)
    }
}

impl Config {
    /// Returns names and values of all directives, also those without effect.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, String)> {
        let settings = SETTINGS.iter().map(Directive::Setting);
        let inert = inert::INERT.iter().map(Directive::Inert);
        settings
            .chain(inert)
            .map(|directive| (directive.name(), directive.get(self)))
    }

    /// Returns the value of the directive `name`, in letters of any case.
    pub fn get(&self, name: &str) -> Option<String> {
        Some(Directive::find(name)?.get(self))
    }

    /// Returns the unsupported directives: name, value, and what the server does instead.
    pub fn unsupported(&self) -> impl Iterator<Item = (&'static str, &str, &'static str)> {
        self.unsupported.iter().filter_map(|(name, value)| {
            match inert::find(name)?.class_of(value) {
                Class::Unsupported(instead) => Some((*name, value.as_str(), instead)),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_parses_the_value_that_it_prints() {
        let mut config = Config::default();
        for setting in SETTINGS {
            let printed = (setting.get)(&config);
            (setting.set)(&mut config, &printed).unwrap();
            assert_eq!((setting.get)(&config), printed, "{}", setting.name);
        }
    }

    #[test]
    fn no_directive_is_listed_twice() {
        let mut names: Vec<_> = Config::default().list().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
