//! Writes JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)).

use std::fmt::Write;
use std::time::Duration;

/// An object or an array that is being written. Names come before values and are the caller's: they
/// need no escapes.
#[derive(Debug)]
pub(super) struct Json(String);

impl Json {
    /// Begins an object.
    pub(super) fn object() -> Json {
        Json("{".to_owned())
    }

    /// Returns the value of an object that is missing.
    pub(super) fn null() -> Json {
        Json("null".to_owned())
    }

    /// Adds a number or a boolean.
    pub(super) fn plain(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Json {
        self.name(name);
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}");
        self
    }

    /// Adds a time in microseconds, with three decimals.
    pub(super) fn micros(&mut self, name: &str, time: Duration) -> &mut Json {
        let ns = time.as_nanos();
        self.plain(name, format_args!("{}.{:03}", ns / 1000, ns % 1000))
    }

    /// Adds a text of any bytes. Bytes that are no UTF-8 are replaced.
    pub(super) fn text(&mut self, name: &str, value: &[u8]) -> &mut Json {
        self.name(name);
        self.push_text(value);
        self
    }

    /// Adds an array of texts of any bytes.
    pub(super) fn texts<'a>(
        &mut self,
        name: &str,
        texts: impl Iterator<Item = &'a [u8]>,
    ) -> &mut Json {
        self.name(name);
        self.0.push('[');
        for (index, text) in texts.enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.push_text(text);
        }
        self.0.push(']');
        self
    }

    /// Adds an object.
    pub(super) fn object_in(&mut self, name: &str, object: Json) -> &mut Json {
        self.name(name);
        self.0.push_str(&object.finish());
        self
    }

    /// Adds an array of objects.
    pub(super) fn objects(&mut self, name: &str, objects: impl Iterator<Item = Json>) -> &mut Json {
        self.name(name);
        self.0.push('[');
        for (index, object) in objects.enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.0.push_str(&object.finish());
        }
        self.0.push(']');
        self
    }

    /// Adds an array of numbers.
    pub(super) fn numbers(&mut self, name: &str, numbers: impl Iterator<Item = u64>) -> &mut Json {
        self.name(name);
        self.0.push('[');
        for (index, number) in numbers.enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let _ = write!(self.0, "{comma}{number}");
        }
        self.0.push(']');
        self
    }

    /// Ends the object and returns its text, which is one line.
    pub(super) fn finish(mut self) -> String {
        if self.0.starts_with('{') {
            self.0.push('}');
        }
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        let _ = write!(self.0, "\"{name}\":");
    }

    fn push_text(&mut self, text: &[u8]) {
        self.0.push('"');
        for char in String::from_utf8_lossy(text).chars() {
            match char {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                // Two of these end a line in some languages, and `<` could end a script in HTML.
                '<' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                    let _ = write!(self.0, "\\u{:04x}", u32::from(char));
                }
                _ => self.0.push(char),
            }
        }
        self.0.push('"');
    }
}
