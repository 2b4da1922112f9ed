//! Normalisation of groups of rows: batch normalisation (a channel of all samples; Ioffe and Szegedy, 2015) and group
//! normalisation (some channels of one sample; Wu and He, 2018).

use super::column_norm::{Columns, Slopes};
use super::{GRAIN, RowFloat, Rows, fold, plus, sum};
use crate::gemm::Shared;
use crate::{pool, vectorized};

/// Which rows of (samples, channels, cols) share their statistics: row `i` of group `g` is `g * start + i * step`.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    /// Number of groups.
    pub groups: usize,
    /// Rows of a group.
    pub rows: usize,
    /// Distance between the first rows of groups.
    pub start: usize,
    /// Distance between the rows of a group.
    pub step: usize,
    /// Numbers of a row.
    pub cols: usize,
    /// Row `r` belongs to channel `r % channels`, which has a weight and a bias of its own.
    pub channels: usize,
}

impl Groups {
    /// Every channel of all samples.
    pub fn batch(samples: usize, channels: usize, cols: usize) -> Groups {
        Groups { groups: channels, rows: samples, start: 1, step: channels, cols, channels }
    }

    /// `groups` groups of the channels of each sample.
    pub fn channels(samples: usize, channels: usize, groups: usize, cols: usize) -> Groups {
        let rows = channels / groups.max(1);
        Groups { groups: samples * groups, rows, start: rows, step: 1, cols, channels }
    }

    /// Whether the groups are the columns of a matrix.
    fn is_columns(&self) -> bool {
        self.cols == 1 && self.start == 1 && self.step == self.channels
    }

    fn columns<'a, T>(&self, x: &'a [T]) -> Columns<'a, T> {
        Columns { x, rows: self.rows, channels: self.channels }
    }

    /// The same numbers in rows as long as they lie together, for sums that need no channel.
    fn joined(&self) -> Groups {
        let most = if self.step == 1 { (STRETCH / self.cols.max(1)).clamp(1, self.rows.max(1)) } else { 1 };
        let together = (1..=most).rev().find(|&n| self.rows.is_multiple_of(n)).unwrap_or(1);
        Groups { rows: self.rows / together, start: self.start / together, cols: self.cols * together, ..*self }
    }

    fn row(&self, group: usize, i: usize) -> usize {
        group * self.start + i * self.step
    }

    fn check(&self, numbers: &[usize], statistics: &[usize], weights: &[Option<usize>]) {
        let total = self.groups * self.rows * self.cols;
        assert!(numbers.iter().all(|&n| n == total), "normalisation: lengths");
        assert!(statistics.iter().all(|&n| n == self.groups), "normalisation: statistics");
        assert!(weights.iter().flatten().all(|&n| n == self.channels), "normalisation: weights");
    }

    /// Runs `f` for every group, in parallel where there are enough numbers.
    fn for_each(&self, f: impl Fn(usize) + Sync) {
        pool::parallel_for(self.groups, GRAIN.div_ceil((self.rows * self.cols).max(1)), |range| range.for_each(&f));
    }
}

/// Rows summed one after the other before their sum is added to the others'.
const BLOCK: usize = 64;

/// Neighbouring numbers whose sum is taken as one row's.
const STRETCH: usize = 4096;

/// The sum over the rows of a group, in blocks.
#[inline(always)]
fn over_rows<T: RowFloat, const N: usize>(rows: usize, value: impl Fn(usize) -> [T; N]) -> [T; N] {
    let mut total = [T::ZERO; N];
    for first in (0..rows).step_by(BLOCK) {
        let mut part = [T::ZERO; N];
        for i in first..rows.min(first + BLOCK) {
            let value = value(i);
            (0..N).for_each(|n| part[n] += value[n]);
        }
        (0..N).for_each(|n| total[n] += part[n]);
    }
    total
}

vectorized! {
    // Sums of a row are functions of their own: inlined side by side they compiled to scalars, and took twice as long.
    #[inline(never)]
    fn total[T: RowFloat](x: &[T]) -> T {
        sum(x)
    }
}

vectorized! {
    #[inline(never)]
    fn squares[T: RowFloat](x: &[T], mean: T) -> T {
        fold([x], T::ZERO, |sum, [x]| sum + (x - mean) * (x - mean), plus)
    }
}

