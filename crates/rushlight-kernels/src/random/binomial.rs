//! Binomial numbers.

use super::sample::rounded;
use super::{Generator, Real};

impl Generator {
    /// `binomial(count, prob)`, element by element.
    ///
    /// Sums of geometric numbers while `count * prob < 10`, else transformed rejection (Hormann, 1993, BTRS).
    /// `prob > 1/2` is drawn as `count` minus the failures; a NaN gives NaN.
    pub fn binomial<T: Real>(&mut self, out: &mut [T], count: &[T], prob: &[T]) {
        for ((o, count), prob) in out.iter_mut().zip(count).zip(prob) {
            *o = T::from_f64(self.binomial_one::<T>(count.to_f64(), prob.to_f64()));
        }
    }

    fn binomial_one<T: Real>(&mut self, count: f64, prob: f64) -> f64 {
        if count <= 0.0 || prob <= 0.0 {
            0.0
        } else if prob >= 1.0 {
            count
        } else if prob <= 0.5 {
            self.binomial_half::<T>(count, prob)
        } else if prob > 0.5 {
            count - self.binomial_half::<T>(count, rounded::<T>(1.0 - prob))
        } else {
            f64::NAN
        }
    }

    /// For `prob <= 1/2`.
    fn binomial_half<T: Real>(&mut self, count: f64, prob: f64) -> f64 {
        if rounded::<T>(count * prob) >= 10.0 { self.binomial_rejection::<T>(count, prob) } else { self.binomial_inversion::<T>(count, prob) }
    }

    fn binomial_inversion<T: Real>(&mut self, count: f64, prob: f64) -> f64 {
        let log_failure = if T::DOUBLE { (-prob).ln_1p() } else { f64::from((-prob as f32).ln_1p()) };
        let (mut trials, mut successes) = (0.0, 0.0);
        loop {
            trials += (self.unit().ln() / log_failure).ceil();
            if trials > count || trials.is_nan() {
                return successes;
            }
            successes += 1.0;
        }
    }

    fn binomial_rejection<T: Real>(&mut self, count: f64, prob: f64) -> f64 {
        let product = rounded::<T>(count * prob);
        let variance = rounded::<T>(product * rounded::<T>(1.0 - prob));
        let deviation = rounded::<T>(variance.sqrt());
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * prob;
        let c = product + 0.5;
        let inner = 0.92 - 4.2 / b;
        let odds = rounded::<T>(prob / rounded::<T>(1.0 - prob));
        let alpha = (2.83 + 5.1 / b) * deviation;
        let mode = rounded::<T>(rounded::<T>(count + 1.0) * prob).floor();
        loop {
            let u = self.unit() - 0.5;
            let v = self.unit();
            let us = 0.5 - u.abs();
            let k = rounded::<T>(((2.0 * a / us + b) * u + c).floor());
            if k < 0.0 || k > count {
                continue;
            }
            if us >= 0.07 && v <= inner {
                return k;
            }
            let ratio = (v * alpha / (a / (us * us) + b)).ln();
            if ratio <= log_density_ratio(count, k, mode, odds) {
                return k;
            }
        }
    }
}

/// Logarithm of the density at `k` over that at the mode.
fn log_density_ratio(count: f64, k: f64, mode: f64, odds: f64) -> f64 {
    (mode + 0.5) * ((mode + 1.0) / (odds * (count - mode + 1.0))).ln()
        + (count + 1.0) * ((count - mode + 1.0) / (count - k + 1.0)).ln()
        + (k + 0.5) * (odds * (count - k + 1.0) / (k + 1.0)).ln()
        + stirling_tail(mode)
        + stirling_tail(count - mode)
        - stirling_tail(k)
        - stirling_tail(count - k)
}

/// `log(k!)` less Stirling's approximation.
fn stirling_tail(k: f64) -> f64 {
    const TABLE: [f64; 10] = [
        0.0810614667953272,
        0.0413406959554092,
        0.0276779256849983,
        0.02079067210376509,
        0.0166446911898211,
        0.0138761288230707,
        0.0118967099458917,
        0.0104112652619720,
        0.00925546218271273,
        0.00833056343336287,
    ];
    if k < 10.0 {
        return TABLE[k as usize];
    }
    let square = (k + 1.0) * (k + 1.0);
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
}
