//! How much memory the process uses, and giving back what it does not use any more.
//!
//! The C library keeps what is freed for the next allocation. That is all the memory of a
//! peak: each thread takes from one of several arenas, and only the end of an arena goes back
//! to the system by itself. `malloc_trim` gives back every free page.
//!
//! The C library could tell what is in use (`mallinfo2`), but it walks all free pieces for that,
//! with the arenas locked. So [`Counting`] counts. A thread that has an [`Account`] counts
//! in memory of its own, without an atomic operation; the others share a counter.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The system's allocator, which counts the bytes in use: for `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

/// What one thread has allocated, less what it has freed. Not within a cache line of another.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicIsize);

/// Of all threads that have no account.
static SHARED: Counter = Counter(AtomicIsize::new(0));

static ACCOUNTS: Mutex<Accounts> = Mutex::new(Accounts {
    all: Vec::new(),
    free: Vec::new(),
});

/// The most bytes that were ever seen to be in use.
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Accounts {
    all: Vec<&'static Counter>,
    /// Those whose thread has ended. What they have counted still counts.
    free: Vec<&'static Counter>,
}

thread_local! {
    // Neither allocates nor has to be dropped, so that an allocator may use it at any time.
    static OWN: Cell<Option<&'static Counter>> = const { Cell::new(None) };
}

// SAFETY: each function passes its arguments on to `System` and returns what that returns, so
// that the caller's promises and those of `System` hold. Counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        let pointer = unsafe { System.alloc(layout) };
        counted(pointer, piece_bytes(layout.size()))
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        counted(pointer, piece_bytes(layout.size()))
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-piece_bytes(layout.size()));
        // SAFETY: see above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: see above.
        let pointer = unsafe { System.realloc(pointer, layout, new_size) };
        counted(pointer, piece_bytes(new_size) - piece_bytes(layout.size()))
    }
}

/// How many bytes a piece of `size` bytes takes: the C library's head and rounding included.
const fn piece_bytes(size: usize) -> isize {
    ((size + 23) & !15) as isize
}

#[inline]
fn counted(pointer: *mut u8, bytes: isize) -> *mut u8 {
    if !pointer.is_null() {
        count(bytes);
    }
    pointer
}

