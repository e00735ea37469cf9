//! A name of the configuration and what it means: a setting, or a directive of Redis's without
//! effect.

use super::inert;
use super::inert::{Class, Inert};
use super::setting::{Change, Setting};
use super::settings::SETTINGS;
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
    /// Names and values of all settings, those without effect included.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, String)> {
        let settings = SETTINGS.iter().map(Directive::Setting);
        let inert = inert::INERT.iter().map(Directive::Inert);
        settings
            .chain(inert)
            .map(|directive| (directive.name(), directive.get(self)))
    }

    /// The value of the setting `name`, in whatever case.
    pub fn get(&self, name: &str) -> Option<String> {
        Some(Directive::find(name)?.get(self))
    }

    /// Directives that ask for something that will not happen: name, value, and what happens
    /// instead.
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
    fn every_setting_reads_what_it_prints() {
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
