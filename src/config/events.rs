//! The setting `notify-keyspace-events`: the classes of keyspace events that are published
//! (<https://redis.io/docs/latest/develop/use/keyspace-notifications/>).

use std::fmt;

/// A class of keyspace events, or one of the two kinds of channels. The value is its bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// `K`: the channel of the key, with the event as the message.
    Keyspace = 1 << 0,
    /// `E`: the channel of the event, with the key as the message.
    Keyevent = 1 << 1,
    /// `g`: commands for keys of any type.
    Generic = 1 << 2,
    /// `$`: strings.
    String = 1 << 3,
    /// `l`: lists.
    List = 1 << 4,
    /// `s`: sets.
    Set = 1 << 5,
    /// `h`: hashes.
    Hash = 1 << 6,
    /// `z`: sorted sets.
    Zset = 1 << 7,
    /// `x`: a key was removed because it had expired.
    Expired = 1 << 8,
    /// `e`: a key was evicted, which never happens here.
    Evicted = 1 << 9,
    /// `t`: streams.
    Stream = 1 << 10,
    /// `m`: a key that was read is missing.
    KeyMiss = 1 << 11,
    /// `d`: modules, which do not exist here.
    Module = 1 << 12,
    /// `n`: a key was created.
    New = 1 << 13,
}

use EventClass::{
    Evicted, Expired, Generic, Hash, KeyMiss, Keyevent, Keyspace, List, Module, New, Set, Stream,
    String as Strings, Zset,
};

/// The letters that `A` stands for, in the order of CONFIG GET.
const ALL: [(char, EventClass); 10] = [
    ('g', Generic),
    ('$', Strings),
    ('l', List),
    ('s', Set),
    ('h', Hash),
    ('z', Zset),
    ('x', Expired),
    ('e', Evicted),
    ('t', Stream),
    ('d', Module),
];

/// The letter that CONFIG GET omits if there is an `A`, as Redis does.
const NEW: (char, EventClass) = ('n', New);

/// The letters that come last.
const LAST: [(char, EventClass); 3] = [('K', Keyspace), ('E', Keyevent), ('m', KeyMiss)];

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventClasses(u32);

impl EventClasses {
    /// Parses the letters of the classes, in any order.
    ///
    /// # Errors
    /// The text of the error if a letter is unknown.
    pub(super) fn parse(letters: &str) -> Result<EventClasses, String> {
        let mut classes = EventClasses(0);
        for letter in letters.chars() {
            let known = || ALL.iter().chain([&NEW]).chain(&LAST);
            match known().find(|(name, _)| *name == letter) {
                Some((_, class)) => classes.0 |= *class as u32,
                None if letter == 'A' => classes.0 |= EventClasses::all(),
                None => {
                    let error = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
                    return Err(error.to_owned());
                }
            }
        }
        Ok(classes)
    }

    /// Makes the set of these bits.
    pub fn from_bits(bits: u32) -> EventClasses {
        EventClasses(bits)
    }

    /// Returns the bits of all classes in the set. Returns none without one of the two kinds of
    /// channels, because then no event is published.
    pub fn effective_bits(self) -> u32 {
        match self.has(Keyspace) || self.has(Keyevent) {
            true => self.0,
            false => 0,
        }
    }

    /// Returns whether the set has no class.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the set has this class.
    pub fn has(self, class: EventClass) -> bool {
        self.0 & class as u32 != 0
    }

    /// The classes of `A`.
    fn all() -> u32 {
        ALL.iter().fold(0, |bits, (_, class)| bits | *class as u32)
    }
}

/// The letters in the order of Redis.
impl fmt::Display for EventClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_all = self.0 & EventClasses::all() == EventClasses::all();
        let classes = ALL.iter().chain([&NEW]).filter(|_| !has_all);
        let text = has_all.then_some('A').into_iter();
        let letters = classes.chain(&LAST).filter(|(_, class)| self.has(*class));
        let text = text.chain(letters.map(|(letter, _)| *letter));
        f.write_str(&text.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_in_the_order_of_redis() {
        for (text, expected) in [
            ("", ""),
            ("gA", "A"),
            ("EAK", "AKE"),
            ("mnKE", "nKEm"),
            ("dmtnxezhsl$gEK", "AKEm"),
            ("Amn", "Am"),
            ("Kx$g", "g$xK"),
        ] {
            let classes = EventClasses::parse(text).unwrap();
            assert_eq!(classes.to_string(), expected, "{text}");
        }
        assert!(EventClasses::parse("KQ").is_err());
    }

    #[test]
    fn without_a_kind_of_channel_no_class_is_effective() {
        let bits = |text| EventClasses::parse(text).unwrap().effective_bits();
        assert_eq!(bits("Am"), 0);
        assert_ne!(bits("Kg") & Generic as u32, 0);
    }
}
