//! Every setting once; the limits that are no settings are in [`limits`].
//!
//! Names and texts are those of redis.conf
//! (<https://redis.io/docs/latest/operate/oss_and_stack/management/config/>). A setting
//! is a row of [`SETTINGS`]; the command line, configuration files, CONFIG GET and CONFIG
//! SET all read that table.

mod inert;
pub mod limits;
mod source;

pub use source::ConfigError;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::logger::Level;

/// The version whose behaviour clients may expect, as HELLO and INFO report it.
pub const REDIS_VERSION: &str = "7.0.15";

/// How a server is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// TCP port; 0 takes a free one.
    pub port: u16,
    /// Addresses to listen on. `-` before one: no matter if it is not there; `*`: all.
    pub bind: Vec<String>,
    /// Directory of the append-only file.
    pub dir: PathBuf,
    /// Whether data is kept in a file at all.
    pub appendonly: bool,
    /// Name of that file, without a directory.
    pub appendfilename: String,
    /// How many databases SELECT can choose from.
    pub databases: usize,
    /// How many clients may be connected at once.
    pub maxclients: usize,
    /// Password of the default user; empty for none.
    pub requirepass: String,
    /// Without a password, refuse clients from other machines.
    pub protected_mode: bool,
    /// Seconds of silence after which a client is disconnected; 0 for never.
    pub timeout_s: u64,
    /// How much the server says.
    pub loglevel: Level,
    /// Where it says it; empty for standard output.
    pub logfile: PathBuf,
    /// Directives of Redis that are accepted and have no effect.
    inert: BTreeMap<String, String>,
    /// The file that this was read from.
    config_file: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            port: 6379,
            bind: vec!["127.0.0.1".to_owned(), "-::1".to_owned()],
            dir: PathBuf::from("."),
            appendonly: true,
            appendfilename: "appendonly.aof".to_owned(),
            databases: 16,
            maxclients: 10_000,
            requirepass: String::new(),
            protected_mode: true,
            timeout_s: 0,
            loglevel: Level::Notice,
            logfile: PathBuf::new(),
            inert: BTreeMap::new(),
            config_file: PathBuf::new(),
        }
    }
}

/// A row: how a setting is read, printed and changed.
pub struct Setting {
    /// Its name in redis.conf.
    pub name: &'static str,
    /// What it does, for `--help`.
    pub summary: &'static str,
    /// Whether CONFIG SET may change it while the server runs.
    live: bool,
    get: fn(&Config) -> String,
    set: fn(&mut Config, &str) -> Result<(), String>,
}

/// Every setting that has an effect.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "port",
        summary: "TCP port; 0 takes a free one and says which",
        live: false,
        get: |config| config.port.to_string(),
        set: |config, value| {
            config.port = integer(value, 0, 65_535)? as u16;
            Ok(())
        },
    },
    Setting {
        name: "bind",
        summary: "addresses to listen on; '*' for all, '-' before one that may be missing",
        live: false,
        get: |config| config.bind.join(" "),
        set: |config, value| {
            config.bind = value.split_ascii_whitespace().map(str::to_owned).collect();
            Ok(())
        },
    },
    Setting {
        name: "dir",
        summary: "directory of the append-only file",
        live: false,
        get: |config| {
            std::path::absolute(&config.dir)
                .unwrap_or_else(|_| config.dir.clone())
                .display()
                .to_string()
        },
        set: |config, value| {
            config.dir = PathBuf::from(value);
            Ok(())
        },
    },
    Setting {
        name: "appendonly",
        summary: "keep data in the append-only file",
        live: false,
        get: |config| yes_or_no(config.appendonly),
        set: |config, value| {
            config.appendonly = boolean(value)?;
            Ok(())
        },
    },
    Setting {
        name: "appendfilename",
        summary: "name of the append-only file in 'dir'",
        live: false,
        get: |config| config.appendfilename.clone(),
        set: |config, value| {
            if value.is_empty() || value.contains('/') {
                return Err("appendfilename can't be a path, just a filename".to_owned());
            }
            config.appendfilename = value.to_owned();
            Ok(())
        },
    },
    Setting {
        name: "appendfsync",
        summary: "when the append-only file is synced to the disk; only 'everysec' so far",
        live: false,
        get: |_| "everysec".to_owned(),
        set: |_, value| match value {
            "everysec" => Ok(()),
            _ => Err("argument(s) must be one of the following: everysec".to_owned()),
        },
    },
    Setting {
        name: "databases",
        summary: "number of databases",
        live: false,
        get: |config| config.databases.to_string(),
        set: |config, value| {
            config.databases = integer(value, 1, 65_536)? as usize;
            Ok(())
        },
    },
    Setting {
        name: "maxclients",
        summary: "number of clients that may be connected at once",
        live: true,
        get: |config| config.maxclients.to_string(),
        set: |config, value| {
            config.maxclients = integer(value, 1, i64::from(u32::MAX))? as usize;
            Ok(())
        },
    },
    Setting {
        name: "requirepass",
        summary: "password that clients must give",
        live: true,
        get: |config| config.requirepass.clone(),
        set: |config, value| {
            config.requirepass = value.to_owned();
            Ok(())
        },
    },
    Setting {
        name: "protected-mode",
        summary: "without a password, refuse clients from other machines",
        live: true,
        get: |config| yes_or_no(config.protected_mode),
        set: |config, value| {
            config.protected_mode = boolean(value)?;
            Ok(())
        },
    },
    Setting {
        name: "timeout",
        summary: "seconds after which a silent client is disconnected; 0 for never",
        live: true,
        get: |config| config.timeout_s.to_string(),
        set: |config, value| {
            config.timeout_s = integer(value, 0, i64::from(i32::MAX))? as u64;
            Ok(())
        },
    },
    Setting {
        name: "loglevel",
        summary: "how much is said: debug, verbose, notice, warning, nothing",
        live: true,
        get: |config| {
            Level::ALL
                .iter()
                .find(|(level, _)| *level == config.loglevel)
                .map_or("", |row| row.1)
                .to_owned()
        },
        set: |config, value| {
            let row = Level::ALL
                .iter()
                .find(|(_, name)| name.eq_ignore_ascii_case(value));
            config.loglevel = row
                .ok_or("argument(s) must be one of the following: debug, verbose, notice, warning")?
                .0;
            Ok(())
        },
    },
    Setting {
        name: "logfile",
        summary: "file for what the server says; empty for standard output",
        live: false,
        get: |config| config.logfile.display().to_string(),
        set: |config, value| {
            config.logfile = PathBuf::from(value);
            Ok(())
        },
    },
];

