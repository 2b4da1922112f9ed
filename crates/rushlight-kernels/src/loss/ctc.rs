//! Connectionist temporal classification (Graves et al., 2006): minus the logarithm of the probability of all paths that
//! spell a target, where blanks may stand between labels and repetitions count once.
//!
//! State `2 i + 1` is label `i` of the target, even states are blanks. `alpha[t][s]` is the logarithm of the probability of
//! the prefixes that end in state `s` at time `t`, `beta` that of the suffixes.

use crate::gemm::Shared;
use crate::pool;
use crate::rows::RowFloat;

/// One sample: how many time steps it has, and its labels.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Time steps, at most those of the log-probabilities.
    pub steps: usize,
    /// Labels, below the number of classes.
    pub labels: Vec<usize>,
}

/// Log-probabilities (time, batch, classes) and what they should spell.
#[derive(Clone, Debug)]
pub struct Ctc<'a, T> {
    /// Log-probabilities.
    pub log_probs: &'a [T],
    /// Time steps.
    pub time: usize,
    /// Classes, the blank among them.
    pub classes: usize,
    /// The class of the blank.
    pub blank: usize,
    /// A row of `states` numbers of alpha for each time step of each sample.
    pub states: usize,
    /// The batch.
    pub sequences: &'a [Sequence],
}

impl<T: RowFloat> Ctc<'_, T> {
    fn check(&self, losses: usize, alphas: usize) {
        let batch = self.sequences.len();
        let fits = |s: &Sequence| s.steps <= self.time && 2 * s.labels.len() < self.states && s.labels.iter().all(|&l| l < self.classes);
        assert!(self.blank < self.classes && self.sequences.iter().all(fits), "ctc: lengths and labels");
        let lengths = [self.log_probs.len(), losses, alphas];
        assert_eq!(lengths, [self.time * batch * self.classes, batch, batch * self.time * self.states], "ctc: lengths");
    }

    fn log_prob(&self, t: usize, sample: usize, class: usize) -> T {
        self.log_probs[(t * self.sequences.len() + sample) * self.classes + class]
    }

    /// The class of a state.
    fn class(&self, sequence: &Sequence, state: usize) -> usize {
        if state % 2 == 1 { sequence.labels[state / 2] } else { self.blank }
    }

    /// Whether a path may go from state `state - 2` to `state`: over a blank between different labels.
    fn skips(&self, sequence: &Sequence, state: usize) -> bool {
        state >= 2 && state % 2 == 1 && sequence.labels[state / 2] != sequence.labels[state / 2 - 1]
    }

    fn forward(&self, sample: usize, alpha: &mut [T]) -> T {
        let sequence = &self.sequences[sample];
        let states = 2 * sequence.labels.len() + 1;
        alpha.fill(T::NEG_INFINITY);
        if sequence.steps == 0 {
            return if sequence.labels.is_empty() { T::ZERO } else { -T::NEG_INFINITY };
        }
        for state in 0..states.min(2) {
            alpha[state] = self.log_prob(0, sample, self.class(sequence, state));
        }
        for t in 1..sequence.steps {
            let (before, now) = alpha[(t - 1) * self.states..].split_at_mut(self.states);
            for state in 0..states {
                let from = |back: usize| if state >= back { before[state - back] } else { T::NEG_INFINITY };
                let two = if self.skips(sequence, state) { from(2) } else { T::NEG_INFINITY };
                now[state] = log_sum([from(0), from(1), two]) + self.log_prob(t, sample, self.class(sequence, state));
            }
        }
        let last = &alpha[(sequence.steps - 1) * self.states..];
        let label = if states > 1 { last[states - 2] } else { T::NEG_INFINITY };
        -log_sum([last[states - 1], label, T::NEG_INFINITY])
    }

    /// Writes the gradient of a sample through `write(t, class, value)`.
    fn backward(&self, sample: usize, alpha: &[T], loss: T, grad: T, mut write: impl FnMut(usize, usize, T)) {
        let sequence = &self.sequences[sample];
        let states = 2 * sequence.labels.len() + 1;
        let mut beta = vec![T::NEG_INFINITY; states];
        let mut posterior = vec![T::NEG_INFINITY; self.classes];
        for t in (0..sequence.steps).rev() {
            beta = self.beta(sample, t, &beta);
            posterior.fill(T::NEG_INFINITY);
            for state in 0..states {
                let total = &mut posterior[self.class(sequence, state)];
                *total = log_sum([*total, alpha[t * self.states + state] + beta[state], T::NEG_INFINITY]);
            }
            for (class, &both) in posterior.iter().enumerate() {
                let log_prob = self.log_prob(t, sample, class);
                write(t, class, (log_prob.exp() - (both + loss - log_prob).exp()) * grad);
            }
        }
    }

    /// Beta at time `t` from that at `t + 1`.
    fn beta(&self, sample: usize, t: usize, after: &[T]) -> Vec<T> {
        let sequence = &self.sequences[sample];
        let states = after.len();
        (0..states)
            .map(|state| {
                let log_prob = self.log_prob(t, sample, self.class(sequence, state));
                if t + 1 == sequence.steps {
                    return if state + 2 >= states { log_prob } else { T::NEG_INFINITY };
                }
                let to = |ahead: usize| after.get(state + ahead).copied().unwrap_or(T::NEG_INFINITY);
                let two = if state + 2 < states && self.skips(sequence, state + 2) { to(2) } else { T::NEG_INFINITY };
                log_sum([to(0), to(1), two]) + log_prob
            })
            .collect()
    }

    fn grain(&self) -> usize {
        (1usize << 12).div_ceil((self.time * self.states).max(1))
    }
}

