//! `client-output-buffer-limit`: how many bytes of replies may wait for a client that does not
//! read.

use std::fmt;

use super::value;

/// The limits of the three classes of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Of clients that send requests.
    pub normal: OutputLimit,
    /// Of replicas; this server has none.
    pub replica: OutputLimit,
    /// Of subscribers; this server has none.
    pub pubsub: OutputLimit,
}

/// The limits of one class; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// A client with as many bytes waiting is disconnected at once.
    pub hard_bytes: u64,
    /// A client with as many bytes waiting for longer than `soft_s` is disconnected.
    pub soft_bytes: u64,
    /// In seconds.
    pub soft_s: u64,
}

impl Default for OutputLimits {
    fn default() -> Self {
        let limit = |hard_bytes, soft_bytes, soft_s| OutputLimit {
            hard_bytes,
            soft_bytes,
            soft_s,
        };
        OutputLimits {
            normal: limit(0, 0, 0),
            replica: limit(256 << 20, 64 << 20, 60),
            pubsub: limit(32 << 20, 8 << 20, 60),
        }
    }
}

impl OutputLimits {
    /// Changes the classes that `text` names: `CLASS HARD SOFT SECONDS` once or more.
    ///
    /// # Errors
    /// Redis's text. Then nothing is changed.
    pub(super) fn change(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        let words: Vec<&str> = text.split(' ').collect();
        if !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".to_owned());
        }
        let mut changed = *self;
        for words in words.chunks(4) {
            let class = changed
                .class_mut(words[0])
                .ok_or("Invalid client class specified in buffer limit configuration.")?;
            *class = read_limit(&words[1..]).ok_or(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            )?;
        }
        *self = changed;
        Ok(())
    }

    fn class_mut(&mut self, name: &str) -> Option<&mut OutputLimit> {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "normal" => Some(&mut self.normal),
            "slave" | "replica" => Some(&mut self.replica),
            "pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}

impl fmt::Display for OutputLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (normal, replica, pubsub) = (self.normal, self.replica, self.pubsub);
        write!(f, "normal {normal} slave {replica} pubsub {pubsub}")
    }
}

impl fmt::Display for OutputLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hard, soft, seconds) = (self.hard_bytes, self.soft_bytes, self.soft_s);
        write!(f, "{hard} {soft} {seconds}")
    }
}

fn read_limit(words: &[&str]) -> Option<OutputLimit> {
    Some(OutputLimit {
        hard_bytes: value::bytes(words[0])?,
        soft_bytes: value::bytes(words[1])?,
        soft_s: words[2].parse::<u32>().ok()?.into(),
    })
}
