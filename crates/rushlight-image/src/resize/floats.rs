//! Resampling of images of floats with the weights of the 8-bit passes, unrounded.

use super::Filter;
use super::weights::around;
use crate::buffer::check_rows;
use crate::{Error, Result};
use rushlight_kernels::vectorized;

/// Pixels of floats in someone else's memory, rows `stride` samples apart.
#[derive(Clone, Copy, Debug)]
pub struct FloatView<'a> {
    /// The samples.
    pub samples: &'a [f32],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples of a pixel.
    pub channels: usize,
    /// Samples from row to row.
    pub stride: usize,
}

/// The source samples of one output sample.
struct Taps {
    start: usize,
    weights: Vec<f32>,
}

fn taps(input: usize, output: usize, filter: Filter) -> Vec<Taps> {
    let scale = input as f64 / output as f64;
    let one = |i: usize| {
        let center = (i as f64 + 0.5) * scale;
        if input == output || filter == Filter::Nearest {
            return Taps { start: (center as usize).min(input - 1), weights: vec![1.0] };
        }
        let mut weights = Vec::new();
        let start = around(center, scale.max(1.0), input, filter, &mut weights);
        Taps { start, weights: weights.into_iter().map(|w| w as f32).collect() }
    };
    (0..output).map(one).collect()
}

/// Resamples to `height` rows of `width` pixels, one after the other.
///
/// ```
/// use rushlight_image::resize::{Filter, FloatView, resize_floats};
/// let view = FloatView { samples: &[0.0, 1.0, 2.0, 3.0], width: 4, height: 1, channels: 1, stride: 4 };
/// let mut out = [0.0; 2];
/// resize_floats(view, 2, 1, Filter::Box, &mut out).unwrap();
/// assert_eq!(out, [0.5, 2.5]);
/// ```
pub fn resize_floats(view: FloatView, width: usize, height: usize, filter: Filter, out: &mut [f32]) -> Result<()> {
    if view.width == 0 || view.height == 0 || view.channels == 0 || out.len() != width * height * view.channels {
        let reason = format!("{}x{} pixels of {} samples do not become {} samples", view.width, view.height, view.channels, out.len());
        return Err(Error::argument(reason));
    }
    check_rows(view.samples.len(), view.stride, view.width * view.channels, view.height)?;
    if out.is_empty() {
        return Ok(());
    }
    let (columns, rows) = (taps(view.width, width, filter), taps(view.height, height, filter));
    let mut line = vec![0.0; view.width * view.channels];
    for (taps, out) in rows.iter().zip(out.chunks_exact_mut(width * view.channels)) {
        line.fill(0.0);
        for (i, &weight) in taps.weights.iter().enumerate() {
            add_row(&view.samples[(taps.start + i) * view.stride..], weight, &mut line);
        }
        weigh_columns(&line, &columns, view.channels, out);
    }
    Ok(())
}

vectorized! {
    fn add_row[](row: &[f32], weight: f32, line: &mut [f32]) {
        for (sum, &sample) in line.iter_mut().zip(row) {
            *sum = sample.mul_add(weight, *sum);
        }
    }
}

vectorized! {
    fn weigh_columns[](line: &[f32], columns: &[Taps], channels: usize, out: &mut [f32]) {
        for (taps, pixel) in columns.iter().zip(out.chunks_exact_mut(channels)) {
            for (c, out) in pixel.iter_mut().enumerate() {
                let samples = line[taps.start * channels + c..].iter().step_by(channels);
                *out = samples.zip(&taps.weights).fold(0.0, |sum: f32, (&sample, &weight)| sample.mul_add(weight, sum));
            }
        }
    }
}