/// `log(sum(exp(x)))`
fn log_sum<T: RowFloat>(x: [T; 3]) -> T {
    let top = x.iter().fold(T::NEG_INFINITY, |top, &x| if x > top { x } else { top });
    if top == T::NEG_INFINITY {
        return top;
    }
    let mut sum = T::ZERO;
    x.iter().for_each(|&x| sum += (x - top).exp());
    top + sum.ln()
}

/// Writes the loss of every sample, and alpha as (batch, time, states).
///
/// # Panics
/// When lengths do not match.
pub fn ctc<T: RowFloat>(c: &Ctc<T>, losses: &mut [T], alphas: &mut [T]) {
    c.check(losses.len(), alphas.len());
    let size = c.time * c.states;
    let (losses, alphas) = (Shared(losses.as_mut_ptr()), Shared(alphas.as_mut_ptr()));
    pool::parallel_for(c.sequences.len(), c.grain(), |samples| {
        for sample in samples {
            // SAFETY: each sample has its own place.
            let (loss, alpha) = unsafe { (&mut *losses.get().add(sample), std::slice::from_raw_parts_mut(alphas.get().add(sample * size), size)) };
            *loss = c.forward(sample, alpha);
        }
    });
}

/// Writes the gradient of the log-probabilities: `(exp(log_prob) - posterior) * grad`, as for log-probabilities that come
/// from a log-softmax; zero after a sample's end, and for infinite losses if `zero_infinity`.
///
/// # Panics
/// When lengths do not match.
pub fn ctc_backward<T: RowFloat>(c: &Ctc<T>, losses: &[T], alphas: &[T], grads: &[T], zero_infinity: bool, out: &mut [T]) {
    c.check(losses.len(), alphas.len());
    assert!(out.len() == c.log_probs.len() && grads.len() == losses.len(), "ctc: lengths of the gradients");
    let (batch, size) = (c.sequences.len(), c.time * c.states);
    out.fill(T::ZERO);
    let out = Shared(out.as_mut_ptr());
    pool::parallel_for(batch, c.grain(), |samples| {
        for sample in samples.filter(|&s| !(zero_infinity && losses[s].is_infinite())) {
            c.backward(sample, &alphas[sample * size..][..size], losses[sample], grads[sample], |t, class, value| {
                // SAFETY: each sample has its own numbers.
                unsafe { *out.get().add((t * batch + sample) * c.classes + class) = value };
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over all paths of every length.
    fn by_enumeration(log_probs: &[f64], time: usize, classes: usize, labels: &[usize]) -> f64 {
        let mut total = 0.0;
        for path in 0..classes.pow(time as u32) {
            let steps: Vec<usize> = (0..time).map(|t| path / classes.pow(t as u32) % classes).collect();
            let mut spelled: Vec<usize> = Vec::new();
            for (t, &class) in steps.iter().enumerate() {
                if class != 0 && (t == 0 || steps[t - 1] != class) {
                    spelled.push(class);
                }
            }
            if spelled == labels {
                total += steps.iter().enumerate().map(|(t, &class)| log_probs[t * classes + class]).sum::<f64>().exp();
            }
        }
        -total.ln()
    }

    #[test]
    fn the_loss_sums_over_all_paths() {
        let log_probs: Vec<f64> = (0..12).map(|i| -1.0 - (i as f64 * 0.7).sin()).collect();
        for labels in [vec![1, 2], vec![1, 1], vec![2], vec![], vec![1, 2, 1, 2, 1]] {
            let states = 2 * labels.len() + 1;
            let sequences = [Sequence { steps: 4, labels: labels.clone() }];
            let c = Ctc { log_probs: &log_probs, time: 4, classes: 3, blank: 0, states, sequences: &sequences };
            let (mut loss, mut alpha) = ([0.0], vec![0.0; 4 * states]);
            ctc(&c, &mut loss, &mut alpha);
            let expected = by_enumeration(&log_probs, 4, 3, &labels);
            assert!(loss[0] == expected || (loss[0] - expected).abs() < 1e-12, "{labels:?}: {} {expected}", loss[0]);
        }
    }
}