vectorized! {
    #[inline(never)]
    fn along[T: RowFloat](dy: &[T], x: &[T], mean: T) -> T {
        fold([dy, x], T::ZERO, |sum, [g, x]| sum + g * (x - mean), plus)
    }
}

/// Rows shorter than this are summed in fewer lanes: of 49 numbers the usual ones leave 17 to be added one by one.
const SHORT: usize = 128;
/// The lanes of short rows.
const FEW: usize = 8;

vectorized! {
    #[inline(never)]
    fn short_sums[T: RowFloat](dy: &[T], x: &[T], mean: T) -> (T, T) {
        let (mut total, mut along) = ([T::ZERO; FEW], [T::ZERO; FEW]);
        let ((dys, dy), (xs, x)) = (dy.as_chunks::<FEW>(), x.as_chunks::<FEW>());
        for (g, x) in dys.iter().zip(xs) {
            (0..FEW).for_each(|i| total[i] += g[i]);
            (0..FEW).for_each(|i| along[i] += g[i] * (x[i] - mean));
        }
        for i in 0..dy.len().min(x.len()) {
            total[i] += dy[i];
            along[i] += dy[i] * (x[i] - mean);
        }
        let join = |[a, b, c, d, e, f, g, h]: [T; FEW]| ((a + e) + (c + g)) + ((b + f) + (d + h));
        (join(total), join(along))
    }
}

/// The sums of `dy` and of `dy * (x - mean)`.
#[inline(always)]
fn row_sums<T: RowFloat>(dy: &[T], x: &[T], mean: T) -> (T, T) {
    if dy.len() < SHORT { short_sums(dy, x, mean) } else { (total(dy), along(dy, x, mean)) }
}

/// Writes each group's mean and biased variance.
///
/// # Panics
/// When lengths do not match.
pub fn group_statistics<T: RowFloat>(g: &Groups, x: &[T], mean: &mut [T], variance: &mut [T]) {
    g.check(&[x.len()], &[mean.len(), variance.len()], &[]);
    if g.is_columns() {
        return g.columns(x).statistics(mean, variance);
    }
    let g = &g.joined();
    let (means, variances) = (Rows::of(mean, 1), Rows::of(variance, 1));
    g.for_each(|group| {
        let (m, v) = statistics(g, x, group);
        // SAFETY: each group has its own place.
        let (mean, variance) = unsafe { (means.take(&(group..group + 1)), variances.take(&(group..group + 1))) };
        (mean[0], variance[0]) = (m, v);
    });
}

vectorized! {
    fn statistics[T: RowFloat](g: &Groups, x: &[T], group: usize) -> (T, T) {
        let n = T::of((g.rows * g.cols) as f64);
        let row = |i: usize| &x[g.row(group, i) * g.cols..][..g.cols];
        let [total] = over_rows(g.rows, |i| [total(row(i))]);
        let mean = total / n;
        let [squares] = over_rows(g.rows, |i| [squares(row(i), mean)]);
        (mean, squares / n)
    }
}

/// `y = (x - mean) * rstd * weight + bias` with statistics by group and weights by channel.
///
/// # Panics
/// When lengths do not match.
pub fn group_normalize<T: RowFloat>(g: &Groups, x: &[T], mean: &[T], rstd: &[T], weight: Option<&[T]>, bias: Option<&[T]>, y: &mut [T]) {
    g.check(&[x.len(), y.len()], &[mean.len(), rstd.len()], &[weight.map(<[T]>::len), bias.map(<[T]>::len)]);
    if g.is_columns() {
        let scale: Vec<T> = rstd.iter().enumerate().map(|(i, &r)| r * weight.map_or(T::ONE, |w| w[i])).collect();
        return g.columns(x).normalize(mean, &scale, bias, y);
    }
    let rows = Rows::of(y, g.cols);
    g.for_each(|group| normalize_rows(g, x, group, (mean[group], rstd[group]), weight, bias, &rows));
}

