//! Draws from a categorical distribution given by weights.

use super::{Generator, Real};

impl Generator {
    /// `multinomial(weights, out.len(), replacement=True)` for one row of finite weights >= 0 with a positive sum.
    ///
    /// The slot of the cumulated weights that a uniform float64 falls in, found by bisection.
    pub fn multinomial_with_replacement<T: Real>(&mut self, out: &mut [i64], weights: &[T]) {
        let shares = cumulated(weights);
        for o in out {
            let u = self.unit();
            *o = shares.partition_point(|&share| share < u) as i64;
        }
    }

    /// `multinomial(weights, out.len())` for one row: the largest `weight / q` with exponential `q`, in falling order.
    ///
    /// PyTorch takes this way for a single draw with replacement, too. `out` is not longer than `weights`.
    pub fn multinomial_without_replacement<T: Real>(&mut self, out: &mut [i64], weights: &[T]) {
        let mut q = weights.to_vec();
        self.exponential(&mut q, 1.0);
        race(out, weights, &q);
    }
}

/// The indices of the largest `weight / q`, in falling order; equal ratios by index. `out` is not longer than `weights`.
pub fn race<T: Real>(out: &mut [i64], weights: &[T], q: &[T]) {
    let ratios: Vec<f64> = weights.iter().zip(q).map(|(w, q)| T::from_f64(w.to_f64() / q.to_f64()).to_f64()).collect();
    let mut order: Vec<usize> = (0..ratios.len()).collect();
    let count = out.len().min(order.len());
    let first = |a: &usize, b: &usize| ratios[*b].total_cmp(&ratios[*a]).then(a.cmp(b));
    if 0 < count && count < order.len() {
        order.select_nth_unstable_by(count - 1, first);
    }
    order[..count].sort_unstable_by(first);
    out.iter_mut().zip(order).for_each(|(o, i)| *o = i as i64);
}

/// Running sums over their total, in float64 for itself and in float32 for narrower types; the last is 1.
fn cumulated<T: Real>(weights: &[T]) -> Vec<f64> {
    let round = |x: f64| if T::DOUBLE { x } else { f64::from(x as f32) };
    let mut sum = 0.0;
    let mut shares: Vec<f64> = weights
        .iter()
        .map(|w| {
            sum = round(sum + w.to_f64());
            sum
        })
        .collect();
    shares.iter_mut().for_each(|share| *share = round(*share / sum));
    if let Some(last) = shares.last_mut() {
        *last = 1.0;
    }
    shares
}
