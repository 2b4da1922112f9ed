//! A fork-join thread pool: one caller, a team of workers that spin briefly and then sleep.
//!
//! Work is a number of tasks; caller and workers claim them one by one, so a worker that wakes late costs nothing.
//! Kernels must compute the same bits whichever thread runs a task and however a range is cut: then results do not
//! depend on the number of threads.
//!
//! ```
//! use std::sync::atomic::{AtomicUsize, Ordering};
//! let sum = AtomicUsize::new(0);
//! rushlight_kernels::pool::parallel_for(1000, 100, |range| {
//!     sum.fetch_add(range.sum::<usize>(), Ordering::Relaxed);
//! });
//! assert_eq!(sum.into_inner(), 499_500);
//! ```

mod denormals;

use denormals::FlushDenormals;
use std::any::Any;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How often an idle thread looks for work before it sleeps: some 100 microseconds, longer than a small network's training
/// step pauses between parallel loops. Waking sleepers took a fifth of such steps.
const SPINS: usize = 4000;

/// More threads than this are never started.
const MOST_THREADS: usize = 1024;

static THREADS: AtomicUsize = AtomicUsize::new(0);
static FLUSH: AtomicBool = AtomicBool::new(true);
static TEAM: AtomicPtr<Team> = AtomicPtr::new(std::ptr::null_mut());

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// How many threads a parallel region may use, the caller included.
///
/// `RUSHLIGHT_NUM_THREADS`, else `OMP_NUM_THREADS`, else the number of processors.
pub fn num_threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => {
            let wish = ["RUSHLIGHT_NUM_THREADS", "OMP_NUM_THREADS"].iter().find_map(|name| threads_from_env(name));
            set_num_threads(wish.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get())));
            THREADS.load(Ordering::Relaxed)
        }
        n => n,
    }
}

fn threads_from_env(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.split(',').next()?.trim().parse().ok().filter(|&n| n > 0)
}

/// Sets how many threads later parallel regions use (at least one).
pub fn set_num_threads(n: usize) {
    THREADS.store(n.clamp(1, MOST_THREADS), Ordering::Relaxed);
}

/// Whether work above its grain treats denormal numbers as zero (the default).
///
/// The size of the work decides, not the number of threads, so results stay the same on any machine.
pub fn set_flush_denormals(on: bool) {
    FLUSH.store(on, Ordering::Relaxed);
}

/// The setting of [`set_flush_denormals`].
pub fn flushes_denormals() -> bool {
    FLUSH.load(Ordering::Relaxed)
}

/// Calls `f` on ranges that together cover `0..n` once: at most [`num_threads`] of them, none shorter than about `grain`.
///
/// Runs in the calling thread when `n <= grain`, inside another parallel region, or while another caller has the workers.
/// A panic in `f` reaches the caller after all ranges have ended.
pub fn parallel_for(n: usize, grain: usize, f: impl Fn(Range<usize>) + Sync) {
    let grain = grain.max(1);
    if n <= grain {
        if n > 0 {
            f(0..n);
        }
        return;
    }
    let chunks = num_threads().min(n.div_ceil(grain));
    let bound = |chunk: usize| (chunk as u128 * n as u128 / chunks as u128) as usize;
    parallel_tasks(chunks, |chunk| f(bound(chunk)..bound(chunk + 1)));
}

/// Calls `f(0), f(1), ... f(tasks - 1)`, each once, threads taking the next one when they are free.
pub fn parallel_tasks(tasks: usize, f: impl Fn(usize) + Sync) {
    let _mode = FlushDenormals::begin();
    let threads = num_threads().min(tasks);
    if threads > 1
        && !INSIDE.get()
        && let Some(mut workers) = Team::current().leader.try_lock().ok()
    {
        return Team::current().lead(&mut workers, threads, tasks, &f);
    }
    (0..tasks).for_each(f);
}

/// The pool of one process. It is never freed: a worker may look at it at any time.
struct Team {
    /// A forked child finds the parent's number here and starts a team of its own.
    process: u32,
    /// Held by the one caller that has the workers; how many of them have been started.
    leader: Mutex<usize>,
    board: Mutex<Board>,
    /// Number of the latest job: what idle workers watch.
    job_number: AtomicUsize,
    next_task: AtomicUsize,
    /// Workers that have joined the job and not left it.
    active: AtomicUsize,
    work: Condvar,
    done: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// What workers read under a lock: a job may only be joined while it is posted here.
struct Board {
    job: Option<Job>,
    free_seats: usize,
    sleepers: usize,
    leader_sleeps: bool,
}

#[derive(Clone, Copy)]
struct Job {
    run: *const (dyn Fn(usize) + Sync),
    tasks: usize,
}

// SAFETY: `run` points to a `Sync` closure, and is only called by workers that joined while the leader keeps it alive.
unsafe impl Send for Job {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at `ready` for a short while; whether it came true.
fn spin(ready: impl Fn() -> bool) -> bool {
    (0..SPINS).any(|_| {
        std::hint::spin_loop();
        ready()
    })
}

impl Team {
    fn current() -> &'static Team {
        let process = std::process::id();
        let found = TEAM.load(Ordering::Acquire);
        // SAFETY: a team is leaked when it is published, so the pointer is null or valid for ever.
        match unsafe { found.as_ref() } {
            Some(team) if team.process == process => team,
            _ => Team::publish(process, found),
        }
    }