vectorized! {
    fn normalize_rows[T: RowFloat](g: &Groups, x: &[T], group: usize, statistics: (T, T), weight: Option<&[T]>, bias: Option<&[T]>, y: &Rows<T>) {
        let (mean, rstd) = statistics;
        for i in 0..g.rows {
            let row = g.row(group, i);
            let channel = row % g.channels;
            let (scale, shift) = (rstd * weight.map_or(T::ONE, |w| w[channel]), bias.map_or(T::ZERO, |b| b[channel]));
            // SAFETY: rows belong to one group each.
            let y = unsafe { y.take(&(row..row + 1)) };
            y.iter_mut().zip(&x[row * g.cols..][..g.cols]).for_each(|(y, &x)| *y = (x - mean) * scale + shift);
        }
    }
}

/// The gradients of [`group_normalize`]: of the input, where a place is given, and of weight and bias.
///
/// With `n = (x - mean) * rstd` and `h = grad_y * weight`: `grad_x = rstd * (h - average(h) - n * average(h * n))`, or
/// `rstd * h` where the statistics are constants; `grad_weight = sum(grad_y * n)`, `grad_bias = sum(grad_y)`.
///
/// # Panics
/// When lengths do not match.
pub fn group_backward<T: RowFloat>(
    g: &Groups,
    grad_y: &[T],
    x: &[T],
    mean: &[T],
    rstd: &[T],
    weight: Option<&[T]>,
    constant: bool,
    grad_x: Option<&mut [T]>,
    grad_weight: &mut [T],
    grad_bias: &mut [T],
) {
    let written = grad_x.as_ref().map_or(x.len(), |grad_x| grad_x.len());
    g.check(&[grad_y.len(), x.len(), written], &[mean.len(), rstd.len()], &[weight.map(<[T]>::len), Some(grad_weight.len()), Some(grad_bias.len())]);
    if g.is_columns() {
        return g.columns(x).backward(&Slopes { grad_y, mean, rstd, weight, constant }, grad_x, grad_weight, grad_bias);
    }
    let mut sums = vec![T::ZERO; 2 * g.groups * g.rows];
    let job = Backward { g, grad_y, x, weight, constant, sums: Shared(sums.as_mut_ptr()), grad_x: grad_x.map(|out| Rows::of(out, g.cols)) };
    g.for_each(|group| backward_group(&job, group, mean[group], rstd[group]));
    grad_weight.fill(T::ZERO);
    grad_bias.fill(T::ZERO);
    for (row, pair) in sums.chunks_exact(2).enumerate() {
        grad_bias[row % g.channels] += pair[0];
        grad_weight[row % g.channels] += pair[1];
    }
}

struct Backward<'a, T> {
    g: &'a Groups,
    grad_y: &'a [T],
    x: &'a [T],
    weight: Option<&'a [T]>,
    constant: bool,
    sums: Shared<T>,
    grad_x: Option<Rows<T>>,
}

vectorized! {
    fn backward_group[T: RowFloat](job: &Backward<T>, group: usize, mean: T, rstd: T) {
        let g = job.g;
        let at = |i: usize| g.row(group, i);
        let weight = |row: usize| job.weight.map_or(T::ONE, |w| w[row % g.channels]);
        let numbers = |from, row: usize| -> &[T] { let from: &[T] = from; &from[row * g.cols..][..g.cols] };
        let [average, along] = over_rows(g.rows, |i| {
            let row = at(i);
            let (x, dy) = (numbers(job.x, row), numbers(job.grad_y, row));
            let (total, along) = row_sums(dy, x, mean);
            let along = along * rstd;
            // SAFETY: a row's two sums, which only its group writes.
            unsafe {
                *job.sums.get().add(2 * row) = total;
                *job.sums.get().add(2 * row + 1) = along;
            }
            [weight(row) * total, weight(row) * along]
        });
        let Some(out) = &job.grad_x else { return };
        let n = T::of((g.rows * g.cols) as f64);
        let (average, along) = if job.constant { (T::ZERO, T::ZERO) } else { (average / n, along / n * rstd) };
        for i in 0..g.rows {
            let row = at(i);
            let (x, dy, w) = (numbers(job.x, row), numbers(job.grad_y, row), weight(row));
            // SAFETY: rows belong to one group each.
            let out = unsafe { out.take(&(row..row + 1)) };
            for ((out, &x), &g) in out.iter_mut().zip(x).zip(dy) {
                *out = rstd * (w * g - average - (x - mean) * along);
            }
        }
    }
}
