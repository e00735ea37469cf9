//! Counts the memory that the process uses, and returns free memory to the system.
//!
//! The C library keeps freed memory for the next allocation. After a peak it keeps nearly all of
//! it: each thread allocates from one of several arenas, and only the end of an arena is returned
//! to the system automatically. `malloc_trim` returns every free page.
//!
//! The C library can report the memory in use (`mallinfo2`), but walks all free pieces for that,
//! with the arenas locked. So [`Counting`] counts each allocation. A thread with an [`Account`]
//! counts in memory of its own, without an atomic operation. The other threads share a counter.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The system's allocator, with a count of the bytes in use. For `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

/// The bytes that one thread has allocated, minus the bytes that it has freed. It shares no cache
/// line with another counter.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicIsize);

/// The counter of all threads without an account.
static SHARED: Counter = Counter(AtomicIsize::new(0));

static ACCOUNTS: Mutex<Accounts> = Mutex::new(Accounts {
    all: Vec::new(),
    free: Vec::new(),
});

/// The largest number of bytes in use that a call of [`counted_usage`] has found.
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Accounts {
    all: Vec<&'static Counter>,
    /// The counters of threads that have ended, for new threads. Their counts stay part of the sum.
    free: Vec<&'static Counter>,
}

thread_local! {
    // It neither allocates nor needs a drop, so an allocator may use it at any time.
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

/// Returns the bytes that an allocation of `size` bytes takes, with the C library's header and
/// rounding.
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
        // Only this thread writes its counter.
        Some(Counter(own)) => {
            let sum = own.load(Ordering::Relaxed).wrapping_add(bytes);
            own.store(sum, Ordering::Relaxed);
        }
        None => {
            SHARED.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

/// Gives the current thread a counter of its own until this is dropped. Makes an allocation cheaper
/// and leaves the sums the same.
#[derive(Debug)]
pub struct Account {
    /// The thread's counter before this account, if accounts are nested.
    before: Option<&'static Counter>,
}

impl Account {
    /// Opens an account for the current thread.
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

/// The bytes in use, and their peak.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Bytes in use now.
    pub used: usize,
    /// The largest number of bytes that a call has found in use.
    pub peak: usize,
}

/// Returns the bytes in use. If [`Counting`] is not the program's allocator, returns the process's
/// anonymous pages, if the kernel reports them.
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
    // A thread may free memory of another thread, so one counter can be negative. The counters are
    // read one after the other. So allocations meanwhile can make the sum slightly wrong.
    let used = usize::try_from(own.wrapping_add(SHARED.0.load(Ordering::Relaxed))).ok()?;
    let peak = PEAK.fetch_max(used, Ordering::Relaxed).max(used);
    (used > 0).then_some(Usage { used, peak })
}

/// Returns a figure of `/proc/self/status`, in bytes (Linux only). The kernel answers from memory,
/// so this does not wait for a disk and may be called with the data locked for reading.
pub fn process_bytes(name: &str) -> Option<usize> {
    let bytes = proc_bytes("/proc/self/status", name)?;
    usize::try_from(bytes).ok()
}

/// Returns the memory of the machine in bytes (Linux only).
pub fn system_bytes() -> Option<u64> {
    proc_bytes("/proc/meminfo", "MemTotal")
}

/// Returns a figure of a file that the kernel makes, in bytes.
fn proc_bytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Returns all free pages to the system. Locks one arena after the other, for about a millisecond
/// per ten thousand free pieces. Does nothing if the C library is not GNU's.
pub fn release() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    glibc::release();
}

/// Configures the C library's allocator. To be called before other threads exist.
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

    /// An allocation from this size on is a mapping of its own, which goes back to the system when
    /// it is freed. The default starts at 128 KB and grows with freed sizes up to 32 MB. The memory
    /// that stays at the end of each arena grows with it.
    const MAPPED_BYTES: c_int = 4 << 20;
    /// How much free memory stays at the end of an arena.
    const KEPT_BYTES: c_int = 1 << 20;

    /// The size of a freed piece that makes the C library trim the end of its arena (64 KB are
    /// enough).
    const PROBE_BYTES: usize = 96 << 10;
    const MAX_ARENAS: usize = 64;
    const PROBE_STACK_BYTES: usize = 64 << 10;

    pub(super) fn set_thresholds() {
        set(M_MMAP_THRESHOLD, MAPPED_BYTES);
        set(M_TRIM_THRESHOLD, KEPT_BYTES);
    }

    fn set(parameter: c_int, value: c_int) {
        // SAFETY: both arguments are numbers, and the function locks the state that it changes
        // (mallopt(3)).
        unsafe { mallopt(parameter, value) };
    }

    /// `malloc_trim` returns free pages within all arenas, but only trims the end of the first one.
    pub(super) fn release() {
        // SAFETY: any thread may call it at any time (malloc_trim(3)), and it changes no allocated
        // memory.
        unsafe { malloc_trim(0) };
        set(M_TRIM_THRESHOLD, 0);
        cut_ends();
        set(M_TRIM_THRESHOLD, KEPT_BYTES);
    }

    /// Trims the ends of all arenas. The C library does that when a piece of the arena is freed. A
    /// new thread gets the arena of an ended thread, or else the next arena in turn. So this starts
    /// as many threads at once as there can be arenas: eight for each processor.
    fn cut_ends() {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let count = (8 * processors).min(MAX_ARENAS);
        let gate = Mutex::new(());
        thread::scope(|scope| {
            let closed = gate.lock();
            let (sender, pieces) = mpsc::channel();
            for _ in 0..count {
                let (sender, gate) = (sender.clone(), &gate);
                let probe = move || {
                    let piece = Vec::<u8>::with_capacity(PROBE_BYTES);
                    // The receiver lives until all senders are gone.
                    let _ = sender.send(piece);
                    drop(sender);
                    // The thread must not end before all have allocated: another thread would get
                    // its arena.
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