    fn publish(process: u32, old: *mut Team) -> &'static Team {
        let fresh = Box::into_raw(Box::new(Team::new(process)));
        match TEAM.compare_exchange(old, fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: just made, now leaked.
            Ok(_) => unsafe { &*fresh },
            Err(_) => {
                // SAFETY: another thread published first, so nobody has seen `fresh`.
                drop(unsafe { Box::from_raw(fresh) });
                Team::current()
            }
        }
    }

    fn new(process: u32) -> Team {
        Team {
            process,
            leader: Mutex::new(0),
            board: Mutex::new(Board { job: None, free_seats: 0, sleepers: 0, leader_sleeps: false }),
            job_number: AtomicUsize::new(0),
            next_task: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            work: Condvar::new(),
            done: Condvar::new(),
            panic: Mutex::new(None),
        }
    }

    /// Runs all tasks with up to `threads - 1` workers and returns when the last has ended.
    fn lead(&'static self, workers: &mut usize, threads: usize, tasks: usize, f: &(dyn Fn(usize) + Sync)) {
        self.hire(workers, threads - 1);
        // SAFETY: `retire` below returns only when no worker holds the job any more, so `f` outlives its uses.
        let run = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(f) };
        let job = Job { run, tasks };
        self.post(job, threads - 1);
        INSIDE.set(true);
        self.take_tasks(job);
        INSIDE.set(false);
        self.retire();
        let panic = lock(&self.panic).take();
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }

    /// Starts workers until there are `wanted`; where the system refuses, those there are do the work.
    fn hire(&'static self, workers: &mut usize, wanted: usize) {
        while *workers < wanted {
            let name = format!("rushlight-{}", *workers + 1);
            if std::thread::Builder::new().name(name).spawn(|| self.serve()).is_err() {
                return;
            }
            *workers += 1;
        }
    }

    fn post(&self, job: Job, seats: usize) {
        let mut board = lock(&self.board);
        self.next_task.store(0, Ordering::Relaxed);
        board.job = Some(job);
        board.free_seats = seats;
        self.job_number.fetch_add(1, Ordering::Release);
        if board.sleepers > 0 {
            self.work.notify_all();
        }
    }

    /// Takes the job off the board and waits for the workers that joined it.
    fn retire(&self) {
        lock(&self.board).job = None;
        let all_left = || self.active.load(Ordering::Acquire) == 0;
        if all_left() || spin(all_left) {
            return;
        }
        let mut board = lock(&self.board);
        board.leader_sleeps = true;
        while !all_left() {
            board = self.done.wait(board).unwrap_or_else(PoisonError::into_inner);
        }
        board.leader_sleeps = false;
    }

    fn take_tasks(&self, job: Job) {
        let result = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let task = self.next_task.fetch_add(1, Ordering::Relaxed);
                if task >= job.tasks {
                    return;
                }
                // SAFETY: this thread is the leader or joined the job, so the closure is alive.
                unsafe { (*job.run)(task) };
            }
        }));
        if let Err(payload) = result {
            self.next_task.store(job.tasks, Ordering::Relaxed);
            lock(&self.panic).get_or_insert(payload);
        }
    }

    /// A worker's life.
    fn serve(&self) {
        INSIDE.set(true);
        let mut seen = 0;
        loop {
            let job = self.join(&mut seen);
            let mode = FlushDenormals::begin();
            self.take_tasks(job);
            drop(mode);
            self.leave();
        }
    }

    /// Waits for a job newer than `seen` that has a free seat.
    fn join(&self, seen: &mut usize) -> Job {
        loop {
            spin(|| self.job_number.load(Ordering::Acquire) != *seen);
            let mut board = lock(&self.board);
            let latest = self.job_number.load(Ordering::Acquire);
            if latest == *seen {
                board.sleepers += 1;
                board = self.work.wait(board).unwrap_or_else(PoisonError::into_inner);
                board.sleepers -= 1;
                continue;
            }
            *seen = latest;
            if board.free_seats > 0
                && let Some(job) = board.job
            {
                board.free_seats -= 1;
                self.active.fetch_add(1, Ordering::Relaxed);
                return job;
            }
        }
    }

    fn leave(&self) {
        if self.active.fetch_sub(1, Ordering::AcqRel) == 1 && lock(&self.board).leader_sleeps {
            self.done.notify_one();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
