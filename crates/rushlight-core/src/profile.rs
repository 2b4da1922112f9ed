//! Recording of operator calls: name, time, memory.

use crate::storage;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// One call, in nanoseconds since the recording started.
#[derive(Clone, Debug)]
pub struct Event {
    /// The row, or the label of a range.
    pub name: String,
    /// Start.
    pub start: u64,
    /// End.
    pub end: u64,
    /// Shapes of the tensors.
    pub shapes: Vec<Vec<usize>>,
    /// Bytes allocated minus bytes freed meanwhile.
    pub memory: i64,
}

static ACTIVE: AtomicBool = AtomicBool::new(false);

thread_local! {
    static RECORD: RefCell<Option<(Instant, Vec<Event>)>> = const { RefCell::new(None) };
}

/// Whether any thread records.
#[inline]
pub fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed)
}

/// Starts recording on this thread.
pub fn start() {
    RECORD.with(|r| *r.borrow_mut() = Some((Instant::now(), Vec::new())));
    ACTIVE.store(true, Ordering::Relaxed);
}

/// Ends recording on this thread.
pub fn stop() -> Vec<Event> {
    ACTIVE.store(false, Ordering::Relaxed);
    RECORD.with(|r| r.borrow_mut().take()).map(|(_, events)| events).unwrap_or_default()
}

/// A range being recorded.
pub struct Span {
    name: String,
    start: Option<u64>,
    shapes: Vec<Vec<usize>>,
    before: usize,
}

/// Begins a range; [`Span::end`] records it.
pub fn span(name: &str, shapes: impl FnOnce() -> Vec<Vec<usize>>) -> Span {
    let start = RECORD.with(|r| r.borrow().as_ref().map(|(origin, _)| origin.elapsed().as_nanos() as u64));
    Span { name: name.to_string(), shapes: if start.is_some() { shapes() } else { Vec::new() }, start, before: storage::allocated() }
}

impl Span {
    /// Ends the range.
    pub fn end(self) {
        let Some(start) = self.start else { return };
        let memory = storage::allocated() as i64 - self.before as i64;
        RECORD.with(|r| {
            if let Some((origin, events)) = r.borrow_mut().as_mut() {
                let end = origin.elapsed().as_nanos() as u64;
                events.push(Event { name: self.name, start, end, shapes: self.shapes, memory });
            }
        });
    }
}
