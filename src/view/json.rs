//! Writes JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)).

use std::fmt::{Display, Write};
use std::time::Duration;

/// An object that is being written. Names come before values and are the caller's: they
/// need no escapes.
#[derive(Debug)]
pub(super) struct Json(String);

impl Json {
    /// Begins an object.
    pub(super) fn object() -> Json {
        Json("{".to_owned())
    }

    /// Adds a number or a boolean.
    pub(super) fn plain(&mut self, name: &str, value: impl Display) -> &mut Json {
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

    /// Adds a number or a boolean; null if there is none.
    pub(super) fn optional(&mut self, name: &str, value: Option<impl Display>) -> &mut Json {
        match value {
            Some(value) => self.plain(name, value),
            None => self.plain(name, "null"),
        }
    }

    /// Adds an object.
    pub(super) fn object_in(&mut self, name: &str, object: Json) -> &mut Json {
        self.plain(name, object.finish())
    }

    /// Adds an object; null if there is none.
    pub(super) fn optional_object(&mut self, name: &str, object: Option<Json>) -> &mut Json {
        self.optional(name, object.map(Json::finish))
    }

    /// Adds an array of texts of any bytes.
    pub(super) fn texts<'a>(
        &mut self,
        name: &str,
        texts: impl Iterator<Item = &'a [u8]>,
    ) -> &mut Json {
        self.array(name, texts, Json::push_text)
    }

    /// Adds an array of objects.
    pub(super) fn objects(&mut self, name: &str, objects: impl Iterator<Item = Json>) -> &mut Json {
        self.array(name, objects, |json, it| json.0.push_str(&it.finish()))
    }

    /// Adds an array of numbers.
    pub(super) fn numbers(&mut self, name: &str, numbers: &[usize]) -> &mut Json {
        self.array(name, numbers.iter(), |json, it| {
            let _ = write!(json.0, "{it}");
        })
    }

    /// Ends the object and returns its text, which is one line.
    pub(super) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn array<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        push: impl Fn(&mut Json, T),
    ) -> &mut Json {
        self.name(name);
        self.0.push('[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            push(self, item);
        }
        self.0.push(']');
        self
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
