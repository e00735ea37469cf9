//! Bodies of POST requests: `name=value&name=value`
//! ([URL standard](https://url.spec.whatwg.org/#application/x-www-form-urlencoded)).

use std::ops::RangeInclusive;

/// The most fields of a body.
const MAX_FIELDS: usize = 8;

/// The fields of a body. A value that is needed consists of letters and digits, so escapes are refused
/// with the value.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Parses a body.
    ///
    /// # Errors
    /// What is wrong, as a line of text.
    pub(super) fn parse(body: &[u8]) -> Result<Form, String> {
        let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8")?;
        let parts = text.split('&').filter(|part| !part.is_empty());
        let fields: Vec<_> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .take(MAX_FIELDS + 1)
            .collect();
        match fields.len() > MAX_FIELDS {
            true => Err("there are too many fields".to_owned()),
            false => Ok(Form(fields)),
        }
    }

    /// Takes out the value of a field, which must be there.
    fn take(&mut self, name: &str) -> Result<String, String> {
        let index = self.0.iter().position(|(it, _)| it == name);
        let index = index.ok_or_else(|| format!("the field '{name}' is missing"))?;
        Ok(self.0.remove(index).1)
    }

    /// Takes out a number.
    ///
    /// # Errors
    /// What is wrong, as a line of text.
    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
        let value = self.take(name)?;
        let is_digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value
            .parse()
            .ok()
            .filter(|it| is_digits && range.contains(it));
        number.ok_or_else(|| {
            let (first, last) = range.into_inner();
            format!("'{name}' must be a number from {first} to {last}")
        })
    }

    /// Takes out `yes` or `no`.
    ///
    /// # Errors
    /// What is wrong, as a line of text.
    pub(super) fn yes_or_no(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name)?.as_str() {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(format!("'{name}' must be yes or no")),
        }
    }

    /// Checks that no field is left.
    ///
    /// # Errors
    /// That there is one, as a line of text.
    pub(super) fn end(&self) -> Result<(), String> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err("there is a field too many".to_owned()),
        }
    }
}
