//! Threads that work on the samples of batches, first come, first served.

use crate::Loader;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// The samples of a batch.
pub trait Work: Send + Sync + 'static {
    /// Does sample `index`; no two threads get the same one.
    fn run(&self, loader: &mut Loader, index: usize);

    /// Sample `index` ended in a panic.
    fn panicked(&self, index: usize);
}

/// Threads with a [`Loader`] each. Dropping it ends them, each after the sample it is at.
///
/// ```
/// use rushlight_image::Loader;
/// use rushlight_image::stream::{Pool, Work};
/// struct Print;
/// impl Work for Print {
///     fn run(&self, _: &mut Loader, index: usize) { println!("{index}") }
///     fn panicked(&self, _: usize) {}
/// }
/// Pool::new(2).unwrap().submit(4, std::sync::Arc::new(Print)).wait(None);
/// ```
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    process: u32,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    batches: VecDeque<Arc<Batch>>,
    closed: bool,
}

struct Batch {
    work: Arc<dyn Work>,
    count: usize,
    progress: Mutex<Progress>,
    finished: Condvar,
    process: u32,
}

/// Samples begun, samples done with, and whether some of these were not worked on.
#[derive(Default)]
struct Progress {
    begun: usize,
    ended: usize,
    cancelled: bool,
}

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There are samples to come.
    Running,
    /// All samples have been worked on.
    Done,
    /// Some never will be: the pool was dropped, or is that of another process.
    Cancelled,
}

/// A batch under way. Dropping it cancels what has not begun and waits for what has: afterwards nobody touches the batch's memory.
pub struct Ticket(Arc<Batch>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Pool {
    /// As many threads as asked for, or as the machine gives, if that is any.
    pub fn new(threads: usize) -> std::io::Result<Pool> {
        let shared = Arc::new(Shared::default());
        let mut pool = Pool { shared, threads: vec![], process: std::process::id() };
        for i in 0..threads.max(1) {
            let shared = pool.shared.clone();
            match std::thread::Builder::new().name(format!("rushlight-load-{i}")).spawn(move || shared.serve()) {
                Ok(thread) => pool.threads.push(thread),
                Err(error) if i == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(pool)
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Queues `count` samples behind those already there.
    pub fn submit(&self, count: usize, work: Arc<dyn Work>) -> Ticket {
        let batch = Arc::new(Batch { work, count, progress: Mutex::default(), finished: Condvar::new(), process: self.process });
        if count > 0 {
            lock(&self.shared.queue).batches.push_back(batch.clone());
            self.shared.wake.notify_all();
        }
        Ticket(batch)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // A child of a fork has the handles, but not the threads.
            return self.threads.drain(..).for_each(std::mem::forget);
        }
        let mut queue = lock(&self.shared.queue);
        queue.closed = true;
        for batch in queue.batches.drain(..) {
            batch.cancel();
        }
        drop(queue);
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn serve(&self) {
        let mut loader = Loader::new();
        while let Some((batch, index)) = self.next() {
            if catch_unwind(AssertUnwindSafe(|| batch.work.run(&mut loader, index))).is_err() {
                loader = Loader::new();
                batch.work.panicked(index);
            }
            batch.end(1);
        }
    }

    /// The next sample of the first batch that has one; `None` when the pool is closed.
    fn next(&self) -> Option<(Arc<Batch>, usize)> {
        let mut queue = lock(&self.queue);
        loop {
            while let Some(batch) = queue.batches.front().cloned() {
                if let Some((index, last)) = batch.begin() {
                    if last {
                        queue.batches.pop_front();
                    }
                    return Some((batch, index));
                }
                queue.batches.pop_front();
            }
            if queue.closed {
                return None;
            }
            queue = self.wake.wait(queue).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

impl Batch {
    /// The number of the next sample and whether it is the last.
    fn begin(&self) -> Option<(usize, bool)> {
        let mut progress = lock(&self.progress);
        let index = progress.begun;
        progress.begun += (index < self.count) as usize;
        (index < self.count).then_some((index, index + 1 == self.count))
    }

    fn end(&self, count: usize) {
        let mut progress = lock(&self.progress);
        progress.ended += count;
        if progress.ended == self.count {
            self.finished.notify_all();
        }
    }

    /// Counts what has not begun as done with.
    fn cancel(&self) {
        let mut progress = lock(&self.progress);
        let left = self.count - progress.begun;
        progress.begun = self.count;
        progress.cancelled |= left > 0;
        drop(progress);
        self.end(left);
    }
}

impl Ticket {
    /// Waits until all samples are done with, at most for `timeout`.
    pub fn wait(&self, timeout: Option<Duration>) -> State {
        if self.is_foreign() {
            return State::Cancelled;
        }
        let unfinished = |progress: &mut Progress| progress.ended < self.0.count;
        let progress = lock(&self.0.progress);
        let progress = match timeout {
            Some(timeout) => self.0.finished.wait_timeout_while(progress, timeout, unfinished).unwrap_or_else(|e| e.into_inner()).0,
            None => self.0.finished.wait_while(progress, unfinished).unwrap_or_else(|e| e.into_inner()),
        };
        match () {
            _ if progress.ended < self.0.count => State::Running,
            _ if progress.cancelled => State::Cancelled,
            _ => State::Done,
        }
    }

    /// Whether this is the child of a fork, which has no such threads, but perhaps locks that they held.
    fn is_foreign(&self) -> bool {
        self.0.process != std::process::id()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_foreign() {
            self.0.cancel();
            self.wait(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Instant;

    #[derive(Default)]
    struct Count {
        runs: AtomicUsize,
        panics: AtomicUsize,
        slow: bool,
    }

    impl Work for Count {
        fn run(&self, _: &mut Loader, index: usize) {
            if self.slow {
                std::thread::sleep(Duration::from_millis(5));
            }
            self.runs.fetch_add(1, SeqCst);
            assert!(index != 3, "sample 3 is bad");
        }

        fn panicked(&self, index: usize) {
            self.panics.fetch_add(index, SeqCst);
        }
    }

    #[test]
    fn every_sample_runs_once_and_panics_are_told() {
        std::panic::set_hook(Box::new(|_| {}));
        let pool = Pool::new(3).unwrap();
        let counts: Vec<Arc<Count>> = (0..20).map(|_| Arc::default()).collect();
        let tickets: Vec<Ticket> = counts.iter().map(|count| pool.submit(10, count.clone())).collect();
        assert!(tickets.iter().all(|ticket| ticket.wait(None) == State::Done));
        assert!(counts.iter().all(|c| (c.runs.load(SeqCst), c.panics.load(SeqCst)) == (10, 3)));
        assert_eq!(pool.submit(0, Arc::new(Count::default())).wait(None), State::Done);
    }

    #[test]
    fn dropping_a_ticket_or_the_pool_stops_the_work() {
        let count = Arc::new(Count { slow: true, ..Count::default() });
        let pool = Pool::new(2).unwrap();
        let (first, second) = (pool.submit(100_000, count.clone()), pool.submit(100_000, count.clone()));
        assert_eq!(first.wait(Some(Duration::from_millis(20))), State::Running);
        drop(first);
        let begun = Instant::now();
        drop(pool);
        assert_eq!(second.wait(None), State::Cancelled);
        assert!(begun.elapsed() < Duration::from_secs(5));
        let runs = count.runs.load(SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(count.runs.load(SeqCst), runs);
    }
}
