//! Parses the name of an option of the command line.

use super::line::is_line;
use crate::config::SETTINGS;
use crate::config::inert::INERT;

/// Short options of redis-cli and other programs. An error message suggests the setting beside
/// each.
const SHORT: &[(&str, &str)] = &[
    ("p", "port"),
    ("a", "requirepass"),
    ("d", "dir"),
    ("l", "logfile"),
    ("s", "unixsocket"),
];

/// Returns the name of the setting, without dashes. The option is the first of `words`.
///
/// # Errors
/// The correct form of the option, or the nearest setting.
pub(super) fn name(words: &[String]) -> Result<String, String> {
    let written = &words[0];
    let bare = written.trim_start_matches('-');
    let (bare, value) = match bare.split_once('=') {
        Some((name, value)) if !is_line(bare) => (name, Some(value)),
        _ => (bare, None),
    };
    let short = SHORT.iter().find(|(short, _)| *short == bare);
    let meant = match short {
        Some((_, setting)) if !written.starts_with("--") => setting,
        _ => bare,
    };
    if ["check-aof", "import-aof", "fix"].contains(&meant) {
        return Err("it must come first".to_owned());
    }
    if !is_line(meant) {
        return Err(format!("no such option{}", nearest(meant)));
    }
    if written.starts_with("--") && value.is_none() {
        return Ok(meant.to_owned());
    }
    let value = value
        .or(words.get(1).map(String::as_str))
        .unwrap_or("VALUE");
    Err(format!("an option is written '--{meant} {value}'"))
}

/// Returns a question that names the setting most similar to `name`, if one is similar.
fn nearest(name: &str) -> String {
    const MAX_MISTAKES: usize = 2;
    let settings = SETTINGS.iter().map(|setting| setting.name);
    let all = settings.chain(INERT.iter().map(|inert| inert.name));
    let near = all
        .map(|other| (edit_distance(name, other), other))
        .min()
        .filter(|(count, other)| *count <= MAX_MISTAKES && *count < other.len());
    match near {
        Some((_, other)) => format!("; is '--{other}' meant?"),
        None => String::new(),
    }
}

/// Returns how many letters must be added, removed or replaced to turn `a` into `b`
/// (<https://en.wikipedia.org/wiki/Levenshtein_distance>).
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (a, b, expected) in [("port", "port", 0), ("prot", "port", 2), ("", "dir", 3)] {
            assert_eq!(edit_distance(a, b), expected, "{a} {b}");
        }
    }
}
