//! `--check-aof`: is a file good, and how far? With `--fix`, the rest is put aside.

use std::fmt::{self, Write};
use std::fs;
use std::io;
use std::path::Path;

use crate::aof::{AppendOnlyFile, Report, Tail};
use crate::config::Small;
use crate::engine;
use crate::rdb::file::{FileError, MAGIC, RdbFile};

/// Upper bound of the bytes behind a fault that are searched for whole commands.
const LOOK_BYTES: u64 = 64 * 1024 * 1024;

/// Checks the file at `path` and puts aside what is no good of it, if that is to be fixed.
/// Returns what to tell, and whether the file is good now.
///
/// # Errors
/// If it cannot be read or written, or a server is using it.
pub fn check_aof(path: &Path, fix: bool) -> io::Result<(String, bool)> {
    // Opening makes a file where there is none.
    fs::metadata(path)?;
    let mut file = AppendOnlyFile::open(path)?;
    let mut text = String::new();
    let before = match preamble(path)? {
        None => 0,
        Some(Ok((keys, bytes))) => {
            tell(
                &mut text,
                format_args!("RDB preamble: {bytes} bytes, {keys} keys"),
            );
            bytes
        }
        Some(Err(error)) => {
            let offset = error.offset;
            tell(
                &mut text,
                format_args!("Bad from offset {offset} on: {error}"),
            );
            tell(&mut text, format_args!("An RDB file can't be repaired."));
            return Ok((text, false));
        }
    };
    let mut report = file.check(before)?;
    let tail = file.judge_tail(&mut report, LOOK_BYTES, &engine::is_file_command)?;
    describe(&mut text, &report, tail);
    if tail.is_none() {
        return Ok((text, true));
    }
    if fix {
        let offset = report.good.bytes;
        let kept = file.cut(offset, "cut")?;
        let kept = kept.display();
        tell(
            &mut text,
            format_args!("Cut off at offset {offset}. What was behind is kept in {kept}"),
        );
    }
    Ok((text, fix))
}

/// How many keys and bytes the RDB file has with which the file begins, if it does.
fn preamble(path: &Path) -> io::Result<Option<Result<(u64, u64), FileError>>> {
    let mut start = [0; MAGIC.len()];
    let is_rdb = io::Read::read_exact(&mut fs::File::open(path)?, &mut start).is_ok();
    if !is_rdb || start != MAGIC {
        return Ok(None);
    }
    Ok(Some(count_keys(&fs::read(path)?)))
}

fn count_keys(bytes: &[u8]) -> Result<(u64, u64), FileError> {
    let mut file = RdbFile::new(bytes, Small::default())?;
    let mut keys = 0;
    while file.read()?.is_some() {
        keys += 1;
    }
    Ok((keys, file.offset() as u64))
}

fn describe(text: &mut String, report: &Report, tail: Option<Tail>) {
    let good = &report.good;
    let databases: Vec<String> = report.databases.iter().map(u16::to_string).collect();
    tell(text, format_args!("Size: {} bytes", report.size));
    tell(text, format_args!("Good: {} bytes", good.bytes));
    tell(text, format_args!("Commands: {}", good.commands));
    tell(text, format_args!("Transactions: {}", good.transactions));
    tell(text, format_args!("Databases: {}", databases.join(" ")));
    tell(
        text,
        format_args!("Covered by checksums: {} bytes", good.checksummed),
    );
    let (Some(fault), offset) = (&report.fault, good.bytes) else {
        return tell(text, format_args!("The file is good."));
    };
    let bytes = report.size - offset;
    tell(
        text,
        format_args!("Bad from offset {offset} on, {bytes} bytes: {fault}"),
    );
    if let Some(Tail::Data {
        whole_at: Some(whole_at),
    }) = tail
    {
        tell(
            text,
            format_args!("What follows is whole from offset {whole_at} on."),
        );
    }
}

fn tell(text: &mut String, line: fmt::Arguments) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
