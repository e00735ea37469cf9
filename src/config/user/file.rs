//! Reads an ACL file: one line `user NAME RULE ...` for each user.

use super::rule_error::RuleError;
use super::rules::{Terms, UserRules, has_spaces, merge_selectors};

const NO_CHANGE: &str = "WARNING: ACL errors detected, no change to the previously active ACL \
                         rules was performed";

/// Returns the users that the text of the file `name` defines.
///
/// # Errors
/// All errors of the file in Redis's words, in one line.
pub fn users_of_file(
    name: &str,
    text: &[u8],
    terms: &Terms,
) -> Result<Vec<(Vec<u8>, UserRules)>, Vec<u8>> {
    let mut users: Vec<(Vec<u8>, UserRules)> = Vec::new();
    let mut errors = Vec::new();
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = trim(line, b" \t\r\n");
        if line.is_empty() {
            continue;
        }
        let place = format!("{name}:{}", index + 1);
        let is_known = |name: &[u8]| users.iter().any(|(it, _)| it == name);
        let found = words(line, &place).and_then(|(user, rules)| match is_known(user) {
            true => {
                let end = format!("' found on line {}. ", index + 1);
                Err([b"WARNING: Duplicate user '", user, end.as_bytes()].concat())
            }
            false => Ok((user.to_vec(), rules_of(&rules, &place, terms)?)),
        });
        match found {
            Ok(user) => users.push(user),
            Err(error) => errors.extend(error),
        }
    }
    if errors.is_empty() {
        return Ok(users);
    }
    errors.extend_from_slice(NO_CHANGE.as_bytes());
    Err(errors)
}

/// A user's name and its rules.
type Line<'a> = (&'a [u8], Vec<&'a [u8]>);

/// Returns the name and the rules of a line. `place` is the file and the line's number.
fn words<'a>(line: &'a [u8], place: &str) -> Result<Line<'a>, Vec<u8>> {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let [b"user", name, rules @ ..] = &words[..] else {
        let error = "should start with user keyword followed by the username. ";
        return Err(format!("{place} {error}").into_bytes());
    };
    if has_spaces(name) {
        let before = format!("'{place}: username '");
        return Err([before.as_bytes(), name, b"' contains invalid characters. "].concat());
    }
    Ok((name, rules.to_vec()))
}

/// Applies the rules of a line.
fn rules_of(rules: &[&[u8]], place: &str, terms: &Terms) -> Result<UserRules, Vec<u8>> {
    let rules = merge_selectors(rules)
        .map_err(|_| format!("{place}: Unmatched parenthesis in selector definition."))?;
    let mut user = UserRules::new(terms.all_channels);
    let mut errors = Vec::new();
    let mut is_first = true;
    for rule in &rules {
        let rule = trim(rule, b"\t\r\n");
        let Err(error) = user.apply(rule, terms) else {
            continue;
        };
        if error == RuleError::Unknown {
            errors.extend(format!("{place}: Error in applying operation '").bytes());
            errors.extend_from_slice(rule);
            errors.extend(format!("': {}. ", error.text()).bytes());
        } else if std::mem::take(&mut is_first) {
            // A later error may only follow from the first one.
            errors.extend(format!("{place}: {}. ", error.text()).bytes());
        }
    }
    match errors.is_empty() {
        true => Ok(user),
        false => Err(errors),
    }
}

/// Removes the bytes `set` at both ends.
fn trim<'a>(text: &'a [u8], set: &[u8]) -> &'a [u8] {
    let is_kept = |byte: &u8| !set.contains(byte);
    let first = text.iter().position(is_kept).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(is_kept)
        .map_or(first, |last| last + 1);
    &text[first..end]
}
