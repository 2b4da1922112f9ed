//! Many images on several threads, and the loaders' memory between calls.

use super::Loader;
use crate::team;
use std::sync::{Mutex, MutexGuard};

/// Loaders that no thread uses now.
static IDLE: Mutex<Vec<Box<Loader>>> = Mutex::new(Vec::new());

/// Most loaders that are kept.
const KEPT: usize = 64;

fn idle() -> MutexGuard<'static, Vec<Box<Loader>>> {
    IDLE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A loader that goes back to the idle ones in the end.
struct Borrowed(Box<Loader>);

impl Borrowed {
    fn new() -> Borrowed {
        let loader = idle().pop();
        Borrowed(loader.unwrap_or_default())
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut kept = idle();
        if kept.len() < KEPT {
            kept.push(std::mem::take(&mut self.0));
        }
    }
}

impl Loader {
    /// Calls `work` with a loader that keeps its memory for the next caller.
    pub fn with<T>(work: impl FnOnce(&mut Loader) -> T) -> T {
        work(&mut Borrowed::new().0)
    }
}

/// Calls `work` for every index below `count` on `workers` threads, each with a loader of its own.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// let sum = AtomicUsize::new(0);
/// rushlight_image::in_parallel(10, 3, |_, i| { sum.fetch_add(i, Ordering::Relaxed); });
/// assert_eq!(sum.into_inner(), 45);
/// ```
pub fn in_parallel(count: usize, workers: usize, work: impl Fn(&mut Loader, usize) + Sync) {
    team::run(count, workers, Borrowed::new, |loader, index| work(&mut loader.0, index));
}
