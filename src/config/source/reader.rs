//! Reads configuration files and the command line.
//!
//! Both have the same grammar. A line is `name value ...`, split like an inline command. `#` begins
//! a comment. `include FILE` reads another file, or several if it is a pattern. If a setting is
//! given twice, the last value counts. On the command line, `--name value ...` is such a line.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Failure, Origin};
use super::option;
use super::pattern::{is_pattern, matching_paths};
use crate::config::Config;
use crate::config::directive::Directive;
use crate::config::inert::{self, Class};
use crate::config::user::{Catalogue, RuleError, UserLine, UserRules, merge_selectors};
use crate::quoting::split_words;

/// The deepest nesting of included files: files that include each other would never end.
const MAX_INCLUDE_DEPTH: usize = 16;

/// Directives whose value may have several words without quotes.
pub(super) const SEVERAL_VALUES: &[&str] = &[
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

const BAD_DIRECTIVE: &str = "Bad directive or wrong number of arguments";

/// A configuration that is being read.
struct Reader {
    config: Config,
    /// Tells whether there is a command of that name, in lower case.
    is_command: fn(&str) -> bool,
    /// Refused directives, each with the error that ends the start. A later line can set an
    /// accepted value.
    refused: Vec<(&'static str, ConfigError)>,
}

impl Config {
    /// Reads the command line without the program's name: `[FILE] [--name value ...]`.
    /// `is_command` tells `rename-command` whether there is a command of that name, in lower case:
    /// [`crate::commands::is_command`].
    ///
    /// # Errors
    /// The first directive that cannot be applied.
    pub fn from_args(
        args: impl IntoIterator<Item = String>,
        is_command: fn(&str) -> bool,
    ) -> Result<Config, ConfigError> {
        let mut reader = Reader {
            config: Config::default(),
            is_command,
            refused: Vec::new(),
        };
        let mut args = args.into_iter().peekable();
        if let Some(file) = args.next_if(|first| !first.starts_with('-')) {
            reader.config.config_file =
                std::path::absolute(&file).unwrap_or_else(|_| PathBuf::from(&file));
            reader.read_files(&file, 0)?;
        }
        while let Some(option) = args.next() {
            let mut words = vec![option];
            while let Some(value) = args.next_if(|next| !next.starts_with("--")) {
                words.push(value);
            }
            reader.apply_option(words)?;
        }
        reader.finish()
    }
}

impl Reader {
    /// Applies an option. Its name is the first word.
    fn apply_option(&mut self, mut words: Vec<String>) -> Result<(), ConfigError> {
        let origin = Origin::Option(words.join(" "));
        let name =
            option::name(&words).map_err(|reason| ConfigError::new(origin.clone(), reason))?;
        words[0] = name;
        self.apply(&words, &origin, 0)
            .map_err(|failure| failure.at(&origin))
    }

    /// Reads the file `name`. If it is a pattern, reads all matching files, sorted by name; there
    /// may be none.
    fn read_files(&mut self, name: &str, depth: usize) -> Result<(), ConfigError> {
        if !is_pattern(name) {
            return self.read_file(Path::new(name), depth);
        }
        let mut files = matching_paths(name);
        files.retain(|file| !file.is_dir());
        files
            .iter()
            .try_for_each(|file| self.read_file(file, depth))
    }

    fn read_file(&mut self, path: &Path, depth: usize) -> Result<(), ConfigError> {
        let failed = |reason: &str| ConfigError::new(Origin::File(path.to_owned()), reason);
        let text = fs::read(path).map_err(|error| failed(&error.to_string()))?;
        if depth > MAX_INCLUDE_DEPTH {
            return Err(failed("too many files include each other"));
        }
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let shown = String::from_utf8_lossy(line).trim().to_owned();
            if shown.is_empty() || shown.starts_with('#') {
                continue;
            }
            let origin = Origin::Line(path.to_owned(), index + 1, shown);
            self.apply_line(line, &origin, depth)
                .map_err(|failure| failure.at(&origin))?;
        }
        Ok(())
    }

    fn apply_line(&mut self, line: &[u8], origin: &Origin, depth: usize) -> Result<(), Failure> {
        let words = split_words(line).ok_or("Unbalanced quotes in configuration line")?;
        let words: Vec<String> = words
            .into_iter()
            .map(|word| String::from_utf8_lossy(&word).into_owned())
            .collect();
        self.apply(&words, origin, depth)
    }

    /// Applies one directive. Its name is the first word.
    fn apply(&mut self, words: &[String], origin: &Origin, depth: usize) -> Result<(), Failure> {
        let (name, values) = words.split_first().ok_or(BAD_DIRECTIVE)?;
        let name = name.to_ascii_lowercase();
        match (name.as_str(), values) {
            ("include", [file]) => self.read_files(file, depth + 1).map_err(Failure::Elsewhere),
            ("rename-command", [name, new_name]) => self
                .config
                .renames
                .rename(name, new_name, self.is_command)
                .map_err(Failure::Here),
            ("user", [_, ..]) => self.define_user(words),
            ("sentinel", _) => Err("sentinel directive while not in sentinel mode".into()),
            _ => match Directive::find(&name) {
                Some(directive) => self.set(directive, values, origin),
                None => self.skip(&name, values),
            },
        }
    }

    fn set(
        &mut self,
        directive: Directive,
        values: &[String],
        origin: &Origin,
    ) -> Result<(), Failure> {
        let name = directive.name();
        let is_right_number = match values.len() {
            0 => name == "save",
            1 => true,
            _ => SEVERAL_VALUES.contains(&name),
        };
        if !is_right_number {
            return Err("wrong number of arguments".into());
        }
        let class = directive
            .set(&mut self.config, &values.join(" "))
            .map_err(Failure::Here)?;
        self.refused.retain(|(earlier, _)| *earlier != name);
        if let Class::Refused(instead) = class {
            let error = ConfigError::new(origin.clone(), refusal(name, instead));
            self.refused.push((name, error));
        }
        Ok(())
    }

    /// Skips a directive that CONFIG GET does not know, if Redis accepts it.
    fn skip(&self, name: &str, values: &[String]) -> Result<(), Failure> {
        match inert::in_file_only(name) {
            Some(Class::Refused(instead)) => Err(Failure::Here(refusal(name, instead))),
            Some(_) if !values.is_empty() => Ok(()),
            _ => Err(BAD_DIRECTIVE.into()),
        }
    }

    /// Reads `user NAME RULE ...`. Commands and categories are unknown here, so the server checks
    /// the names when it starts.
    fn define_user(&mut self, words: &[String]) -> Result<(), Failure> {
        let wrong = |word: &str, reason: &str| {
            Failure::Here(format!("Error in user declaration '{word}': {reason}"))
        };
        let name = &words[1];
        if self.config.users.iter().any(|user| user.name == *name) {
            let reason = "Duplicate user found. A user can only be defined once in config files";
            return Err(wrong(name, reason));
        }
        let rules = merge_selectors(&words[2..])
            .map_err(|index| wrong(&words[2 + index], "Unmatched parenthesis in acl selector"))?;
        let no_commands = Catalogue::EMPTY;
        let terms = self.config.terms(&no_commands);
        let mut user = UserRules::new(terms.all_channels);
        for (index, rule) in rules.iter().enumerate() {
            match user.apply(rule, &terms) {
                Ok(()) | Err(RuleError::Unknown) => {}
                // As in Redis, the error names the word that is two before the wrong one.
                Err(error) => return Err(wrong(&words[index], error.text())),
            }
        }
        self.config.users.push(UserLine {
            name: name.clone(),
            rules,
        });
        Ok(())
    }

    fn finish(self) -> Result<Config, ConfigError> {
        if let Some((_, error)) = self.refused.into_iter().next() {
            return Err(error);
        }
        Ok(self.config)
    }
}

fn refusal(name: &str, instead: &str) -> String {
    format!("'{name}' is not supported: {instead}.")
}
