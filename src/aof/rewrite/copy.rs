//! Copying records from the old file.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use crate::aof::encode::PIECE_BYTES;

/// Appends the bytes from `start` to `end` of the file `old` to `fresh`. Before each piece it calls
/// `go_on` with the number of bytes, and ends if that returns an error.
pub(super) fn copy(
    old: &File,
    start: u64,
    end: u64,
    mut fresh: &File,
    go_on: &dyn Fn(usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES.min(end.saturating_sub(start) as usize)];
    let mut at = start;
    while at < end {
        let count = piece.len().min((end - at) as usize);
        go_on(count)?;
        // From the open file, whatever its name is by now. If it was cut, this is an error.
        old.read_exact_at(&mut piece[..count], at)?;
        fresh.write_all(&piece[..count])?;
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    #[test]
    fn a_copy_that_is_no_longer_wanted_ends_before_all_is_copied() {
        const BYTES: u64 = 64 * PIECE_BYTES as u64;
        let name = format!("threadbare-copy-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        File::create(&path).unwrap().set_len(BYTES).unwrap();
        let old = File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let cancelled = AtomicBool::new(false);
        let go_on = |_| match cancelled.load(Ordering::Relaxed) {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(()),
        };
        // A pipe in the place of the fresh file takes no more than is read from it.
        let (mut output, input) = io::pipe().unwrap();
        let fresh = File::from(OwnedFd::from(input));
        let (result, copied) = thread::scope(|scope| {
            let copying = scope.spawn(move || copy(&old, 0, BYTES, &fresh, &go_on));
            output.read_exact(&mut [0]).unwrap();
            cancelled.store(true, Ordering::Relaxed);
            let copied = 1 + io::copy(&mut output, &mut io::sink()).unwrap();
            (copying.join().unwrap(), copied)
        });
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert!(copied < BYTES, "{copied} bytes");
    }
}
