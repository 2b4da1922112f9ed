use super::*;

/// Held by tests that change the number of threads.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    lock(&ONE_AT_A_TIME)
}

fn with_threads(n: usize, body: impl FnOnce()) {
    let _guard = alone();
    let before = num_threads();
    set_num_threads(n);
    body();
    set_num_threads(before);
}

fn count_each(n: usize, grain: usize) {
    let counts: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
    parallel_for(n, grain, |range| {
        for i in range {
            counts[i].fetch_add(1, Ordering::Relaxed);
        }
    });
    assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
}

#[test]
fn covers_every_index_once() {
    for threads in [1, 2, 3, 8] {
        with_threads(threads, || {
            for (n, grain) in [(0, 1), (1, 0), (7, 1), (8, 3), (1000, 1), (1000, 999), (1000, 5000)] {
                count_each(n, grain);
            }
        });
    }
}

#[test]
fn many_jobs_in_a_row() {
    with_threads(4, || (0..5000).for_each(|n| count_each(n % 17, 1)));
}

#[test]
fn nested_regions_run_inline() {
    with_threads(4, || parallel_for(8, 1, |outer| outer.for_each(|_| count_each(100, 1))));
}

#[test]
fn several_callers_at_once() {
    with_threads(3, || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| count_each(64, 1)));
            }
        });
    });
}

#[test]
fn panics_reach_the_caller_and_the_pool_survives() {
    with_threads(3, || {
        for bad in 0..3 {
            let result = catch_unwind(|| parallel_for(3, 1, |range| assert!(!range.contains(&bad), "task {bad}")));
            let payload = result.expect_err("the panic was lost");
            assert_eq!(payload.downcast_ref::<String>().unwrap(), &format!("task {bad}"));
            count_each(100, 1);
        }
    });
}

#[test]
fn flushes_denormals_only_above_the_grain() {
    let halve = |n: usize, grain: usize| {
        let lost = AtomicUsize::new(0);
        parallel_for(n, grain, |range| {
            let half = std::hint::black_box(f32::MIN_POSITIVE) * std::hint::black_box(0.5);
            if half.to_bits() == 0 {
                lost.fetch_add(range.len(), Ordering::Relaxed);
            }
        });
        lost.into_inner()
    };
    for threads in [1, 2] {
        with_threads(threads, || assert_eq!((halve(10, 10), halve(100, 10)), (0, 100)));
    }
    assert_ne!((std::hint::black_box(f32::MIN_POSITIVE) * std::hint::black_box(0.5)).to_bits(), 0);
}

#[cfg(unix)]
#[test]
fn a_forked_child_gets_its_own_workers() {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn _exit(code: i32) -> !;
    }
    with_threads(2, || {
        count_each(100, 1);
        // SAFETY: the child touches only the pool and atomics, then leaves without running destructors.
        let child = unsafe { fork() };
        if child == 0 {
            let hits = AtomicUsize::new(0);
            parallel_tasks(64, |_| _ = hits.fetch_add(1, Ordering::Relaxed));
            // SAFETY: ends the child.
            unsafe { _exit(i32::from(hits.into_inner() != 64)) };
        }
        let mut status = -1;
        // SAFETY: waits for the child just made.
        assert_eq!(unsafe { waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
    });
}
