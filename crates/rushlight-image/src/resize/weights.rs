//! Which source samples make an output sample and with what weights: Pillow's computation, in its fixed point.

use super::Filter;
use std::ops::Range;

/// Fractional bits of a weight.
pub const PRECISION: u32 = 32 - 8 - 2;
/// The weight of a sample that is alone.
pub const ONE: i32 = 1 << PRECISION;

/// Lower bits of a weight that vector code multiplies apart from the upper ones, so that both parts have 16 bits.
pub const LOW_BITS: u32 = 11;

/// Two neighbouring weights as pairs of 16 bits: their upper parts and their lower parts.
#[derive(Clone, Copy)]
pub struct Pair {
    pub upper: i32,
    pub lower: i32,
}

impl Pair {
    fn new(taps: &[i32]) -> Pair {
        let (first, second) = (taps[0], taps.get(1).copied().unwrap_or(0));
        let join = |a: i32, b: i32| (a & 0xFFFF) | (b << 16);
        let mask = (1 << LOW_BITS) - 1;
        Pair { upper: join(first >> LOW_BITS, second >> LOW_BITS), lower: join(first & mask, second & mask) }
    }
}

/// Weights along one axis for a range of output samples.
#[derive(Default)]
pub struct Weights {
    /// First source sample of each output sample.
    starts: Vec<usize>,
    /// Where each output sample's weights begin and, for the last, end.
    bounds: Vec<usize>,
    values: Vec<i32>,
    /// The same weights two by two, an odd last one with zero.
    pairs: Vec<Pair>,
    pair_bounds: Vec<usize>,
    /// Whether the output samples are counted from the last.
    mirrored: bool,
}

/// What makes one output sample.
#[derive(Clone, Copy)]
pub struct Taps<'a> {
    /// First source sample.
    pub start: usize,
    pub weights: &'a [i32],
    /// None before [`Weights::pair_up`].
    pub pairs: &'a [Pair],
}

impl Weights {
    /// Weights for the output samples `window` of `output`, which cover `from..to` of `input` samples.
    pub fn compute(&mut self, input: usize, [from, to]: [f32; 2], output: usize, window: Range<usize>, filter: Filter) {
        self.starts.clear();
        self.bounds.clear();
        self.values.clear();
        self.pairs.clear();
        self.pair_bounds.clear();
        self.mirrored = false;
        self.bounds.push(0);
        self.pair_bounds.push(0);
        let mut values = Vec::new();
        let scale = (to - from) as f64 / output as f64;
        let mut position = from as f64 + scale * 0.5;
        for i in 0..window.end {
            if filter == Filter::Nearest {
                if i >= window.start {
                    self.push((position.max(0.0) as usize).min(input - 1), &[1.0]);
                }
                // Pillow adds up, so the rounding errors of its sums are kept.
                position += scale;
            } else if i >= window.start {
                let center = from as f64 + (i as f64 + 0.5) * scale;
                let start = around(center, scale.max(1.0), input, filter, &mut values);
                self.push(start, &values);
            }
        }
    }

    fn push(&mut self, start: usize, weights: &[f64]) {
        self.starts.push(start);
        self.values.extend(weights.iter().map(|&w| (w * ONE as f64 + if w < 0.0 { -0.5 } else { 0.5 }) as i32));
        self.bounds.push(self.values.len());
    }

    /// Joins weights to pairs, for passes that need them.
    pub fn pair_up(&mut self) {
        if self.pair_bounds.len() == 1 {
            for bounds in self.bounds.windows(2) {
                self.pairs.extend(self.values[bounds[0]..bounds[1]].chunks(2).map(Pair::new));
                self.pair_bounds.push(self.pairs.len());
            }
        }
    }

    /// How many output samples there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// What makes output sample `i`.
    pub fn get(&self, i: usize) -> Taps<'_> {
        let i = if self.mirrored { self.len() - 1 - i } else { i };
        let weights = &self.values[self.bounds[i]..self.bounds[i + 1]];
        let pairs = self.pair_bounds.get(i..i + 2).map_or(&[][..], |bounds| &self.pairs[bounds[0]..bounds[1]]);
        Taps { start: self.starts[i], weights, pairs }
    }

    /// All source samples that have a weight.
    pub fn sources(&self) -> Range<usize> {
        let last = self.len() - 1;
        self.starts[0]..self.starts[last] + self.bounds[last + 1] - self.bounds[last]
    }

    /// The same output samples in the opposite order.
    pub fn mirror(&mut self) {
        self.mirrored = !self.mirrored;
    }

    /// The same weights for a source of which the first `n` samples were left out.
    pub fn shift(&mut self, n: usize) {
        self.starts.iter_mut().for_each(|start| *start -= n);
    }
}

/// Normalised weights of the samples within the filter's support, and the first of these.
pub fn around(center: f64, scale: f64, input: usize, filter: Filter, weights: &mut Vec<f64>) -> usize {
    let support = filter.support() * scale;
    let start = ((center - support + 0.5) as usize).min(input - 1);
    let end = ((center + support + 0.5) as usize).clamp(start + 1, input);
    let inverse = 1.0 / scale;
    weights.clear();
    weights.extend((start..end).map(|x| filter.weight((x as f64 - center + 0.5) * inverse)));
    let sum: f64 = weights.iter().sum();
    if sum != 0.0 {
        weights.iter_mut().for_each(|w| *w /= sum);
    }
    start
}
