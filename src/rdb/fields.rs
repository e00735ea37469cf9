//! The fields of a hash as they are read, from whichever form they were written in.

use std::collections::HashSet;
use std::num::NonZeroU64;

use crate::config::limits::LAST_FIELD_EXPIRY_MS;
use crate::num::integer;
use crate::rdb::{BadFormat, Field};

/// An element of a listpack or a ziplist.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element<'a> {
    Text(&'a [u8]),
    Integer(i64),
}

impl Element<'_> {
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Element::Text(text) => text.to_vec(),
            Element::Integer(value) => {
                let mut text = Vec::new();
                integer::append(&mut text, value);
                text
            }
        }
    }

    fn expiry(self) -> Result<Option<NonZeroU64>, BadFormat> {
        match self {
            Element::Text(_) => Err(BadFormat),
            Element::Integer(at) => expiry(u64::try_from(at).map_err(|_| BadFormat)?),
        }
    }
}

/// A time at which a field expires, never if it is 0.
pub(super) fn expiry(at_ms: u64) -> Result<Option<NonZeroU64>, BadFormat> {
    if at_ms > LAST_FIELD_EXPIRY_MS {
        return Err(BadFormat);
    }
    Ok(NonZeroU64::new(at_ms))
}

/// Collects fields, and watches that no name comes twice.
#[derive(Default)]
pub(super) struct Fields {
    all: Vec<Field>,
}

impl Fields {
    /// Takes names and values in turn, with a time behind each value if `expiring`.
    pub(super) fn of_elements<'a>(
        mut elements: impl Iterator<Item = Result<Element<'a>, BadFormat>>,
        expiring: bool,
    ) -> Result<Vec<Field>, BadFormat> {
        let mut fields = Fields::default();
        while let Some(name) = elements.next() {
            let name = name?.into_bytes();
            let value = elements.next().ok_or(BadFormat)??.into_bytes();
            let expires_at_ms = if expiring {
                elements.next().ok_or(BadFormat)??.expiry()?
            } else {
                None
            };
            fields.push(Field {
                name,
                value,
                expires_at_ms,
            })?;
        }
        fields.finish()
    }

    /// Adds a field. Names are looked through each time that there are twice as many:
    /// a few packed bytes that repeat one field a million times are refused before
    /// they have become a million fields.
    pub(super) fn push(&mut self, field: Field) -> Result<(), BadFormat> {
        self.all.push(field);
        if self.all.len().is_power_of_two() {
            self.refuse_duplicates()?;
        }
        Ok(())
    }

    /// All fields, of which there must be one at least.
    pub(super) fn finish(self) -> Result<Vec<Field>, BadFormat> {
        if self.all.is_empty() {
            return Err(BadFormat);
        }
        self.refuse_duplicates()?;
        Ok(self.all)
    }

    fn refuse_duplicates(&self) -> Result<(), BadFormat> {
        let mut names = HashSet::with_capacity(self.all.len());
        if self.all.iter().all(|field| names.insert(&field.name)) {
            Ok(())
        } else {
            Err(BadFormat)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: usize) -> Field {
        Field {
            name: number.to_string().into_bytes(),
            value: Vec::new(),
            expires_at_ms: None,
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_refused_wherever_it_is() {
        for count in 2..20 {
            for first in 0..count - 1 {
                let mut fields = Fields::default();
                let pushed = (0..count - 1)
                    .chain([first])
                    .try_for_each(|number| fields.push(named(number)));
                assert_eq!(pushed.and_then(|()| fields.finish()), Err(BadFormat));
            }
        }
    }

    #[test]
    fn one_field_again_and_again_is_refused_early() {
        let mut fields = Fields::default();
        let pushed = (0..1000).take_while(|_| fields.push(named(7)).is_ok());
        assert_eq!(pushed.count(), 1);
    }

    #[test]
    fn names_without_a_value_and_no_fields_at_all_are_refused() {
        let odd = [1, 2, 3].map(|value| Ok(Element::Integer(value)));
        assert_eq!(Fields::of_elements(odd.into_iter(), false), Err(BadFormat));
        assert_eq!(Fields::of_elements([].into_iter(), false), Err(BadFormat));
    }

    #[test]
    fn a_time_is_none_that_no_command_would_take() {
        let last_ms = LAST_FIELD_EXPIRY_MS;
        assert_eq!(expiry(0), Ok(None));
        assert_eq!(expiry(last_ms), Ok(NonZeroU64::new(last_ms)));
        assert_eq!(expiry(last_ms + 1), Err(BadFormat));
        assert_eq!(Element::Text(b"1").expiry(), Err(BadFormat));
        assert_eq!(Element::Integer(-1).expiry(), Err(BadFormat));
    }
}
