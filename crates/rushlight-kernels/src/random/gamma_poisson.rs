//! Poisson and gamma numbers by rejection; how many uniform numbers they take depends on what is drawn.

use super::sample::rounded;
use super::{Generator, Real};

impl Generator {
    /// `poisson(rate)`, element by element, for rates >= 0.
    ///
    /// Products of uniform numbers below a rate of 10, transformed rejection (Hormann, 1993) from there on.
    pub fn poisson<T: Real>(&mut self, out: &mut [T], rate: &[T]) {
        for (o, rate) in out.iter_mut().zip(rate) {
            *o = T::from_i64(self.poisson_one(rate.to_f64()));
        }
    }

    fn poisson_one(&mut self, rate: f64) -> i64 {
        if rate >= 10.0 {
            self.poisson_large(rate)
        } else if rate == 0.0 {
            0
        } else {
            self.poisson_small(rate)
        }
    }

    fn poisson_small(&mut self, rate: f64) -> i64 {
        let floor = (-rate).exp();
        let (mut count, mut product) = (0, self.unit());
        while product > floor {
            count += 1;
            product *= self.unit();
        }
        count
    }

    fn poisson_large(&mut self, rate: f64) -> i64 {
        let log_rate = rate.ln();
        let b = 0.931 + 2.53 * rate.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let inner = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.unit() - 0.5;
            let v = self.unit();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + rate + 0.43).floor() as i64;
            if us >= 0.07 && v <= inner {
                return k;
            }
            if k < 0 || (us < 0.013 && v > us) {
                continue;
            }
            let density = -rate + k as f64 * log_rate - libm::lgamma(k as f64 + 1.0);
            if v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln() <= density {
                return k;
            }
        }
    }

    /// `_standard_gamma(alpha)`, element by element (Marsaglia and Tsang, 2000), at least `smallest`.
    ///
    /// `smallest` is the type's smallest normal number.
    pub fn standard_gamma<T: Real>(&mut self, out: &mut [T], alpha: &[T], smallest: f64) {
        for (o, alpha) in out.iter_mut().zip(alpha) {
            let sample = T::from_f64(self.gamma_one::<T>(*alpha)).to_f64();
            *o = T::from_f64(if smallest < sample { sample } else { smallest });
        }
    }

    fn gamma_one<T: Real>(&mut self, alpha: T) -> f64 {
        let (mut alpha, mut scale) = (alpha, 1.0);
        if alpha.to_f64() < 1.0 {
            if alpha.to_f64() == 0.0 {
                return 0.0;
            }
            scale = (1.0 - self.unit()).powf(rounded::<T>(1.0 / alpha.to_f64()));
            alpha = T::from_f64(alpha.to_f64() + 1.0);
        }
        let d = rounded::<T>(alpha.to_f64() - f64::from(1f32 / 3.0));
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let (x, y) = self.gamma_proposal(c);
            let v = y * y * y;
            let u = 1.0 - self.unit();
            let squeeze = 1.0 - f64::from(0.0331f32) * (x * x) * (x * x);
            if u < squeeze || u.ln() < 0.5 * (x * x) + d * (1.0 - v + v.ln()) {
                return scale * d * v;
            }
        }
    }

    /// A normal `x` with a positive `y = 1 + c x`, or with NaN where the parameter has no distribution.
    fn gamma_proposal(&mut self, c: f64) -> (f64, f64) {
        loop {
            let x = self.normal_one(0.0, 1.0);
            let y = 1.0 + c * x;
            if y > 0.0 || y.is_nan() {
                return (x, y);
            }
        }
    }
}
