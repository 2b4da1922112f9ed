//! A team of threads for one call: as many as the caller wishes, each with memory of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `work(state, i)` for `0 <= i < tasks`, each once, on up to `workers` threads of which each makes its own `state`.
pub fn run<S>(tasks: usize, workers: usize, state: impl Fn() -> S + Sync, work: impl Fn(&mut S, usize) + Sync) {
    let next = AtomicUsize::new(0);
    let serve = || {
        let mut own = state();
        loop {
            match next.fetch_add(1, Ordering::Relaxed) {
                i if i < tasks => work(&mut own, i),
                _ => break,
            }
        }
    };
    thread::scope(|scope| {
        let helpers = workers.min(tasks).saturating_sub(1);
        // Where the system gives no more threads, those it gave do all the work.
        let started = (0..helpers).map_while(|_| thread::Builder::new().spawn_scoped(scope, serve).ok()).count();
        debug_assert!(started <= helpers);
        serve();
    });
}
