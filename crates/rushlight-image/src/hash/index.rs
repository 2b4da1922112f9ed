//! Multi-index hashing (Norouzi, Punjani, Fleet: "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014).
//!
//! A hash is cut into `m` substrings. Two hashes at most `r = m r' + a` bits apart have a substring (of the first `a + 1`) at most `r'` bits
//! apart, or one of the others at most `r' - 1`: so the near ones of a hash are in few buckets of `m` tables.

use std::ops::Range;

/// More bits than this make too large a table.
const MOST_KEY_BITS: u32 = 22;

/// Hashes, sorted into tables by each of their substrings, for searches within one radius.
///
/// ```
/// use rushlight_image::hash::Index;
/// let index = Index::new(&[0b0000, 0b0011, 0b1111], 2);
/// let mut found = Vec::new();
/// index.within(0b0001, &mut |at, distance| found.push((at, distance)));
/// assert_eq!(found, [(0, 1), (1, 1)]);
/// ```
pub struct Index {
    pub(super) radius: u32,
    /// With their bits in the order of [`spread`].
    pub(super) hashes: Vec<u64>,
    /// None when looking at every hash costs less.
    pub(super) tables: Vec<Table>,
}

/// The hashes by one substring.
pub(super) struct Table {
    shift: u32,
    /// The substring's bits.
    mask: u64,
    /// How far apart substrings may be.
    radius: u32,
    /// Where the entries of a key begin.
    offsets: Vec<u32>,
    pub entries: Vec<Entry>,
    /// All keys' differences that count as near, the empty one first.
    pub flips: Vec<u32>,
}

/// A hash and its number.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    pub hash: u64,
    pub id: u32,
}

impl Table {
    fn new(hashes: &[u64], plan: Substring) -> Table {
        let Substring { shift, bits, radius } = plan;
        let mut table =
            Table { shift, mask: ((1 << bits) - 1) << shift, radius, offsets: vec![0; (1 << bits) + 1], entries: Vec::new(), flips: flips(bits, radius) };
        for &hash in hashes {
            let key = table.key(hash);
            table.offsets[key + 1] += 1;
        }
        for key in 0..1 << bits {
            table.offsets[key + 1] += table.offsets[key];
        }
        let mut ends = table.offsets.clone();
        table.entries.resize(hashes.len(), Entry::default());
        for (id, &hash) in hashes.iter().enumerate() {
            let end = &mut ends[table.key(hash)];
            table.entries[*end as usize] = Entry { hash, id: id as u32 };
            *end += 1;
        }
        table
    }

    pub fn key(&self, hash: u64) -> usize {
        ((hash & self.mask) >> self.shift) as usize
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Where the entries of a key are.
    pub fn bucket(&self, key: usize) -> Range<usize> {
        self.offsets[key] as usize..self.offsets[key + 1] as usize
    }

    fn finds(&self, difference: u64) -> bool {
        (difference & self.mask).count_ones() <= self.radius
    }
}

impl Index {
    /// An index of up to 2^32 - 1 hashes for searches within `radius` bits.
    pub fn new(hashes: &[u64], radius: u32) -> Index {
        let substrings = cheapest(hashes.len(), radius);
        let count = substrings.len();
        let hashes: Vec<u64> = hashes.iter().map(|&hash| spread(hash, count)).collect();
        let tables = substrings.into_iter().map(|substring| Table::new(&hashes, substring)).collect();
        Index { radius, hashes, tables }
    }

    /// Calls `visit(number, distance)` once for every hash within the radius of `query`, in no order.
    pub fn within(&self, query: u64, visit: &mut impl FnMut(usize, u32)) {
        let query = spread(query, self.tables.len());
        if self.tables.is_empty() {
            let near = self.hashes.iter().map(|hash| (hash ^ query).count_ones()).enumerate().filter(|&(_, d)| d <= self.radius);
            return near.for_each(|(id, distance)| visit(id, distance));
        }
        for (t, table) in self.tables.iter().enumerate() {
            let key = table.key(query);
            for &flip in &table.flips {
                for entry in &table.entries[table.bucket(key ^ flip as usize)] {
                    let difference = entry.hash ^ query;
                    if difference.count_ones() <= self.radius && self.is_first(t, difference) {
                        visit(entry.id as usize, difference.count_ones());
                    }
                }
            }
        }
    }

