//! Separable filters of odd length, the image reflected at its edges.

use super::batch::each_image;
use super::{Sample, Shape};
use crate::{Error, Result};
use rushlight_kernels::vectorized;

/// Sums kept in registers at a time.
const LANES: usize = 64;

/// Filters columns with `vertical` and rows with `horizontal`; 8-bit results are rounded once, ties to even.
pub fn separable<T: Sample>(shape: &Shape, horizontal: &[f32], vertical: &[f32], input: &[T], output: &mut [T]) -> Result<()> {
    for (kernel, length) in [(horizontal, shape.width), (vertical, shape.height)] {
        if kernel.len() % 2 == 0 || kernel.len() / 2 >= length.max(1) {
            return Err(Error::argument(format!("a filter of {} samples does not fit {length}: it must be odd and its half less", kernel.len())));
        }
    }
    let (row, step, border) = (shape.row(), shape.step(), horizontal.len() / 2 * shape.step());
    each_image(shape, input, shape, output, |from, to| {
        let mut line = vec![0.0; row + 2 * border];
        let plane = row * shape.height;
        for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
            let mut rows = Vec::with_capacity(vertical.len());
            for (y, to) in to.chunks_exact_mut(row).enumerate() {
                rows.clear();
                rows.extend((0..vertical.len()).map(|j| &from[reflected(y + j, vertical.len() / 2, shape.height) * row..][..row]));
                weigh_rows(&rows, vertical, &mut line[border..border + row]);
                reflect(&mut line, border, step);
                weigh_neighbours(&line, horizontal, step, to);
            }
        }
    })
}

/// Row `y - radius` of an image reflected at its edges, which are not repeated.
fn reflected(y: usize, radius: usize, height: usize) -> usize {
    let y = y.abs_diff(radius);
    if y < height { y } else { 2 * (height - 1) - y }
}

/// Fills the borders of a line, pixel by pixel.
fn reflect(line: &mut [f32], border: usize, step: usize) {
    let end = line.len() - border;
    for distance in (step..=border).step_by(step) {
        line.copy_within(border + distance..border + distance + step, border - distance);
        line.copy_within(end - step - distance..end - distance, end - step + distance);
    }
}

/// Where the runs of [`LANES`] samples begin that cover `n`, which is not less; the last one may overlap.
fn runs(n: usize) -> impl Iterator<Item = usize> {
    let last = n.saturating_sub(LANES);
    (0..last).step_by(LANES).chain([last])
}

vectorized! {
    fn weigh_rows[T: Sample](rows: &[&[T]], kernel: &[f32], out: &mut [f32]) {
        if out.len() < LANES {
            out.fill(0.0);
            for (row, &weight) in rows.iter().zip(kernel) {
                for (sum, sample) in out.iter_mut().zip(*row) {
                    *sum = sample.float().mul_add(weight, *sum);
                }
            }
            return;
        }
        for start in runs(out.len()) {
            let mut sums = [0.0f32; LANES];
            for (row, &weight) in rows.iter().zip(kernel) {
                let samples = &row[start..start + LANES];
                for l in 0..LANES {
                    sums[l] = samples[l].float().mul_add(weight, sums[l]);
                }
            }
            out[start..start + LANES].copy_from_slice(&sums);
        }
    }
}

vectorized! {
    fn weigh_neighbours[T: Sample](line: &[f32], kernel: &[f32], step: usize, out: &mut [T]) {
        if out.len() < LANES {
            for (x, out) in out.iter_mut().enumerate() {
                let mut sum = 0.0;
                for (sample, &weight) in line[x..].iter().step_by(step).zip(kernel) {
                    sum = sample.mul_add(weight, sum);
                }
                *out = T::round(sum);
            }
            return;
        }
        for start in runs(out.len()) {
            let mut sums = [0.0f32; LANES];
            for (tap, &weight) in kernel.iter().enumerate() {
                let samples = &line[start + tap * step..][..LANES];
                for l in 0..LANES {
                    sums[l] = samples[l].mul_add(weight, sums[l]);
                }
            }
            let mut results = [T::default(); LANES];
            for l in 0..LANES {
                results[l] = T::round(sums[l]);
            }
            out[start..start + LANES].copy_from_slice(&results);
        }
    }
}
