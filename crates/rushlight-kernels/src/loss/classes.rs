//! The loss of one class per sample: a weighted pick from the log-probabilities.

use crate::gemm::Shared;
use crate::optim::Float;
use crate::pool;
use std::ops::Range;

/// Samples that are worth a task; also the length of a partial sum, so that sums do not depend on threads.
const GRAIN: usize = 1 << 14;

/// Classes of samples `(n, inner)` among log-probabilities `(n, classes, inner)`.
pub struct Classes<'a, T> {
    /// The class of each sample: below `classes`, or `ignored`.
    pub targets: &'a [i64],
    /// A factor for each class.
    pub weights: Option<&'a [T]>,
    /// Number of classes.
    pub classes: usize,
    /// Samples between two classes in memory.
    pub inner: usize,
    /// The class that counts for nothing.
    pub ignored: i64,
}

impl<T: Float> Classes<'_, T> {
    /// Where the log-probability of sample `i` stands, and its weight; `None` for an ignored sample.
    #[inline]
    fn pick(&self, i: usize) -> Option<(usize, T)> {
        let class = self.targets[i];
        if class == self.ignored {
            return None;
        }
        let weight = self.weights.map_or(T::of(1.0), |w| w[class as usize]);
        Some(((i / self.inner * self.classes + class as usize) * self.inner + i % self.inner, weight))
    }

    fn tasks(&self) -> usize {
        self.targets.len().div_ceil(GRAIN)
    }

    fn samples(&self, task: usize) -> Range<usize> {
        task * GRAIN..((task + 1) * GRAIN).min(self.targets.len())
    }
}

/// The loss of each sample, zero where it is ignored.
pub fn nll<T: Float>(c: &Classes<T>, x: &[T], losses: &mut [T]) {
    assert_eq!(c.targets.len(), losses.len(), "nll: one loss for each sample");
    let losses = Shared(losses.as_mut_ptr());
    pool::parallel_tasks(c.tasks(), |task| {
        for i in c.samples(task) {
            let loss = c.pick(i).map_or(T::of(0.0), |(at, weight)| T::of(-weight.wide() * x[at].wide()));
            // SAFETY: in bounds, and each sample is in one task.
            unsafe { *losses.get().add(i) = loss };
        }
    });
}

/// The sum of the losses and of the weights.
pub fn nll_sum<T: Float>(c: &Classes<T>, x: &[T]) -> (f64, f64) {
    let mut parts = vec![(0.0, 0.0); c.tasks()];
    let shared = Shared(parts.as_mut_ptr());
    pool::parallel_tasks(c.tasks(), |task| {
        let (mut loss, mut total) = (0.0, 0.0);
        for (at, weight) in c.samples(task).filter_map(|i| c.pick(i)) {
            loss -= weight.wide() * x[at].wide();
            total += weight.wide();
        }
        // SAFETY: in bounds, one part for each task.
        unsafe { *shared.get().add(task) = (loss, total) };
    });
    parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
}

/// Adds to the gradient of the log-probabilities, given the factor of each sample's loss.
pub fn nll_backward<T: Float>(c: &Classes<T>, factor: impl Fn(usize) -> f64 + Sync, grad: &mut [T]) {
    assert_eq!(c.targets.len() * c.classes, grad.len(), "nll: one gradient for each score");
    let grad = Shared(grad.as_mut_ptr());
    pool::parallel_tasks(c.tasks(), |task| {
        for i in c.samples(task) {
            if let Some((at, weight)) = c.pick(i) {
                assert!(at < c.targets.len() * c.classes, "nll: class out of bounds");
                // SAFETY: in bounds, and each sample has places of its own.
                unsafe { *grad.get().add(at) = T::of(-weight.wide() * factor(i)) };
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<f64>, Vec<i64>, Vec<f64>) {
        let x = (0..2 * 3 * 4).map(|i| (i as f64 * 0.7).sin()).collect();
        (x, vec![0, 2, -100, 1, 1, 0, 2, -100], vec![0.5, 2.0, 1.5])
    }

    #[test]
    fn sums_are_those_of_the_losses() {
        let (x, targets, weights) = sample();
        let c = Classes { targets: &targets, weights: Some(&weights), classes: 3, inner: 4, ignored: -100 };
        let mut losses = vec![9.0; 8];
        nll(&c, &x, &mut losses);
        for (i, &t) in targets.iter().enumerate() {
            let expected = if t < 0 { 0.0 } else { -weights[t as usize] * x[(i / 4 * 3 + t as usize) * 4 + i % 4] };
            assert_eq!(losses[i], expected);
        }
        let (sum, total) = nll_sum(&c, &x);
        assert!((sum - losses.iter().sum::<f64>()).abs() < 1e-12);
        assert_eq!(total, 0.5 + 1.5 + 2.0 + 2.0 + 0.5 + 1.5);
    }

    #[test]
    fn the_gradient_stands_at_the_classes() {
        let (x, targets, _) = sample();
        let c = Classes { targets: &targets, weights: None, classes: 3, inner: 4, ignored: -100 };
        let mut grad = vec![0.0; x.len()];
        nll_backward(&c, |i| i as f64, &mut grad);
        let product: f64 = grad.iter().zip(&x).map(|(g, x)| g * x).sum();
        let mut losses = vec![0.0; 8];
        nll(&c, &x, &mut losses);
        let expected: f64 = losses.iter().enumerate().map(|(i, l)| l * i as f64).sum();
        assert!((product - expected).abs() < 1e-12);
    }
}
