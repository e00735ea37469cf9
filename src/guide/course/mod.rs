//! The course: six lessons of 45 minutes, for classes and for yourself. You need what the
//! [teacher's page](teacher) lists.
//!
//! | lesson | you see |
//! |---|---|
//! | [1: bytes on a socket](lesson_1_bytes) | requests by hand, and how one walks through the server |
//! | [2: a thread for each of us](lesson_2_threads) | the threads, from outside and from inside, and their price |
//! | [3: one lock](lesson_3_lock) | readers, writers, a long command, fairness |
//! | [4: the log](lesson_4_log) | when OK is true: `strace`, a sync, `kill -9` |
//! | [5: time](lesson_5_time) | expiry, a snapshot, a rewrite under load |
//! | [6: threads or async](lesson_6_models) | your own measurements |
//!
//! Each lesson ends in an exercise: a change of the source, with a test that fails before and passes
//! after it. `make exercise LESSON=1` puts the test into your sources and runs it.
//!
//! `make lessons` runs all commands of the lessons and compares what they print, looks for what they
//! tell to see on the page, and tries each exercise without and with its solution. So they do not rot.

#[doc = include_str!("lesson_1_bytes.md")]
pub mod lesson_1_bytes {}

#[doc = include_str!("lesson_2_threads.md")]
pub mod lesson_2_threads {}

#[doc = include_str!("lesson_3_lock.md")]
pub mod lesson_3_lock {}

#[doc = include_str!("lesson_4_log.md")]
pub mod lesson_4_log {}

#[doc = include_str!("lesson_5_time.md")]
pub mod lesson_5_time {}

#[doc = include_str!("lesson_6_models.md")]
pub mod lesson_6_models {}

#[doc = include_str!("teacher.md")]
pub mod teacher {}
