//! Which source samples make an output sample and with what weights: Pillow's computation, in its fixed point.

use super::Filter;
use std::ops::Range;

/// Fractional bits of a weight.
pub const PRECISION: u32 = 32 - 8 - 2;
/// The weight of a sample that is alone.
pub const ONE: i32 = 1 << PRECISION;

/// Weights along one axis for a range of output samples.
#[derive(Default)]
pub struct Weights {
    /// First source sample of each output sample.
    starts: Vec<usize>,
    /// Where each output sample's weights begin and, for the last, end.
    bounds: Vec<usize>,
    values: Vec<i32>,
}

impl Weights {
    /// Weights for the output samples `window` of `output`, which cover `from..to` of `input` samples.
    pub fn compute(&mut self, input: usize, [from, to]: [f32; 2], output: usize, window: Range<usize>, filter: Filter) {
        self.starts.clear();
        self.bounds.clear();
        self.values.clear();
        self.bounds.push(0);
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
                let (start, weights) = around(center, scale.max(1.0), input, filter);
                self.push(start, &weights);
            }
        }
    }

    fn push(&mut self, start: usize, weights: &[f64]) {
        self.starts.push(start);
        self.values.extend(weights.iter().map(|&w| (w * ONE as f64 + if w < 0.0 { -0.5 } else { 0.5 }) as i32));
        self.bounds.push(self.values.len());
    }

    /// How many output samples there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// First source sample and weights of output sample `i`.
    pub fn get(&self, i: usize) -> (usize, &[i32]) {
        (self.starts[i], &self.values[self.bounds[i]..self.bounds[i + 1]])
    }

    /// All source samples that have a weight.
    pub fn sources(&self) -> Range<usize> {
        let last = self.len() - 1;
        self.starts[0]..self.starts[last] + self.get(last).1.len()
    }

    /// The same weights for a source of which the first `n` samples were left out.
    pub fn shift(&mut self, n: usize) {
        self.starts.iter_mut().for_each(|start| *start -= n);
    }
}

/// Normalised weights of the samples within the filter's support.
fn around(center: f64, scale: f64, input: usize, filter: Filter) -> (usize, Vec<f64>) {
    let support = filter.support() * scale;
    let start = ((center - support + 0.5) as usize).min(input - 1);
    let end = ((center + support + 0.5) as usize).clamp(start + 1, input);
    let inverse = 1.0 / scale;
    let mut weights: Vec<f64> = (start..end).map(|x| filter.weight((x as f64 - center + 0.5) * inverse)).collect();
    let sum: f64 = weights.iter().sum();
    if sum != 0.0 {
        weights.iter_mut().for_each(|w| *w /= sum);
    }
    (start, weights)
}
