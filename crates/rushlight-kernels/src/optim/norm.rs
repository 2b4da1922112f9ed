//! What clipping gradients needs: their squared length, and a common factor.

use super::Float;
use super::drive::update;
use crate::pool::parallel_for;
use std::sync::atomic::{AtomicU64, Ordering};

/// Elements summed at once; parts of this length are added up in their order, so threads do not change the result.
const PART: usize = 1 << 13;

/// Running sums within a part.
const LANES: usize = 16;

/// `sum(x^2)`, accumulated in float64.
pub fn sum_of_squares<T: Float>(x: &[T]) -> f64 {
    if x.len() <= PART {
        return part(x);
    }
    let sums: Vec<AtomicU64> = x.chunks(PART).map(|_| AtomicU64::new(0)).collect();
    parallel_for(sums.len(), 4, |range| {
        for i in range {
            let sum = part(&x[i * PART..x.len().min((i + 1) * PART)]);
            sums[i].store(sum.to_bits(), Ordering::Relaxed);
        }
    });
    sums.into_iter().map(|sum| f64::from_bits(sum.into_inner())).sum()
}

/// `x *= factor`.
pub fn scale<T: Float>(x: &mut [T], factor: f64) {
    let factor = T::of(factor);
    update([], [x], move |[], [x]| [x * factor]);
}

crate::vectorized! {
    fn part[T: Float](x: &[T]) -> f64 {
        let mut sums = [0f64; LANES];
        let (whole, rest) = x.as_chunks::<LANES>();
        for values in whole {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value.wide() * value.wide();
            }
        }
        let tail: f64 = rest.iter().map(|value| value.wide() * value.wide()).sum();
        sums.iter().sum::<f64>() + tail
    }
}