/// Why CONFIG SET changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetError {
    /// There is no such setting.
    Unknown,
    /// It cannot be changed while the server runs.
    Immutable,
    /// It cannot be set to this.
    Invalid(String),
}

impl Config {
    /// Names and values of all settings, those without effect included.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, String)> {
        let settings = SETTINGS
            .iter()
            .map(|setting| (setting.name, (setting.get)(self)));
        let inert = inert::INERT.iter().map(|inert| {
            let value = self
                .inert
                .get(inert.name)
                .map_or(inert.default, String::as_str);
            (inert.name, value.to_owned())
        });
        settings.chain(inert)
    }

    /// Sets `name` to `value`, as CONFIG SET does while the server runs.
    ///
    /// # Errors
    /// See [`SetError`].
    pub fn set_live(&mut self, name: &str, value: &str) -> Result<(), SetError> {
        match find(name) {
            Some(setting) if !setting.live => Err(SetError::Immutable),
            Some(setting) => (setting.set)(self, value).map_err(SetError::Invalid),
            None => match inert::find(name) {
                Some(inert) => self.set_inert(inert, value).map_err(SetError::Invalid),
                None => Err(SetError::Unknown),
            },
        }
    }

    /// Where the append-only file is.
    pub fn aof_path(&self) -> PathBuf {
        self.dir.join(&self.appendfilename)
    }

    /// The file that this was read from; empty if there was none.
    pub fn config_file(&self) -> &std::path::Path {
        &self.config_file
    }

    /// Directives that were given and have no effect, and whether somebody may count on
    /// their effect.
    pub fn without_effect(&self) -> impl Iterator<Item = (&str, bool)> {
        self.inert
            .iter()
            .map(|(name, value)| (name.as_str(), inert::is_relied_on(name, value)))
    }

    fn set_inert(&mut self, inert: &inert::Inert, value: &str) -> Result<(), String> {
        let value = if inert.is_memory {
            memory(value)?.to_string()
        } else {
            value.to_owned()
        };
        self.inert.insert(inert.name.to_owned(), value);
        Ok(())
    }
}

fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .find(|setting| setting.name.eq_ignore_ascii_case(name))
}

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn boolean(value: &str) -> Result<bool, String> {
    match value {
        _ if value.eq_ignore_ascii_case("yes") => Ok(true),
        _ if value.eq_ignore_ascii_case("no") => Ok(false),
        _ => Err("argument must be 'yes' or 'no'".to_owned()),
    }
}

fn integer(value: &str, least: i64, most: i64) -> Result<i64, String> {
    let number = crate::resp::integer::parse(value.as_bytes())
        .ok_or("argument couldn't be parsed into an integer")?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!(
            "argument must be between {least} and {most} inclusive"
        ))
    }
}

/// A number of bytes: `1k` is 1000, `1kb` 1024, and so on, in either case.
fn memory(value: &str) -> Result<u64, String> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match value[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => 0,
    };
    match digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
    {
        Some(bytes) if unit > 0 => Ok(bytes),
        _ => Err("argument must be a memory value".to_owned()),
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

    #[test]
    fn reads_sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("1k", 1000),
            ("1kb", 1024),
            ("1MB", 1 << 20),
            ("2m", 2_000_000),
            ("3Gb", 3 << 30),
            ("7b", 7),
        ] {
            assert_eq!(memory(text), Ok(bytes), "{text}");
        }
        for text in ["", "k", "1x", "-1", "1.5k", "99999999999gb"] {
            assert!(memory(text).is_err(), "{text}");
        }
    }
}
