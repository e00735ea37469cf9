//! Reads JSON, as far as the tests need it.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Parses a whole text.
    pub(crate) fn parse(text: &str) -> Json {
        let mut chars = text.chars().peekable();
        let value = value(&mut chars);
        assert_eq!(chars.next(), None, "bytes behind the value");
        value
    }

    /// Returns the member of this name, if this is an object that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// Returns the member at `path`: names with dots between them. The empty path is the value itself.
    #[track_caller]
    pub(crate) fn at(&self, path: &str) -> &Json {
        let names = path.split('.').filter(|name| !name.is_empty());
        names.fold(self, |value, name| match value {
            Json::Object(members) => members
                .get(name)
                .unwrap_or_else(|| panic!("no {name} of {path} in {value:?}")),
            other => panic!("{name} of {path} in {other:?}"),
        })
    }

    /// Returns the number at `path`, which has no fraction.
    #[track_caller]
    pub(crate) fn number(&self, path: &str) -> u64 {
        match self.at(path) {
            Json::Number(number) if *number >= 0.0 && number.fract() == 0.0 => *number as u64,
            other => panic!("{path} is {other:?}"),
        }
    }

    /// Returns the text at `path`.
    #[track_caller]
    pub(crate) fn text(&self, path: &str) -> &str {
        match self.at(path) {
            Json::Text(text) => text,
            other => panic!("{path} is {other:?}"),
        }
    }

    /// Returns the elements of the array at `path`.
    #[track_caller]
    pub(crate) fn items(&self, path: &str) -> &[Json] {
        match self.at(path) {
            Json::Array(items) => items,
            other => panic!("{path} is {other:?}"),
        }
    }
}

type Input<'a> = Peekable<Chars<'a>>;

fn value(input: &mut Input) -> Json {
    match input.peek().expect("a value") {
        '{' => Json::Object(list(input, '}', member).into_iter().collect()),
        '[' => Json::Array(list(input, ']', value)),
        '"' => Json::Text(text(input)),
        _ => word(input),
    }
}

/// Reads values with commas between them, up to `end`.
fn list<T>(input: &mut Input, end: char, read: fn(&mut Input) -> T) -> Vec<T> {
    input.next();
    let mut items = Vec::new();
    if input.next_if_eq(&end).is_some() {
        return items;
    }
    loop {
        items.push(read(input));
        match input.next() {
            Some(',') => {}
            Some(char) if char == end => return items,
            other => panic!("{other:?} in a list"),
        }
    }
}

fn member(input: &mut Input) -> (String, Json) {
    let name = text(input);
    assert_eq!(input.next(), Some(':'));
    (name, value(input))
}

fn text(input: &mut Input) -> String {
    assert_eq!(input.next(), Some('"'));
    let mut text = String::new();
    loop {
        match input.next().expect("the end of a string") {
            '"' => return text,
            '\\' => text.push(escaped(input)),
            char => {
                assert!(!char.is_control(), "{char:?} in a string");
                text.push(char);
            }
        }
    }
}

fn escaped(input: &mut Input) -> char {
    match input.next() {
        Some('u') => {
            let digits: String = input.take(4).collect();
            let number = u32::from_str_radix(&digits, 16).expect("four digits");
            char::from_u32(number).expect("a character")
        }
        Some(char @ ('"' | '\\' | '/')) => char,
        other => panic!("the escape {other:?}"),
    }
}

fn word(input: &mut Input) -> Json {
    let mut word = String::new();
    while let Some(char) = input.next_if(|char| !",]}".contains(*char)) {
        word.push(char);
    }
    match word.as_str() {
        "null" => Json::Null,
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        number => Json::Number(number.parse().expect("a number")),
    }
}
