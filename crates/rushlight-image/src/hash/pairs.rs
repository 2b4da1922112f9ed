//! All pairs of near hashes.

use super::index::{Entry, Index, Table};
use crate::team;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Two near hashes, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The lower number.
    pub first: u32,
    /// The higher number.
    pub second: u32,
    /// The bits in which they differ.
    pub distance: u32,
}

/// A thread takes this many buckets, or hashes, at a time.
const GRAIN: usize = 1 << 12;

/// Pairs that a thread collects before it hands them over.
const COLLECTED: usize = 1 << 14;

/// All pairs at most `radius` bits apart, in order; `None` when there are more than `most`.
///
/// ```
/// use rushlight_image::hash::{Pair, pairs};
/// let found = pairs(&[0b0000, 0b0011, 0b1111], 2, 2, 100).unwrap();
/// assert_eq!(found, [Pair { first: 0, second: 1, distance: 2 }, Pair { first: 1, second: 2, distance: 2 }]);
/// ```
pub fn pairs(hashes: &[u64], radius: u32, threads: usize, most: usize) -> Option<Vec<Pair>> {
    let index = Index::new(hashes, radius);
    let sink = Sink { pairs: Mutex::default(), count: AtomicUsize::new(0), most };
    if index.tables.is_empty() {
        let tasks = hashes.len().div_ceil(GRAIN);
        team::run(tasks, threads, || Collector::new(&sink), |found, task| scan(&index, task, found));
    }
    for (t, table) in index.tables.iter().enumerate() {
        let tasks = table.keys().div_ceil(GRAIN);
        team::run(tasks, threads, || Collector::new(&sink), |found, task| search(&index, t, task, found));
    }
    let mut pairs = sink.pairs.into_inner().ok().filter(|pairs| pairs.len() <= most)?;
    pairs.sort_unstable();
    Some(pairs)
}

/// Compares some hashes with all later ones.
fn scan(index: &Index, task: usize, found: &mut Collector) {
    for first in (task * GRAIN..index.hashes.len()).take(GRAIN) {
        if found.is_full() {
            return;
        }
        let query = index.hashes[first];
        for (second, hash) in index.hashes.iter().enumerate().skip(first + 1) {
            let distance = (hash ^ query).count_ones();
            if distance <= index.radius {
                found.add(first as u32, second as u32, distance);
            }
        }
    }
}

/// Compares the entries of some keys of a table with those of all near keys that are not lower: every two buckets meet once.
fn search(index: &Index, t: usize, task: usize, found: &mut Collector) {
    let table = &index.tables[t];
    for key in (task * GRAIN..table.keys()).take(GRAIN) {
        let bucket = table.bucket(key);
        for at in bucket.clone() {
            if found.is_full() {
                return;
            }
            compare(index, t, table.entries[at], &table.entries[at + 1..bucket.end], found);
            compare_near_keys(index, t, table, key, at, found);
        }
    }
}

fn compare_near_keys(index: &Index, t: usize, table: &Table, key: usize, at: usize, found: &mut Collector) {
    for other in table.flips[1..].iter().map(|&flip| key ^ flip as usize).filter(|&other| other > key) {
        compare(index, t, table.entries[at], &table.entries[table.bucket(other)], found);
    }
}

#[inline]
fn compare(index: &Index, t: usize, one: Entry, others: &[Entry], found: &mut Collector) {
    for other in others {
        let difference = one.hash ^ other.hash;
        if difference.count_ones() <= index.radius && index.is_first(t, difference) {
            found.add(one.id.min(other.id), one.id.max(other.id), difference.count_ones());
        }
    }
}

/// Where all threads' pairs go.
struct Sink {
    pairs: Mutex<Vec<Pair>>,
    count: AtomicUsize,
    most: usize,
}

/// The pairs of one thread.
struct Collector<'a> {
    sink: &'a Sink,
    pairs: Vec<Pair>,
}

impl<'a> Collector<'a> {
    fn new(sink: &'a Sink) -> Collector<'a> {
        Collector { sink, pairs: Vec::new() }
    }

    /// Whether there are so many pairs that no more are wanted.
    fn is_full(&self) -> bool {
        self.sink.count.load(Ordering::Relaxed) > self.sink.most
    }

    fn add(&mut self, first: u32, second: u32, distance: u32) {
        self.pairs.push(Pair { first, second, distance });
        if self.pairs.len() >= COLLECTED {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        self.sink.count.fetch_add(self.pairs.len(), Ordering::Relaxed);
        if let Ok(mut pairs) = self.sink.pairs.lock()
            && pairs.len() <= self.sink.most
        {
            pairs.append(&mut self.pairs);
        }
        self.pairs.clear();
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        self.hand_over();
    }
}
