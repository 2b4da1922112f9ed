//! Layer normalisation (Ba, Kiros and Hinton, "Layer Normalization", 2016).

use super::{RowFloat, Rows, fold, for_rows, sum};
use crate::vectorized;

/// `y = (x - mean) * rstd * gamma + beta` on rows of `cols` numbers, with `rstd = 1 / sqrt(variance + eps)`.
///
/// Writes each row's mean and rstd; `gamma` and `beta` have `cols` numbers.
///
/// # Panics
/// When lengths do not match.
pub fn layer_norm<T: RowFloat>(
    x: &[T],
    gamma: Option<&[T]>,
    beta: Option<&[T]>,
    eps: T,
    y: &mut [T],
    mean: &mut [T],
    rstd: &mut [T],
    cols: usize,
) {
    let rows = mean.len();
    assert!(
        x.len() == rows * cols && y.len() == x.len() && rstd.len() == rows,
        "layer_norm: lengths"
    );
    assert!(
        [gamma, beta].iter().flatten().all(|v| v.len() == cols),
        "layer_norm: lengths of gamma and beta"
    );
    let (ys, means, rstds) = (Rows::of(y, cols), Rows::of(mean, 1), Rows::of(rstd, 1));
    for_rows(rows, cols, |range| {
        let x = &x[range.start * cols..range.end * cols];
        // SAFETY: tasks have disjoint ranges.
        let (y, mean, rstd) = unsafe { (ys.take(&range), means.take(&range), rstds.take(&range)) };
        normalize_rows(x, gamma, beta, eps, y, mean, rstd, cols);
    });
}

vectorized! {
    fn normalize_rows[T: RowFloat](
        x: &[T], gamma: Option<&[T]>, beta: Option<&[T]>, eps: T, y: &mut [T], mean: &mut [T], rstd: &mut [T], cols: usize,
    ) {
        let n = T::of(cols as f64);
        for row in 0..mean.len() {
            let (x, y) = (&x[row * cols..][..cols], &mut y[row * cols..][..cols]);
            let m = sum(x) / n;
            let variance = fold([x], T::ZERO, |sum, [x]| sum + (x - m) * (x - m), |a, b| a + b) / n;
            let r = (variance + eps).rsqrt();
            (mean[row], rstd[row]) = (m, r);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - m) * r);
            if let Some(gamma) = gamma {
                y.iter_mut().zip(gamma).for_each(|(y, &gamma)| *y *= gamma);
            }
            if let Some(beta) = beta {
                y.iter_mut().zip(beta).for_each(|(y, &beta)| *y += beta);
            }
        }
    }
}

/// Rows summed in one go for the gradients of gamma and beta.
const BLOCK: usize = 64;
/// Blocks of rows at most: bounds the memory of their sums.
const BLOCKS: usize = 16;

/// The gradients of [`layer_norm`], each written where a place is given.
///
/// With `g = grad_y * gamma` and `n = (x - mean) * rstd`: `grad_x = rstd * (g - average(g) - n * average(g * n))`,
/// `grad_gamma = sum over rows of grad_y * n`, `grad_beta = sum over rows of grad_y`.
///
/// # Panics
/// When lengths do not match.
pub fn layer_norm_backward<T: RowFloat>(
    grad_y: &[T],
    x: &[T],
    mean: &[T],
    rstd: &[T],
    gamma: Option<&[T]>,
    grad_x: Option<&mut [T]>,
    grad_gamma: Option<&mut [T]>,
    grad_beta: Option<&mut [T]>,
    cols: usize,
) {
    let saved = Saved {
        grad_y,
        x,
        mean,
        rstd,
        gamma,
        cols,
    };
    saved.check();
    if let Some(grad_x) = grad_x {
        saved.write_grad_x(grad_x);
    }
    if grad_gamma.is_some() || grad_beta.is_some() {
        let sums = saved.column_sums();
        for (to, from) in [grad_gamma, grad_beta]
            .into_iter()
            .zip([&sums[..cols], &sums[cols..]])
        {
            if let Some(to) = to {
                to.copy_from_slice(from);
            }
        }
    }
}

