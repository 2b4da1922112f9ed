//! Memory shared by tensors: aligned, cached, counted, or borrowed from a foreign owner.
#![allow(unsafe_code)]

use crate::{Result, bail};
use std::alloc::Layout as Alloc;
use std::any::Any;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

const ALIGN: usize = 64;

/// Blocks up to this size lie inside the storage object itself: one allocation instead of two.
const INLINE: usize = 128;

/// A block of bytes and the count of changes made to it.
pub struct Storage {
    ptr: NonNull<u8>,
    bytes: usize,
    /// Bytes allocated (the size class), zero for foreign and inline memory.
    capacity: usize,
    read_only: AtomicBool,
    version: AtomicU64,
    /// Keeps foreign memory (NumPy, DLPack, a mapped file) alive.
    _owner: Option<Box<dyn Any + Send + Sync>>,
    inline: Inline,
}

/// `Arc::new` that makes a value where it will lie: one of some hundred bytes is not copied there.
#[inline(always)]
pub(crate) fn shared<T>(make: impl FnOnce() -> T) -> Arc<T> {
    let slot = Arc::<T>::new_uninit();
    // SAFETY: nobody else knows the slot yet, and it is written before it counts as made.
    unsafe {
        (Arc::as_ptr(&slot) as *mut T).write(make());
        slot.assume_init()
    }
}

/// Room for a small block, aligned for every element type.
#[repr(align(16))]
struct Inline(UnsafeCell<[MaybeUninit<u8>; INLINE]>);

impl Inline {
    const fn new() -> Inline {
        Inline(UnsafeCell::new([MaybeUninit::uninit(); INLINE]))
    }
}

// SAFETY: the pointer is owned (or kept alive by `_owner`); concurrent writes to one tensor are the caller's race, as
// in NumPy and PyTorch, and never change the block's address or length.
unsafe impl Send for Storage {}
// SAFETY: as above.
unsafe impl Sync for Storage {}

/// Current and peak bytes, allocations and cache hits.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryStats {
    /// Bytes held by living tensors.
    pub allocated: usize,
    /// Largest value of `allocated` so far.
    pub peak: usize,
    /// Bytes kept for reuse.
    pub cached: usize,
    /// Blocks handed out.
    pub allocations: usize,
    /// Blocks that came from the cache.
    pub cache_hits: usize,
}

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static HITS: AtomicUsize = AtomicUsize::new(0);

mod cache {
    //! Freed blocks of at least 64 KiB by size class, bounded: a fresh large block costs twice a reused one, because
    //! the system clears its pages.
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    pub const SMALLEST: usize = 64 * 1024;
    const LIMIT: usize = 256 * 1024 * 1024;

    pub struct Blocks {
        free: BTreeMap<usize, Vec<usize>>,
        pub bytes: usize,
    }

    pub static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks { free: BTreeMap::new(), bytes: 0 });

    impl Blocks {
        pub fn take(&mut self, class: usize) -> Option<usize> {
            let list = self.free.get_mut(&class)?;
            let block = list.pop()?;
            self.bytes -= class;
            Some(block)
        }

        /// Keeps a block if it fits under the limit.
        pub fn give(&mut self, class: usize, block: usize) -> bool {
            if self.bytes + class > LIMIT {
                return false;
            }
            self.free.entry(class).or_default().push(block);
            self.bytes += class;
            true
        }

        pub fn drain(&mut self) -> Vec<(usize, usize)> {
            self.bytes = 0;
            std::mem::take(&mut self.free).into_iter().flat_map(|(class, list)| list.into_iter().map(move |b| (class, b))).collect()
        }
    }
}

/// Sizes are rounded up so that freed blocks fit later requests: to 64 bytes when small, to an eighth of the leading
/// power of two when large.
fn size_class(bytes: usize) -> usize {
    let step = if bytes < cache::SMALLEST { ALIGN } else { (bytes.next_power_of_two() / 16).max(4096) };
    bytes.max(1).div_ceil(step) * step
}

