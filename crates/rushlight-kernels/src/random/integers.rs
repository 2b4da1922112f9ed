//! Integers: `randint`, `random_`, and permutations.

use super::{Generator, Natural, Sample};

/// Ranges from here on take 64 random bits for each element; below, the skew of the remainder is under 7 %.
const LONG_RANGE: u64 = 1 << 28;

/// Permutations from this length on draw 64 random bits for each element.
const LONG_PERMUTATION: usize = u32::MAX as usize / 20;

impl Generator {
    /// `Tensor.random_(base, base + range)`, `randint`: uniform integers in `[base, base + range)`.
    ///
    /// A `range` of 0 leaves `out` as it is.
    pub fn random_from_to<T: Sample>(&mut self, out: &mut [T], range: u64, base: i64) {
        if range >= LONG_RANGE {
            self.map_pairs(out, move |bits| T::from_i64(((bits % range) as i64).wrapping_add(base)));
        } else if range > 0 {
            let range = range as u32;
            self.map_words(out, move |bits| T::from_i64(i64::from(bits % range).wrapping_add(base)));
        }
    }

    /// `Tensor.random_(-2**63, None)`: all 64 bits of an int64, as the type's nearest element.
    pub fn random_full<T: Sample>(&mut self, out: &mut [T]) {
        self.map_pairs(out, |bits| T::from_i64(bits as i64));
    }

    /// `Tensor.random_()`: natural numbers up to the type's largest, or up to `2^digits` for floating point.
    pub fn random_natural<T: Natural>(&mut self, out: &mut [T]) {
        if T::LONG {
            self.map_pairs(out, |bits| T::from_i64((bits % T::COUNT) as i64));
        } else {
            self.map_words(out, |bits| T::from_i64((u64::from(bits) % T::COUNT) as i64));
        }
    }

    /// `randperm(out.len())`: the numbers from 0 on, shuffled (Fisher and Yates).
    pub fn permutation<T: Sample>(&mut self, out: &mut [T]) {
        for (i, o) in out.iter_mut().enumerate() {
            *o = T::from_i64(i as i64);
        }
        if out.len() < LONG_PERMUTATION {
            for i in 0..out.len().saturating_sub(1) {
                let left = (out.len() - i) as u32;
                out.swap(i, i + (self.random() % left) as usize);
            }
        } else {
            for i in 0..out.len() {
                let j = self.random64() % (i as u64 + 1);
                out.swap(i, j as usize);
            }
        }
    }
}
