//! Images blended with a slight blur of themselves: less of it sharpens.

use super::batch::each_image;
use super::{Sample, Shape};
use crate::Result;
use rushlight_kernels::vectorized;

/// `sample + (1 - factor) * (blurred - sample)`; the blur weighs a sample by 5/13 and its eight neighbours by 1/13. The edges stay.
pub fn sharpness<T: Sample>(shape: &Shape, factor: f64, input: &[T], output: &mut [T]) -> Result<()> {
    let (row, step, plane) = (shape.row(), shape.step(), shape.row() * shape.height);
    let ratio = (1.0 - factor) as f32;
    each_image(shape, input, shape, output, |from, to| {
        to.copy_from_slice(from);
        if shape.height <= 2 || shape.width <= 2 {
            return;
        }
        let mut line = vec![0.0; row];
        for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
            for (y, to) in to.chunks_exact_mut(row).enumerate().take(shape.height - 1).skip(1) {
                let rows = [y - 1, y, y + 1].map(|y| &from[y * row..(y + 1) * row]);
                add_rows(rows, &mut line);
                blend_row(&line, &rows[1][step..row - step], step, ratio, &mut to[step..row - step]);
            }
        }
    })
}

vectorized! {
    fn add_rows[T: Sample](rows: [&[T]; 3], line: &mut [f32]) {
        for (((sum, above), middle), below) in line.iter_mut().zip(rows[0]).zip(rows[1]).zip(rows[2]) {
            *sum = above.float() + middle.float() + below.float();
        }
    }
}

vectorized! {
    fn blend_row[T: Sample](line: &[f32], samples: &[T], step: usize, ratio: f32, out: &mut [T]) {
        let sums = line.iter().zip(&line[step..]).zip(&line[2 * step..]);
        for ((out, sample), ((left, middle), right)) in out.iter_mut().zip(samples).zip(sums) {
            let sample = sample.float();
            let blurred = (left + middle + right + 4.0 * sample) * (1.0 / 13.0);
            *out = T::cut((T::whole(blurred) - sample).mul_add(ratio, sample));
        }
    }
}
