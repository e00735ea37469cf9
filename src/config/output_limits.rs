//! `client-output-buffer-limit`: how many bytes of replies may be pending for a client.

use std::fmt;

use super::value;

/// The limits of the three classes of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// The limits of clients that send requests.
    pub normal: OutputLimit,
    /// The limits of replicas, which this server does not have.
    pub replica: OutputLimit,
    /// The limits of subscribers.
    pub pubsub: OutputLimit,
}

/// The limits of one class; 0 means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// A client with this many pending bytes is disconnected at once.
    pub hard_bytes: u64,
    /// A client with this many pending bytes for longer than `soft_s` is disconnected.
    pub soft_bytes: u64,
    /// The time for the soft limit, in seconds.
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
    /// Changes the classes in `text`, which repeats `CLASS HARD SOFT SECONDS`.
    ///
    /// # Errors
    /// Redis's error text. Then no class is changed.
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
