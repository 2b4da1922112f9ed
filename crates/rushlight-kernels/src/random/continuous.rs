//! Exponential, Cauchy, log-normal, geometric and Bernoulli numbers, all drawn as float64.

use super::uniform::{unit_f32, unit_f64};
use super::{Generator, Real, Sample};
use std::f64::consts::PI;

impl Generator {
    /// `Tensor.exponential_(lambda)`: `-1 / lambda * log(1 - u)`.
    pub fn exponential<T: Real>(&mut self, out: &mut [T], lambda: f64) {
        let scale = -1.0 / lambda;
        self.map_pairs(out, move |bits| T::from_f64(scale * (-unit_f64(bits)).ln_1p()));
    }

    /// `Tensor.cauchy_(median, sigma)`: `median + sigma * tan(pi * (u - 1/2))`.
    pub fn cauchy<T: Real>(&mut self, out: &mut [T], median: f64, sigma: f64) {
        self.map_pairs(out, move |bits| T::from_f64(sigma.mul_add((PI * (unit_f64(bits) - 0.5)).tan(), median)));
    }

    /// `Tensor.log_normal_(mean, std)`: `exp` of the stream of [`Generator::normal_each`].
    pub fn log_normal<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) {
        for o in out {
            *o = T::from_f64(self.normal_one(mean, std).exp());
        }
    }

    /// `Tensor.geometric_(p)`: `ceil(log(u) / log(1 - p))`.
    pub fn geometric<T: Sample>(&mut self, out: &mut [T], p: f64) {
        let scale = (-p).ln_1p();
        self.map_pairs(out, move |bits| T::from_f64((unit_f64(bits).ln() / scale).ceil()));
    }

    /// `Tensor.bernoulli_(p)` with a number, the mask of `dropout`: one where `u < p`, 53 bits of `u`.
    pub fn bernoulli<T: Sample>(&mut self, out: &mut [T], p: f64) {
        self.map_pairs(out, move |bits| T::from_i64(i64::from(unit_f64(bits) < p)));
    }

    /// `Tensor.bernoulli_(p)` with a tensor: 53 random bits against a float64 `p`, 24 against narrower types.
    ///
    /// Elements pair up; the shorter slice ends the drawing.
    pub fn bernoulli_each<T: Sample, P: Real>(&mut self, out: &mut [T], p: &[P]) {
        for (o, &p) in out.iter_mut().zip(p) {
            let u = if P::DOUBLE { self.unit() } else { f64::from(unit_f32(self.random())) };
            *o = T::from_i64(i64::from(u < p.to_f64()));
        }
    }
}