/// What the backward pass reads.
struct Saved<'a, T> {
    grad_y: &'a [T],
    x: &'a [T],
    mean: &'a [T],
    rstd: &'a [T],
    gamma: Option<&'a [T]>,
    cols: usize,
}

impl<T: RowFloat> Saved<'_, T> {
    fn check(&self) {
        let rows = self.mean.len();
        let matches = self.x.len() == rows * self.cols
            && self.grad_y.len() == self.x.len()
            && self.rstd.len() == rows;
        assert!(matches, "layer_norm: lengths");
        assert!(
            self.gamma.is_none_or(|gamma| gamma.len() == self.cols),
            "layer_norm: length of gamma"
        );
    }

    fn write_grad_x(&self, grad_x: &mut [T]) {
        assert_eq!(
            grad_x.len(),
            self.x.len(),
            "layer_norm: length of the gradient"
        );
        let out = Rows::of(grad_x, self.cols);
        for_rows(self.mean.len(), self.cols, |range| {
            // SAFETY: tasks have disjoint ranges.
            let grad_x = unsafe { out.take(&range) };
            grad_x_rows(self, range.start, grad_x);
        });
    }

    /// The gradients of gamma and beta, one after the other.
    ///
    /// Rows are summed block by block, the blocks in order; their number depends on the shape alone.
    fn column_sums(&self) -> Vec<T> {
        let (rows, cols) = (self.mean.len(), self.cols);
        let blocks = rows.div_ceil(BLOCK).clamp(1, BLOCKS);
        let mut sums = vec![T::ZERO; blocks * 2 * cols];
        let parts = Rows::of(&mut sums, 2 * cols);
        for_rows(blocks, rows.div_ceil(blocks) * cols, |range| {
            for block in range {
                // SAFETY: tasks have disjoint blocks.
                let sums = unsafe { parts.take(&(block..block + 1)) };
                column_sums_rows(
                    self,
                    block * rows / blocks,
                    (block + 1) * rows / blocks,
                    sums,
                );
            }
        });
        let (total, others) = sums.split_at_mut(2 * cols);
        for part in others.chunks_exact(2 * cols.max(1)) {
            total
                .iter_mut()
                .zip(part)
                .for_each(|(total, &part)| *total += part);
        }
        sums.truncate(2 * cols);
        sums
    }
}

vectorized! {
    fn grad_x_rows[T: RowFloat](saved: &Saved<T>, first: usize, grad_x: &mut [T]) {
        let cols = saved.cols;
        let n = T::of(cols as f64);
        for (at, out) in grad_x.chunks_exact_mut(cols.max(1)).enumerate() {
            let row = first + at;
            let (m, r) = (saved.mean[row], saved.rstd[row]);
            let (x, g) = (&saved.x[row * cols..][..cols], &saved.grad_y[row * cols..][..cols]);
            match saved.gamma {
                Some(gamma) => out.iter_mut().zip(g).zip(gamma).for_each(|((out, &g), &gamma)| *out = g * gamma),
                None => out.copy_from_slice(g),
            }
            let average = sum(out) / n;
            let along = fold([out, x], T::ZERO, |sum, [g, x]| sum + g * ((x - m) * r), |a, b| a + b) / n;
            out.iter_mut().zip(x).for_each(|(out, &x)| *out = r * (*out - average - (x - m) * r * along));
        }
    }
}

vectorized! {
    fn column_sums_rows[T: RowFloat](saved: &Saved<T>, first: usize, end: usize, sums: &mut [T]) {
        let cols = saved.cols;
        let (gamma, beta) = sums.split_at_mut(cols);
        for row in first..end {
            let (m, r) = (saved.mean[row], saved.rstd[row]);
            let (x, g) = (&saved.x[row * cols..][..cols], &saved.grad_y[row * cols..][..cols]);
            for i in 0..cols {
                gamma[i] += g[i] * ((x[i] - m) * r);
                beta[i] += g[i];
            }
        }
    }
}
