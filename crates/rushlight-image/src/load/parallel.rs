//! Many images on several threads, and the loaders' memory between calls.

use super::Loader;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Loaders that no thread uses now.
static IDLE: Mutex<Vec<Box<Loader>>> = Mutex::new(Vec::new());

/// Most loaders that are kept.
const KEPT: usize = 64;

impl Loader {
    /// Calls `work` with a loader that keeps its memory for the next caller.
    pub fn with<T>(work: impl FnOnce(&mut Loader) -> T) -> T {
        let idle = || IDLE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut loader = idle().pop().unwrap_or_default();
        let result = work(&mut loader);
        let mut kept = idle();
        if kept.len() < KEPT {
            kept.push(loader);
        }
        result
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
    let next = AtomicUsize::new(0);
    let worker = || {
        Loader::with(|loader| {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                work(loader, index);
            }
        })
    };
    std::thread::scope(|scope| {
        for _ in 1..workers.min(count) {
            // A machine that gives no more threads has the calling one.
            let _ = std::thread::Builder::new().name("rushlight-image".into()).spawn_scoped(scope, worker);
        }
        worker();
    });
}