    /// Whether table `t` is the first one that finds hashes with this difference.
    pub(super) fn is_first(&self, t: usize, difference: u64) -> bool {
        !self.tables[..t].iter().any(|earlier| earlier.finds(difference))
    }
}

/// The bits `0, count, 2 count, ...`, then `1, count + 1, ...`, and so on: neighbouring bits of a perceptual hash depend on each other,
/// and apart they fill the buckets more evenly.
fn spread(hash: u64, count: usize) -> u64 {
    let order = (0..count).flat_map(|first| (first..64).step_by(count));
    if count == 0 { hash } else { order.enumerate().fold(0, |spread, (to, from)| spread | (hash >> from & 1) << to) }
}

/// Where a substring is and how far apart two of them may be.
#[derive(Clone, Copy)]
struct Substring {
    shift: u32,
    bits: u32,
    radius: u32,
}

/// `count` substrings for a radius; those for which it would be negative need no search.
fn substrings(count: u32, radius: u32) -> Vec<Substring> {
    let mut shift = 0;
    let mut found = Vec::new();
    for i in 0..count {
        let bits = 64 / count + u32::from(i < 64 % count);
        match (i <= radius % count, radius / count) {
            (true, radius) => found.push(Substring { shift, bits, radius }),
            (false, 1..) => found.push(Substring { shift, bits, radius: radius / count - 1 }),
            (false, 0) => {}
        }
        shift += bits;
    }
    found
}

/// The cut that costs least for `n` searches among `n` evenly spread hashes; none when looking at all pairs does.
fn cheapest(n: usize, radius: u32) -> Vec<Substring> {
    let least = 64u32.div_ceil(MOST_KEY_BITS);
    let cuts = (least..=8).map(|count| substrings(count, radius)).map(|cut| (cost(&cut, n as f64), cut));
    let cut = cuts.min_by(|a, b| a.0.total_cmp(&b.0));
    cut.filter(|(cost, _)| *cost < SCAN * n as f64 * n as f64).map_or(Vec::new(), |(_, cut)| cut)
}

/// What looking at one hash in passing costs, to looking at one in a bucket.
const SCAN: f64 = 0.5;
/// What finding a bucket costs.
const PROBE: f64 = 3.0;
/// What preparing a bucket costs.
const PREPARE: f64 = 1.0;

fn cost(cut: &[Substring], n: f64) -> f64 {
    let table = |s: &Substring| {
        let keys = f64::from(1u32 << s.bits);
        n * combinations(s.bits, s.radius) * (PROBE + n / keys) + keys * PREPARE
    };
    cut.iter().map(table).sum()
}

/// How many sets of at most `most` of `bits` bits there are.
fn combinations(bits: u32, most: u32) -> f64 {
    let mut term = 1.0;
    let next = |k: u32| {
        term *= f64::from(bits.saturating_sub(k)) / f64::from(k + 1);
        term
    };
    1.0 + (0..most).map(next).sum::<f64>()
}

/// All numbers of `bits` bits of which at most `most` are set, fewest first.
fn flips(bits: u32, most: u32) -> Vec<u32> {
    let mut found: Vec<u32> = (0..1 << bits).filter(|flip: &u32| flip.count_ones() <= most).collect();
    found.sort_by_key(|flip| flip.count_ones());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_keeps_every_bit() {
        for count in 0..9 {
            let all = (0..64).fold(0, |all, bit| all ^ spread(1 << bit, count));
            assert_eq!(all, u64::MAX, "{count} substrings");
        }
    }

    #[test]
    fn there_are_as_many_flips_as_combinations() {
        for (bits, most) in [(8, 0), (8, 1), (11, 3), (22, 2), (5, 9)] {
            assert_eq!(flips(bits, most).len() as f64, combinations(bits, most));
        }
    }

    #[test]
    fn few_hashes_are_looked_at_one_by_one() {
        assert!(Index::new(&[1, 2, 3], 5).tables.is_empty());
        assert_eq!(cheapest(1_000_000, 5).len(), 3);
        assert_eq!(cheapest(1_000_000, 0).len(), 1);
    }
}
