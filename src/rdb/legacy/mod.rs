//! The forms in which old versions of Redis wrote small collections.

pub(super) mod ziplist;