#[inline]
fn count(bytes: isize) {
    match OWN.get() {
        // Nobody else writes to it.
        Some(Counter(own)) => {
            let sum = own.load(Ordering::Relaxed).wrapping_add(bytes);
            own.store(sum, Ordering::Relaxed);
        }
        None => {
            SHARED.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

/// The current thread's own counter, for as long as this lives. Makes an allocation cheaper,
/// and the figures the same.
#[derive(Debug)]
pub struct Account {
    /// What OWN was before: an account within another leaves it alone.
    before: Option<&'static Counter>,
}

impl Account {
    /// Opens one for the current thread.
    pub fn open() -> Account {
        let mut accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = accounts.free.pop().unwrap_or_else(|| {
            let counter: &'static Counter = Box::leak(Box::default());
            accounts.all.push(counter);
            counter
        });
        Account {
            before: OWN.replace(Some(counter)),
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Some(counter) = OWN.replace(self.before) {
            let mut accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
            accounts.free.push(counter);
        }
    }
}

/// Bytes that are in use now, and the most of them that were seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Now.
    pub used: usize,
    /// The most that a call has found in use so far.
    pub peak: usize,
}

/// Returns the bytes in use. Where [`Counting`] is not the program's allocator, these are the
/// process's pages that no file backs, if the kernel tells.
pub fn usage() -> Option<Usage> {
    counted_usage().or_else(|| {
        Some(Usage {
            used: process_bytes("RssAnon")?,
            peak: process_bytes("VmHWM")?,
        })
    })
}

/// Returns the bytes in use, if [`Counting`] is the program's allocator.
pub fn counted_usage() -> Option<Usage> {
    let accounts = ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let own: isize = accounts
        .all
        .iter()
        .map(|it| it.0.load(Ordering::Relaxed))
        .sum();
    drop(accounts);
    // A thread may free what another has allocated. Read one after the other, the sum may be off
    // by what is allocated meanwhile.
    let used = usize::try_from(own.wrapping_add(SHARED.0.load(Ordering::Relaxed))).ok()?;
    let peak = PEAK.fetch_max(used, Ordering::Relaxed).max(used);
    (used > 0).then_some(Usage { used, peak })
}

/// Returns a figure of the process that `/proc/self/status` has in kilobytes, in bytes; on Linux.
/// The kernel answers from memory, so this is no wait even while the data is locked for reading.
pub fn process_bytes(name: &str) -> Option<usize> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kilobytes: usize = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Gives all memory back to the system that is free, as whole pages. Each arena is locked in its
/// turn, for a millisecond per some ten thousand free pieces. Does nothing where the C library
/// is not GNU's.
pub fn release() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    glibc::release();
}

/// Sets how the C library takes memory: to be called before there are threads.
pub fn set_up() {
    glibc::set_thresholds();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;
    use std::sync::{Mutex, mpsc};
    use std::thread;

    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> c_int;
        fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }

    const M_TRIM_THRESHOLD: c_int = -1;
    const M_MMAP_THRESHOLD: c_int = -3;

    /// From this size on a piece is the system's own, and goes back when it is freed. By default
    /// that begins with 128 KB and grows with what is freed, up to 32 MB, and so does the size
    /// of what is kept at the end of each arena.
    const MAPPED_BYTES: c_int = 4 << 20;
    /// How much is kept at the end of an arena when a piece is freed.
    const KEPT_BYTES: c_int = 1 << 20;

    /// Big enough to have the end of an arena looked at when it is freed (64 KB are).
    const PROBE_BYTES: usize = 96 << 10;
    const MOST_ARENAS: usize = 64;
    const PROBE_STACK_BYTES: usize = 64 << 10;

    pub(super) fn set_thresholds() {
        set(M_MMAP_THRESHOLD, MAPPED_BYTES);
        set(M_TRIM_THRESHOLD, KEPT_BYTES);
    }

    fn set(parameter: c_int, value: c_int) {
        // SAFETY: there is nothing but numbers, and it locks what it changes (mallopt(3)).
        unsafe { mallopt(parameter, value) };
    }

    /// `malloc_trim` gives back free pages within all arenas, but the end of the first one only.
    pub(super) fn release() {
        // SAFETY: any thread may call it at any time (malloc_trim(3)), and it touches nothing
        // that is allocated.
        unsafe { malloc_trim(0) };
        set(M_TRIM_THRESHOLD, 0);
        cut_ends();
        set(M_TRIM_THRESHOLD, KEPT_BYTES);
    }

    /// Has the ends of arenas given back, which happens when something is freed there. New
    /// threads get the arenas of threads that have ended, then any in their turn: so as many
    /// threads as there can be arenas (eight a processor), at once.
    fn cut_ends() {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let count = (8 * processors).min(MOST_ARENAS);
        let gate = Mutex::new(());
        thread::scope(|scope| {
            let closed = gate.lock();
            let (sender, pieces) = mpsc::channel();
            for _ in 0..count {
                let (sender, gate) = (sender.clone(), &gate);
                let probe = move || {
                    let piece = Vec::<u8>::with_capacity(PROBE_BYTES);
                    // Somebody receives until all senders are gone.
                    let _ = sender.send(piece);
                    drop(sender);
                    // An arena is another thread's as soon as this one has ended.
                    drop(gate.lock());
                };
                let thread = thread::Builder::new().stack_size(PROBE_STACK_BYTES);
                if thread.spawn_scoped(scope, probe).is_err() {
                    break;
                }
            }
            drop(sender);
            let pieces: Vec<Vec<u8>> = pieces.iter().collect();
            drop(pieces);
            drop(closed);
        });
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod glibc {
    pub(super) fn set_thresholds() {}

    pub(super) fn release() {}
}
