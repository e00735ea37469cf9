//! Where settings come from: configuration files and the command line.
//!
//! Both have one grammar. A line is `name value ...`, split like an inline command;
//! `#` begins a comment, `include FILE` continues in another file, or in several if it is a
//! pattern, and what comes later wins. On the command line `--name value ...` is such a line.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Config, Directive, inert};
use crate::glob;
use crate::resp::inline;

/// Files that include each other in a circle would never end.
const MAX_INCLUDE_DEPTH: usize = 16;

/// Directives whose value may be several words without quotes around them.
const SEVERAL_VALUES: &[&str] = &[
    "bind",
    "client-output-buffer-limit",
    "latency-tracking-info-percentiles",
    "oom-score-adj-values",
    "replicaof",
    "save",
    "shutdown-on-sigint",
    "shutdown-on-sigterm",
    "slaveof",
];

/// A directive that cannot be followed, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    file: Option<PathBuf>,
    line_number: usize,
    line: String,
    reason: String,
}

impl fmt::Display for ConfigError {
    /// In the form of Redis, which adds no file name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        writeln!(
            f,
            "\n*** FATAL CONFIG FILE ERROR (threadbare {version}) ***"
        )?;
        match &self.file {
            Some(file) if self.line_number > 0 => writeln!(
                f,
                "Reading the configuration file {}, at line {}",
                file.display(),
                self.line_number
            )?,
            Some(file) => writeln!(f, "Reading the configuration file {}", file.display())?,
            None => writeln!(
                f,
                "Reading the command line, at option {}",
                self.line_number
            )?,
        }
        if !self.line.is_empty() {
            writeln!(f, ">>> '{}'", self.line)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the command line, without the program's name: `[FILE] [--name value ...]`.
    ///
    /// # Errors
    /// The first directive that cannot be followed.
    pub fn from_args(args: impl IntoIterator<Item = String>) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let mut args = args.into_iter().peekable();
        if let Some(file) = args.next_if(|first| !first.starts_with("--")) {
            config.config_file =
                std::path::absolute(&file).unwrap_or_else(|_| PathBuf::from(&file));
            config.read_files(&file, 0)?;
        }
        let mut option = 0;
        while let Some(name) = args.next() {
            option += 1;
            let mut words = vec![name.strip_prefix("--").unwrap_or(&name).to_owned()];
            while let Some(value) = args.next_if(|next| !next.starts_with("--")) {
                words.push(value);
            }
            config
                .apply(&words, 0)
                .map_err(|reason| reason.at(None, option, &words.join(" ")))?;
        }
        Ok(config)
    }

    /// Reads the file of that name, or all files that it describes: in the order of their
    /// names, and without complaint if there is none.
    fn read_files(&mut self, name: &str, depth: usize) -> Result<(), ConfigError> {
        if !is_pattern(name) {
            return self.read_file(Path::new(name), depth);
        }
        let mut files = described_by(name);
        files.retain(|file| !file.is_dir());
        files
            .iter()
            .try_for_each(|file| self.read_file(file, depth))
    }

    fn read_file(&mut self, path: &Path, depth: usize) -> Result<(), ConfigError> {
        let failure = |reason: String| Failure::Here(reason).at(Some(path), 0, "");
        let text = fs::read(path).map_err(|error| {
            failure(format!(
                "Can't open config file '{}': {error}",
                path.display()
            ))
        })?;
        if depth > MAX_INCLUDE_DEPTH {
            return Err(failure("Too many files include each other".to_owned()));
        }
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let shown = String::from_utf8_lossy(line).trim().to_owned();
            if shown.is_empty() || shown.starts_with('#') {
                continue;
            }
            let at = |failure: Failure| failure.at(Some(path), index + 1, &shown);
            let words = inline::split(line)
                .ok_or_else(|| at("Unbalanced quotes in configuration line".into()))?;
            let words: Vec<String> = words
                .into_iter()
                .map(|word| String::from_utf8_lossy(&word).into_owned())
                .collect();
            self.apply(&words, depth).map_err(at)?;
        }
        Ok(())
    }

    /// Follows one directive, its name first.
    fn apply(&mut self, words: &[String], depth: usize) -> Result<(), Failure> {
        let bad = || Failure::from("Bad directive or wrong number of arguments");
        let (name, values) = words.split_first().ok_or_else(bad)?;
        let name = name.to_ascii_lowercase();
        if name == "include" && values.len() == 1 {
            return self
                .read_files(&values[0], depth + 1)
                .map_err(Failure::Elsewhere);
        }
        if let Some(directive) = Directive::find(&name) {
            let is_right_number = match values.len() {
                0 => name == "save",
                1 => true,
                _ => SEVERAL_VALUES.contains(&name.as_str()),
            };
            if !is_right_number {
                return Err("wrong number of arguments".into());
            }
            return directive
                .set(self, &values.join(" "))
                .map_err(Failure::Here);
        }
        if inert::FILE_ONLY.contains(&name.as_str()) && !values.is_empty() {
            self.inert.insert(name, values.join(" "));
            return Ok(());
        }
        Err(bad())
    }
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// The paths that are there and that `pattern` describes, sorted, as glob(3) has it: no part
/// of the pattern describes a slash, nor a dot at the begin of a name.
fn described_by(pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { "/" } else { "" };
    let mut found = vec![PathBuf::from(root)];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found
            .iter()
            .flat_map(|directory| entries(directory, part))
            .collect();
    }
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found
}

/// What `directory`, the current one if it is empty, has of that name or pattern.
fn entries(directory: &Path, part: &str) -> Vec<PathBuf> {
    if !is_pattern(part) {
        let path = directory.join(part);
        return if path.exists() { vec![path] } else { vec![] };
    }
    // Where Redis's own patterns say `^`.
    let pattern = part.replace("[!", "[^");
    let is_meant = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        let is_hidden = name.starts_with(b".") && !part.starts_with('.');
        !is_hidden && glob::matches(pattern.as_bytes(), name, false)
    };
    // A directory that cannot be read has nothing in it.
    let listed = fs::read_dir(Path::new(".").join(directory));
    let names = listed.into_iter().flatten().flatten();
    names
        .map(|entry| entry.file_name())
        .filter(|name| is_meant(name))
        .map(|name| directory.join(name))
        .collect()
}

/// What is wrong, before it is known where.
enum Failure {
    Here(String),
    /// In an included file, which says where by itself.
    Elsewhere(ConfigError),
}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        Failure::Here(reason.to_owned())
    }
}

impl Failure {
    fn at(self, file: Option<&Path>, line_number: usize, line: &str) -> ConfigError {
        match self {
            Failure::Elsewhere(error) => error,
            Failure::Here(reason) => ConfigError {
                file: file.map(Path::to_owned),
                line_number,
                line: line.to_owned(),
                reason,
            },
        }
    }
}
