//! Changes of single samples: brightness, contrast, gamma, solarising, and what follows from an image's statistics.

use super::batch::each_image;
use super::statistics::{Histogram, histograms, mean_luma, ranges};
use super::table::{self, Table, table};
use super::{Sample, Shape};
use crate::Result;
use rushlight_kernels::vectorized;

/// Samples that a function can be applied to.
pub trait Tone: Sample {
    /// `f` of every sample: 8 bits by a table.
    fn apply(f: impl Fn(Self) -> Self, input: &[Self], output: &mut [Self]);
}

impl Tone for u8 {
    fn apply(f: impl Fn(u8) -> u8, input: &[u8], output: &mut [u8]) {
        table::apply(&table(f), input, output);
    }
}

impl Tone for f32 {
    #[inline(always)]
    fn apply(f: impl Fn(f32) -> f32, input: &[f32], output: &mut [f32]) {
        for (to, &from) in output.iter_mut().zip(input) {
            *to = f(from);
        }
    }
}

/// `sample * factor`.
pub fn brightness<T: Tone>(shape: &Shape, factor: f32, input: &[T], output: &mut [T]) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| line(from, factor, 0.0, to))
}

/// `sample * ratio + mean * (1 - ratio)` with the mean luma of each image.
pub fn contrast<T: Tone>(shape: &Shape, ratio: f64, input: &[T], output: &mut [T]) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| {
        let mean = mean_luma(shape, from);
        line(from, ratio as f32, mean * (1.0 - ratio) as f32, to);
    })
}

vectorized! {
    fn line[T: Tone](input: &[T], factor: f32, offset: f32, output: &mut [T]) {
        T::apply(|v: T| T::cut(v.float() * factor + offset), input, output);
    }
}

/// `gain * sample ^ gamma` of samples in `0..=1`; clamped where there is a gain.
pub fn gamma<T: Tone>(shape: &Shape, gamma: f32, gain: f32, input: &[T], output: &mut [T]) -> Result<()> {
    let inverse = 1.0 / T::WHITE;
    // Every 8-bit value has an interval of the same width.
    let white = if T::WHITE == 1.0 { 1.0 } else { T::WHITE + 1.0 - 1e-3 };
    each_image(shape, input, shape, output, |from, to| {
        let curve = |v: T| {
            let value = (v.float() * inverse).powf(gamma);
            T::store(if gain == 1.0 { value } else { (value * gain).clamp(0.0, 1.0) } * white)
        };
        T::apply(curve, from, to);
    })
}

/// Samples from `threshold` on are inverted.
pub fn solarize<T: Tone>(shape: &Shape, threshold: f32, input: &[T], output: &mut [T]) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| inverted_from(from, threshold, to))
}

vectorized! {
    fn inverted_from[T: Tone](input: &[T], threshold: f32, output: &mut [T]) {
        T::apply(|v: T| if v.float() >= threshold { T::store(T::WHITE - v.float()) } else { v }, input, output);
    }
}

/// Stretches every channel so that its smallest sample becomes black and its largest white.
pub fn autocontrast(shape: &Shape, input: &[u8], output: &mut [u8]) -> Result<()> {
    table::map_each(shape, input, output, |image| ranges(shape, image).into_iter().map(|range| table(stretch(range))).collect())
}

/// As [`autocontrast`], of floats.
pub fn autocontrast_floats(shape: &Shape, input: &[f32], output: &mut [f32]) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| {
        let ranges = ranges(shape, from);
        if shape.planar {
            let planes = from.chunks_exact(shape.pixels()).zip(to.chunks_exact_mut(shape.pixels()));
            return planes.zip(&ranges).for_each(|((from, to), &range)| f32::apply(stretch(range), from, to));
        }
        for (from, to) in from.chunks_exact(shape.channels).zip(to.chunks_exact_mut(shape.channels)) {
            from.iter().zip(to).zip(&ranges).for_each(|((&from, to), &range)| *to = stretch(range)(from));
        }
    })
}

/// A channel of one value stays as it is.
fn stretch<T: Sample>((low, high): (T, T)) -> impl Fn(T) -> T {
    let range = (high.float() - low.float()) * (1.0 / T::WHITE);
    let (low, range) = if low == high { (0.0, 1.0) } else { (low.float(), range) };
    move |v: T| T::cut((v.float() - low) / range)
}

/// Spreads the values of every channel as evenly as their histogram allows, by Pillow's rule.
pub fn equalize(shape: &Shape, input: &[u8], output: &mut [u8]) -> Result<()> {
    table::map_each(shape, input, output, |image| histograms(shape, image).iter().map(equalizing).collect())
}

fn equalizing(histogram: &Histogram) -> Table {
    let last = histogram.iter().rev().find(|&&n| n > 0).copied().unwrap_or(0);
    let step = (histogram.iter().sum::<u32>() - last) / 255;
    if step == 0 {
        return table(|v| v);
    }
    let mut below = step / 2;
    histogram.map(|n| {
        let value = (below / step).min(255) as u8;
        below += n;
        value
    })
}
