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

vectorized! {
    fn weigh_rows[T: Sample](rows: &[&[T]], kernel: &[f32], out: &mut [f32]) {
        let (chunks, rest) = out.as_chunks_mut::<LANES>();
        let whole = chunks.len() * LANES;
        for (i, chunk) in chunks.iter_mut().enumerate() {
            let mut sums = [0.0f32; LANES];
            for (row, &weight) in rows.iter().zip(kernel) {
                let samples = &row.as_chunks::<LANES>().0[i];
                for l in 0..LANES {
                    sums[l] = samples[l].float().mul_add(weight, sums[l]);
                }
            }
            *chunk = sums;
        }
        rest.fill(0.0);
        for (row, &weight) in rows.iter().zip(kernel) {
            for (sum, sample) in rest.iter_mut().zip(&row[whole..]) {
                *sum = sample.float().mul_add(weight, *sum);
            }
        }
    }
}

vectorized! {
    fn weigh_neighbours[T: Sample](line: &[f32], kernel: &[f32], step: usize, out: &mut [T]) {
        let (chunks, rest) = out.as_chunks_mut::<LANES>();
        let whole = chunks.len() * LANES;
        for (i, chunk) in chunks.iter_mut().enumerate() {
            let mut sums = [0.0f32; LANES];
            for (tap, &weight) in kernel.iter().enumerate() {
                let samples = &line[i * LANES + tap * step..][..LANES];
                for l in 0..LANES {
                    sums[l] = samples[l].mul_add(weight, sums[l]);
                }
            }
            for l in 0..LANES {
                chunk[l] = T::round(sums[l]);
            }
        }
        for (x, out) in rest.iter_mut().enumerate() {
            let taps = kernel.iter().enumerate().map(|(tap, &weight)| (line[whole + x + tap * step], weight));
            *out = T::round(taps.fold(0.0, |sum: f32, (sample, weight)| sample.mul_add(weight, sum)));
        }
    }
}
