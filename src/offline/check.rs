//! `--check-aof`: checks an append-only file and finds the end of its good part. With `--fix`,
//! moves the rest to another file.

use std::fmt::{self, Write};
use std::fs;
use std::io;
use std::path::Path;

use crate::aof::{AppendOnlyFile, Report, Tail};
use crate::config::Thresholds;
use crate::engine;
use crate::rdb::file::{FileError, MAGIC, RdbFile};

/// If more bytes than this follow the first fault, they are not searched for whole commands.
const MAX_SEARCHED_BYTES: u64 = 64 * 1024 * 1024;

/// Checks the file at `path`. If `fix`, moves its bad part to another file. Returns the report for
/// the user, and whether the file is good now.
///
/// # Errors
/// If the file cannot be read or written, or a server is using it.
pub fn check_aof(path: &Path, fix: bool) -> io::Result<(String, bool)> {
    // `open` would make a missing file.
    fs::metadata(path)?;
    let mut file = AppendOnlyFile::open(path)?;
    let mut text = String::new();
    let preamble_bytes = match preamble(path)? {
        None => 0,
        Some(Ok((keys, bytes))) => {
            let line = format_args!("RDB preamble: {bytes} bytes, {keys} keys");
            add_line(&mut text, line);
            bytes
        }
        Some(Err(error)) => {
            let offset = error.offset;
            let line = format_args!("Bad from offset {offset} on: {error}");
            add_line(&mut text, line);
            add_line(&mut text, format_args!("An RDB file can't be repaired."));
            return Ok((text, false));
        }
    };
    let is_good = check_commands(&mut file, preamble_bytes, fix, &mut text)?;
    Ok((text, is_good))
}

/// Checks the commands after the RDB preamble. Returns whether the file is good now.
fn check_commands(
    file: &mut AppendOnlyFile,
    preamble_bytes: u64,
    fix: bool,
    text: &mut String,
) -> io::Result<bool> {
    let mut report = file.check(preamble_bytes)?;
    let tail = file.judge_tail(&mut report, MAX_SEARCHED_BYTES, &engine::is_file_command)?;
    describe(text, &report, tail);
    if tail.is_none() {
        return Ok(true);
    }
    if fix {
        let offset = report.good.bytes;
        let kept = file.cut(offset, "cut")?;
        let kept = kept.display();
        let line = format_args!("Cut off at offset {offset}. The bad part is now in {kept}");
        add_line(text, line);
    }
    Ok(fix)
}

/// Returns the number of keys and bytes of the RDB file that the file begins with, if it does.
fn preamble(path: &Path) -> io::Result<Option<Result<(u64, u64), FileError>>> {
    let mut start = [0; MAGIC.len()];
    let is_rdb = io::Read::read_exact(&mut fs::File::open(path)?, &mut start).is_ok();
    if !is_rdb || start != MAGIC {
        return Ok(None);
    }
    Ok(Some(count_keys(&fs::read(path)?)))
}

fn count_keys(bytes: &[u8]) -> Result<(u64, u64), FileError> {
    let mut file = RdbFile::new(bytes, Thresholds::default())?;
    let mut keys = 0;
    while file.read()?.is_some() {
        keys += 1;
    }
    Ok((keys, file.offset() as u64))
}

fn describe(text: &mut String, report: &Report, tail: Option<Tail>) {
    let good = &report.good;
    let databases: Vec<String> = report.databases.iter().map(u16::to_string).collect();
    add_line(text, format_args!("Size: {} bytes", report.size));
    add_line(text, format_args!("Good: {} bytes", good.bytes));
    add_line(text, format_args!("Commands: {}", good.commands));
    add_line(text, format_args!("Transactions: {}", good.transactions));
    add_line(text, format_args!("Databases: {}", databases.join(" ")));
    add_line(
        text,
        format_args!("Covered by checksums: {} bytes", good.checksummed),
    );
    let (Some(fault), offset) = (&report.fault, good.bytes) else {
        return add_line(text, format_args!("The file is good."));
    };
    let bytes = report.size - offset;
    add_line(
        text,
        format_args!("Bad from offset {offset} on, {bytes} bytes: {fault}"),
    );
    if let Some(Tail::Data {
        whole_at: Some(whole_at),
    }) = tail
    {
        add_line(
            text,
            format_args!("There are whole commands from offset {whole_at} on."),
        );
    }
}

fn add_line(text: &mut String, line: fmt::Arguments) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
