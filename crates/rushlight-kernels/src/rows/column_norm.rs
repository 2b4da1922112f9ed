//! Batch normalisation of a matrix, whose channels are its columns: tiles of columns, walked row by row.

use super::GRAIN;
use super::RowFloat;
use crate::gemm::Shared;
use crate::{pool, vectorized};

/// Columns computed together.
const TILE: usize = 64;
/// Rows summed before their sum is added to the others'.
const BLOCK: usize = 64;

/// The matrix, and what to do with its columns.
pub(super) struct Columns<'a, T> {
    pub x: &'a [T],
    pub rows: usize,
    pub channels: usize,
}

/// What the backward pass reads besides the matrix.
pub(super) struct Slopes<'a, T> {
    pub grad_y: &'a [T],
    pub mean: &'a [T],
    pub rstd: &'a [T],
    pub weight: Option<&'a [T]>,
    pub constant: bool,
}

impl<T: RowFloat> Columns<'_, T> {
    fn for_tiles(&self, f: impl Fn(usize, usize) + Sync) {
        let tiles = self.channels.div_ceil(TILE);
        pool::parallel_for(tiles, GRAIN.div_ceil((self.rows * TILE).max(1)), |range| {
            range.for_each(|tile| f(tile * TILE, TILE.min(self.channels - tile * TILE)));
        });
    }

    pub fn statistics(&self, mean: &mut [T], variance: &mut [T]) {
        let (mean, variance) = (Shared(mean.as_mut_ptr()), Shared(variance.as_mut_ptr()));
        self.for_tiles(|first, width| {
            // SAFETY: tiles are disjoint.
            let (mean, variance) =
                unsafe { (std::slice::from_raw_parts_mut(mean.get().add(first), width), std::slice::from_raw_parts_mut(variance.get().add(first), width)) };
            statistics_tile(self, first, mean, variance);
        });
    }

    pub fn normalize(&self, mean: &[T], scale: &[T], shift: Option<&[T]>, y: &mut [T]) {
        let out = Shared(y.as_mut_ptr());
        pool::parallel_for(self.rows, GRAIN.div_ceil(self.channels.max(1)), |rows| {
            let part = rows.start * self.channels..rows.end * self.channels;
            // SAFETY: tasks have disjoint rows.
            let y = unsafe { std::slice::from_raw_parts_mut(out.get().add(part.start), part.len()) };
            normalize_rows(&self.x[part], mean, scale, shift, y);
        });
    }

    /// Writes the sums over rows of `grad_y` and `grad_y * (x - mean) * rstd`, and the input's gradient where wanted.
    pub fn backward(&self, s: &Slopes<T>, grad_x: Option<&mut [T]>, along: &mut [T], total: &mut [T]) {
        let (along, total) = (Shared(along.as_mut_ptr()), Shared(total.as_mut_ptr()));
        let out = grad_x.map(|grad_x| Shared(grad_x.as_mut_ptr()));
        self.for_tiles(|first, width| {
            // SAFETY: tiles are disjoint.
            let (along, total) =
                unsafe { (std::slice::from_raw_parts_mut(along.get().add(first), width), std::slice::from_raw_parts_mut(total.get().add(first), width)) };
            sums_tile(self, s, first, along, total);
            if let Some(out) = &out {
                slopes_tile(self, s, first, along, total, out);
            }
        });
    }
}

/// Sums over rows into `N` rows of `width` numbers, in blocks.
#[inline(always)]
fn over_rows<T: RowFloat, const N: usize>(rows: usize, width: usize, add: impl Fn(usize, &mut [[T; TILE]; N])) -> [[T; TILE]; N] {
    let mut total = [[T::ZERO; TILE]; N];
    for first in (0..rows).step_by(BLOCK) {
        let mut part = [[T::ZERO; TILE]; N];
        (first..rows.min(first + BLOCK)).for_each(|row| add(row, &mut part));
        for n in 0..N {
            total[n][..width].iter_mut().zip(&part[n]).for_each(|(total, &part)| *total += part);
        }
    }
    total
}

vectorized! {
    fn statistics_tile[T: RowFloat](c: &Columns<T>, first: usize, mean: &mut [T], variance: &mut [T]) {
        let (width, n) = (mean.len(), T::of(c.rows as f64));
        let row = |row: usize| &c.x[row * c.channels + first..][..width];
        let [total] = over_rows::<T, 1>(c.rows, width, |at, [sum]| sum.iter_mut().zip(row(at)).for_each(|(sum, &x)| *sum += x));
        mean.iter_mut().zip(&total).for_each(|(mean, &total)| *mean = total / n);
        let [squares] = over_rows::<T, 1>(c.rows, width, |at, [sum]| {
            for ((sum, &x), &mean) in sum.iter_mut().zip(row(at)).zip(mean.iter()) {
                *sum += (x - mean) * (x - mean);
            }
        });
        variance.iter_mut().zip(&squares).for_each(|(variance, &squares)| *variance = squares / n);
    }
}

vectorized! {
    fn normalize_rows[T: RowFloat](x: &[T], mean: &[T], scale: &[T], shift: Option<&[T]>, y: &mut [T]) {
        let cols = mean.len();
        for (y, x) in y.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
            for (((y, &x), &mean), &scale) in y.iter_mut().zip(x).zip(mean).zip(scale) {
                *y = (x - mean) * scale;
            }
            if let Some(shift) = shift {
                y.iter_mut().zip(shift).for_each(|(y, &shift)| *y += shift);
            }
        }
    }
}

vectorized! {
    fn sums_tile[T: RowFloat](c: &Columns<T>, s: &Slopes<T>, first: usize, along: &mut [T], total: &mut [T]) {
        let width = along.len();
        let part = |from, row: usize| -> &[T] { let from: &[T] = from; &from[row * c.channels + first..][..width] };
        let (mean, rstd) = (&s.mean[first..][..width], &s.rstd[first..][..width]);
        let [sum, dot] = over_rows::<T, 2>(c.rows, width, |row, [sum, dot]| {
            for ((((sum, dot), &g), &x), &mean) in sum.iter_mut().zip(dot).zip(part(s.grad_y, row)).zip(part(c.x, row)).zip(mean) {
                *sum += g;
                *dot += g * (x - mean);
            }
        });
        total.copy_from_slice(&sum[..width]);
        along.iter_mut().zip(&dot).zip(rstd).for_each(|((along, &dot), &rstd)| *along = dot * rstd);
    }
}

vectorized! {
    fn slopes_tile[T: RowFloat](c: &Columns<T>, s: &Slopes<T>, first: usize, along: &[T], total: &[T], out: &Shared<T>) {
        let width = along.len();
        let n = T::of(if s.constant { f64::INFINITY } else { c.rows as f64 });
        let (mut scale, mut average, mut turn) = ([T::ZERO; TILE], [T::ZERO; TILE], [T::ZERO; TILE]);
        for i in 0..width {
            let rstd = s.rstd[first + i];
            scale[i] = rstd * s.weight.map_or(T::ONE, |w| w[first + i]);
            average[i] = scale[i] * (total[i] / n);
            turn[i] = scale[i] * (along[i] / n) * rstd;
        }
        let mean = &s.mean[first..][..width];
        for row in 0..c.rows {
            let at = row * c.channels + first;
            let (x, g) = (&c.x[at..][..width], &s.grad_y[at..][..width]);
            // SAFETY: this tile's columns of the row.
            let out = unsafe { std::slice::from_raw_parts_mut(out.get().add(at), width) };
            for i in 0..width {
                out[i] = scale[i] * g[i] - average[i] - (x[i] - mean[i]) * turn[i];
            }
        }
    }
}
