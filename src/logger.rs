//! The logger: messages for the person who runs the server, in the form of Redis's log lines:
//!
//! ```text
//! 4711:M 24 Nov 2026 09:30:00.123 * Ready to accept connections
//! <pid>:M <time, UTC> <. debug, - verbose, * notice, # warning> <text>
//! ```
//!
//! Elsewhere in this project, "the log" is the append-only file, `aof`.

use std::fmt::Arguments;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::clock::unix_time;

/// How much is logged, as `loglevel` sets it. Each level includes the levels after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All lines.
    Debug,
    /// Also the connections of clients.
    Verbose,
    /// Normal events, such as the start.
    Notice,
    /// Problems that a person must know.
    Warning,
    /// No lines, for a server within another program.
    Nothing,
}

impl Level {
    /// All levels with their names in redis.conf.
    pub const ALL: [(Level, &'static str); 5] = [
        (Level::Debug, "debug"),
        (Level::Verbose, "verbose"),
        (Level::Notice, "notice"),
        (Level::Warning, "warning"),
        (Level::Nothing, "nothing"),
    ];
}

/// Writes lines to standard output or a file.
pub struct Logger {
    level: AtomicU8,
    out: Mutex<Out>,
}

/// The destination of the lines.
struct Out {
    to: Box<dyn Write + Send>,
    /// Whether a person may be reading along.
    is_terminal: bool,
    /// Whether the cursor is in a status line, which the next line overwrites.
    has_status: bool,
}

/// Moves a terminal's cursor to the beginning of the line and clears it.
const CLEAR_LINE: &str = "\r\x1b[K";

impl std::fmt::Debug for Logger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logger")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

impl Logger {
    /// Opens the log. Appends to the file at `path`, or writes to standard output if `path` is
    /// empty.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: &Path, level: Level) -> io::Result<Logger> {
        let is_stdout = path.as_os_str().is_empty();
        let to: Box<dyn Write + Send> = if is_stdout {
            Box::new(io::stdout())
        } else {
            Box::new(File::options().append(true).create(true).open(path)?)
        };
        Ok(Logger {
            level: AtomicU8::new(level as u8),
            out: Mutex::new(Out {
                to,
                is_terminal: is_stdout && io::stdout().is_terminal(),
                has_status: false,
            }),
        })
    }

    /// Changes the level.
    pub fn set_level(&self, level: Level) {
        self.level.store(level as u8, Ordering::Relaxed);
    }

    /// Logs a line at level debug.
    pub fn debug(&self, text: Arguments<'_>) {
        self.line(Level::Debug, '.', text);
    }

    /// Logs a line at level verbose.
    pub fn verbose(&self, text: Arguments<'_>) {
        self.line(Level::Verbose, '-', text);
    }

    /// Logs a line at level notice.
    pub fn notice(&self, text: Arguments<'_>) {
        self.line(Level::Notice, '*', text);
    }

    /// Logs a line at level warning.
    pub fn warning(&self, text: Arguments<'_>) {
        self.line(Level::Warning, '#', text);
    }

    /// Shows a progress report at level notice, in a line that the next line overwrites. Returns
    /// `false` if the log does not go to a terminal.
    pub fn status(&self, text: Arguments<'_>) -> bool {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.is_terminal && (Level::Notice as u8) >= self.level.load(Ordering::Relaxed) {
            out.has_status = true;
            let _ = write!(out.to, "{CLEAR_LINE}{text}");
            let _ = out.to.flush();
        }
        out.is_terminal
    }

    fn line(&self, level: Level, mark: char, text: Arguments<'_>) {
        if (level as u8) < self.level.load(Ordering::Relaxed) {
            return;
        }
        let since = unix_time();
        let time = timestamp(since.as_secs(), since.subsec_millis());
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = match std::mem::take(&mut out.has_status) {
            true => CLEAR_LINE,
            false => "",
        };
        // An error cannot be reported anywhere, and is no reason to stop serving.
        let _ = writeln!(out.to, "{clear}{}:M {time} {mark} {text}", process::id());
        let _ = out.to.flush();
    }
}

/// Returns date and time in UTC. The standard library knows no time zones.
fn timestamp(unix_seconds: u64, millis: u32) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day) = civil_date(unix_seconds / 86_400);
    let second = unix_seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let month = MONTHS[month - 1];
    format!("{day:02} {month} {year} {hour:02}:{minute:02}:{second:02}.{millis:03}")
}

/// Converts days since 1970 to year, month and day: H. Hinnant's `civil_from_days`. Its years begin
/// in March, so that the leap day is the last day of a year.
fn civil_date(days: u64) -> (u64, usize, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month as usize, day)
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn tells_the_time() {
        assert_eq!(timestamp(0, 0), "01 Jan 1970 00:00:00.000");
        assert_eq!(timestamp(951_782_399, 7), "28 Feb 2000 23:59:59.007");
        assert_eq!(timestamp(951_782_400, 0), "29 Feb 2000 00:00:00.000");
        assert_eq!(timestamp(1_735_689_599, 999), "31 Dec 2024 23:59:59.999");
        assert_eq!(timestamp(1_795_487_557, 1), "24 Nov 2026 02:32:37.001");
    }
}
