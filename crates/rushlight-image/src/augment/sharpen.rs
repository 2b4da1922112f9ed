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
        for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
            for (y, to) in to.chunks_exact_mut(row).enumerate().take(shape.height - 1).skip(1) {
                let rows = [y - 1, y, y + 1].map(|y| &from[y * row..(y + 1) * row]);
                blend_row(rows, step, ratio, &mut to[step..row - step]);
            }
        }
    })
}

vectorized! {
    fn blend_row[T: Sample](rows: [&[T]; 3], step: usize, ratio: f32, out: &mut [T]) {
        let n = out.len();
        let [above, middle, below] = rows.map(|row| [&row[..n], &row[step..step + n], &row[2 * step..2 * step + n]]);
        let sum = |row: [&[T]; 3], i: usize| row[0][i].float() + row[1][i].float() + row[2][i].float();
        for i in 0..n {
            let sample = middle[1][i].float();
            let blurred = (sum(above, i) + sum(middle, i) + sum(below, i) + 4.0 * sample) * (1.0 / 13.0);
            out[i] = T::cut((T::whole(blurred) - sample).mul_add(ratio, sample));
        }
    }
}