fn lock() -> std::sync::MutexGuard<'static, cache::Blocks> {
    cache::BLOCKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Storage {
    /// Uninitialised memory.
    pub fn new(bytes: usize) -> Result<Arc<Storage>> {
        Storage::allocate(bytes, false)
    }

    /// Zeroed memory.
    pub fn zeroed(bytes: usize) -> Result<Arc<Storage>> {
        Storage::allocate(bytes, true)
    }

    fn allocate(bytes: usize, zero: bool) -> Result<Arc<Storage>> {
        if bytes <= INLINE {
            return Ok(Storage::small(bytes, zero));
        }
        if bytes > isize::MAX as usize / 2 {
            bail!(Memory, "cannot allocate {bytes} bytes: more than memory can address");
        }
        let capacity = size_class(bytes);
        let cached = if capacity >= cache::SMALLEST { lock().take(capacity) } else { None };
        let ptr = match cached {
            Some(block) => {
                HITS.fetch_add(1, Ordering::Relaxed);
                let block = block as *mut u8;
                if zero {
                    // SAFETY: the cached block has at least `bytes` bytes and no other owner.
                    unsafe { block.write_bytes(0, bytes) };
                }
                block
            }
            None => {
                let Ok(layout) = Alloc::from_size_align(capacity, ALIGN) else {
                    bail!(Memory, "cannot allocate {bytes} bytes: more than memory can address");
                };
                // SAFETY: the layout has a nonzero size.
                unsafe { if zero { std::alloc::alloc_zeroed(layout) } else { std::alloc::alloc(layout) } }
            }
        };
        let Some(ptr) = NonNull::new(ptr) else {
            bail!(Memory, "cannot allocate {bytes} bytes: the system has not enough memory");
        };
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let now = ALLOCATED.fetch_add(capacity, Ordering::Relaxed) + capacity;
        PEAK.fetch_max(now, Ordering::Relaxed);
        Ok(Arc::new(Storage { ptr, bytes, capacity, read_only: AtomicBool::new(false), version: AtomicU64::new(0), _owner: None, inline: Inline::new() }))
    }

    /// A block inside the object.
    fn small(bytes: usize, zero: bool) -> Arc<Storage> {
        shared(|| Storage {
            ptr: NonNull::dangling(),
            bytes,
            capacity: 0,
            read_only: AtomicBool::new(false),
            version: AtomicU64::new(0),
            _owner: None,
            inline: if zero { Inline(UnsafeCell::new([MaybeUninit::new(0); INLINE])) } else { Inline::new() },
        })
    }

    /// Memory of another owner, kept alive as long as the storage.
    ///
    /// # Safety
    /// `ptr` must stay valid for `bytes` bytes while `owner` lives.
    pub unsafe fn foreign(ptr: *mut u8, bytes: usize, read_only: bool, owner: Box<dyn Any + Send + Sync>) -> Arc<Storage> {
        let ptr = NonNull::new(ptr).unwrap_or(NonNull::dangling());
        Arc::new(Storage {
            ptr,
            bytes,
            capacity: 0,
            read_only: AtomicBool::new(read_only),
            version: AtomicU64::new(0),
            _owner: Some(owner),
            inline: Inline::new(),
        })
    }

    /// Start of the block.
    #[inline]
    pub fn ptr(&self) -> *mut u8 {
        if self.capacity == 0 && self._owner.is_none() { self.inline.0.get() as *mut u8 } else { self.ptr.as_ptr() }
    }

    /// Bytes usable.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether writing is forbidden (a read-only NumPy array or file mapping).
    pub fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    /// Number of in-place changes so far.
    #[inline]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Counts one in-place change.
    #[inline]
    pub fn bump(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if self.capacity == 0 {
            return;
        }
        ALLOCATED.fetch_sub(self.capacity, Ordering::Relaxed);
        if self.capacity >= cache::SMALLEST && lock().give(self.capacity, self.ptr.as_ptr() as usize) {
            return;
        }
        free(self.capacity, self.ptr.as_ptr());
    }
}

fn free(capacity: usize, ptr: *mut u8) {
    if let Ok(layout) = Alloc::from_size_align(capacity, ALIGN) {
        // SAFETY: the block was allocated with this very layout and has no other owner.
        unsafe { std::alloc::dealloc(ptr, layout) }
    }
}

/// Memory in use by tensors.
pub fn memory_stats() -> MemoryStats {
    MemoryStats {
        allocated: ALLOCATED.load(Ordering::Relaxed),
        peak: PEAK.load(Ordering::Relaxed),
        cached: lock().bytes,
        allocations: ALLOCATIONS.load(Ordering::Relaxed),
        cache_hits: HITS.load(Ordering::Relaxed),
    }
}

/// Bytes held by living tensors.
pub fn allocated() -> usize {
    ALLOCATED.load(Ordering::Relaxed)
}

/// Forgets the peak so far.
pub fn reset_peak() {
    PEAK.store(ALLOCATED.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// Returns cached blocks to the system.
pub fn empty_cache() {
    let blocks = lock().drain();
    for (class, block) in blocks {
        free(class, block as *mut u8);
    }
}
