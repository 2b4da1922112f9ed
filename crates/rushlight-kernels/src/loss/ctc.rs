//! Connectionist temporal classification (Graves et al., 2006): minus the logarithm of the probability of all paths that
//! spell a target, where blanks may stand between labels and repetitions count once.
//!
//! State `2 i + 1` is label `i` of the target, even states are blanks. `alpha[t][s]` is the logarithm of the probability of
//! the prefixes that end in state `s` at time `t`, `beta` that of the suffixes.

use crate::elementwise::math::Math;
use crate::gemm::Shared;
use crate::rows::RowFloat;
use crate::{pool, vectorized};

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

/// The states of a target.
struct Path<T> {
    /// The class of each state.
    classes: Vec<usize>,
    /// Zero where a path may come from two states before, over a blank between different labels; else negative infinity.
    skips: Vec<T>,
}

impl<T: RowFloat> Path<T> {
    fn of(sequence: &Sequence, blank: usize) -> Path<T> {
        let labels = &sequence.labels;
        let classes: Vec<usize> = (0..2 * labels.len() + 1).map(|state| if state % 2 == 1 { labels[state / 2] } else { blank }).collect();
        let skips = |state: usize| state >= 2 && state % 2 == 1 && classes[state] != classes[state - 2];
        let skips = (0..classes.len()).map(|state| if skips(state) { T::ZERO } else { T::NEG_INFINITY }).collect();
        Path { classes, skips }
    }

    /// Writes the log-probability of each state's class.
    fn emit(&self, log_probs: &[T], emitted: &mut [T]) {
        emitted.iter_mut().zip(&self.classes).for_each(|(to, &class)| *to = log_probs[class]);
    }
}

vectorized! {
    /// `out = log(exp(a) + exp(b) + exp(c + skips)) + emitted`
    fn log_sums[T: RowFloat + Math](from: [&[T]; 3], skips: &[T], emitted: &[T], out: &mut [T]) {
        let states = out.len();
        let ([a, b, c], skips, emitted) = (from.map(|from| &from[..states]), &skips[..states], &emitted[..states]);
        for i in 0..states {
            let (a, b, c) = (a[i], b[i], c[i] + skips[i]);
            let top = if b > a { b } else { a };
            let top = if c > top { c } else { top };
            // Of negative infinities, the logarithm of nothing.
            let top = if top == T::NEG_INFINITY { T::ZERO } else { top };
            out[i] = top + ((a - top).vexp() + (b - top).vexp() + (c - top).vexp()).vln() + emitted[i];
        }
    }
}

vectorized! {
    /// The probability of being in each state: both directions count what the state emits.
    fn probabilities[T: RowFloat + Math](parts: [&[T]; 3], loss: T, out: &mut [T]) {
        let [alpha, beta, emitted] = parts.map(|part| &part[..out.len()]);
        for i in 0..out.len() {
            out[i] = (alpha[i] + beta[i] + loss - emitted[i]).vexp();
        }
    }
}

impl<T: RowFloat + Math> Ctc<'_, T> {
    fn check(&self, losses: usize, alphas: usize) {
        let batch = self.sequences.len();
        let fits = |s: &Sequence| s.steps <= self.time && 2 * s.labels.len() < self.states && s.labels.iter().all(|&l| l < self.classes);
        assert!(self.blank < self.classes && self.sequences.iter().all(fits), "ctc: lengths and labels");
        let lengths = [self.log_probs.len(), losses, alphas];
        assert_eq!(lengths, [self.time * batch * self.classes, batch, batch * self.time * self.states], "ctc: lengths");
    }

    /// The log-probabilities of all classes.
    fn log_probs(&self, t: usize, sample: usize) -> &[T] {
        &self.log_probs[(t * self.sequences.len() + sample) * self.classes..][..self.classes]
    }

    fn forward(&self, sample: usize, alpha: &mut [T]) -> T {
        let sequence = &self.sequences[sample];
        let path = Path::of(sequence, self.blank);
        let states = path.classes.len();
        alpha.fill(T::NEG_INFINITY);
        if sequence.steps == 0 {
            return if sequence.labels.is_empty() { T::ZERO } else { -T::NEG_INFINITY };
        }
        let first = self.log_probs(0, sample);
        alpha.iter_mut().zip(&path.classes).take(2).for_each(|(alpha, &class)| *alpha = first[class]);
        // Two states more in front, which no path reaches.
        let (mut before, mut emitted) = (vec![T::NEG_INFINITY; states + 2], vec![T::ZERO; states]);
        for t in 1..sequence.steps {
            before[2..].copy_from_slice(&alpha[(t - 1) * self.states..][..states]);
            path.emit(self.log_probs(t, sample), &mut emitted);
            let now = &mut alpha[t * self.states..][..states];
            log_sums([&before[2..], &before[1..], &before], &path.skips, &emitted, now);
        }
        let last = &alpha[(sequence.steps - 1) * self.states..][..states];
        let label = if states > 1 { last[states - 2] } else { T::NEG_INFINITY };
        let mut total = [T::ZERO];
        log_sums([&last[states - 1..], &[label], &[T::NEG_INFINITY]], &[T::ZERO], &[T::ZERO], &mut total);
        -total[0]
    }

    /// Writes the gradient of a sample through `write(t, class, value)`.
    fn backward(&self, sample: usize, alpha: &[T], loss: T, grad: T, mut write: impl FnMut(usize, usize, T)) {
        let sequence = &self.sequences[sample];
        let path = Path::of(sequence, self.blank);
        let states = path.classes.len();
        // Two states more behind, which no path reaches.
        let mut beta = vec![T::NEG_INFINITY; states + 2];
        let (mut now, mut emitted, mut posterior) = (vec![T::ZERO; states], vec![T::ZERO; states], vec![T::ZERO; self.classes]);
        let skips: Vec<T> = (0..states).map(|state| path.skips.get(state + 2).copied().unwrap_or(T::NEG_INFINITY)).collect();
        for t in (0..sequence.steps).rev() {
            let log_probs = self.log_probs(t, sample);
            path.emit(log_probs, &mut emitted);
            if t + 1 == sequence.steps {
                let ends = states.saturating_sub(2);
                now[..ends].fill(T::NEG_INFINITY);
                now[ends..].copy_from_slice(&emitted[ends..]);
            } else {
                log_sums([&beta, &beta[1..], &beta[2..]], &skips, &emitted, &mut now);
            }
            beta[..states].copy_from_slice(&now);
            // NaN where the loss or a log-probability is infinite, as in PyTorch; else zero.
            posterior.iter_mut().zip(log_probs).for_each(|(p, &log_prob)| *p = (T::NEG_INFINITY + loss - log_prob).vexp());
            let both = &alpha[t * self.states..][..states];
            probabilities([both, &beta, &emitted], loss, &mut now);
            path.classes.iter().zip(&now).for_each(|(&class, &p)| posterior[class] += p);
            for (class, (&log_prob, &p)) in log_probs.iter().zip(&posterior).enumerate() {
                write(t, class, (log_prob.vexp() - p) * grad);
            }
        }
    }

    fn grain(&self) -> usize {
        (1usize << 12).div_ceil((self.time * self.states).max(1))
    }
}

/// Writes the loss of every sample, and alpha as (batch, time, states).
///
/// # Panics
/// When lengths do not match.
pub fn ctc<T: RowFloat + Math>(c: &Ctc<T>, losses: &mut [T], alphas: &mut [T]) {
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
pub fn ctc_backward<T: RowFloat + Math>(c: &Ctc<T>, losses: &[T], alphas: &[T], grads: &[T], zero_infinity: bool, out: &mut [T]) {
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
