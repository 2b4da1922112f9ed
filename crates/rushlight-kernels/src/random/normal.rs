//! Normal numbers by the method of Box and Muller (Annals of Mathematical Statistics 29, 1958).

use super::box_muller::{BLOCK, polar_f32, polar_f64};
use super::uniform::{unit_f32, unit_f64};
use super::{Generator, Real, Sample};
use std::f64::consts::PI;

/// Elements transformed at once; a multiple of [`BLOCK`].
const CHUNK: usize = 256;

impl Generator {
    /// `Tensor.normal_(mean, std)` on a contiguous tensor.
    ///
    /// From 16 elements on, blocks of 16: element `j` and `j + 8` share a radius and an angle. When 16 does not
    /// divide the length, the last 16 elements are drawn anew. Fewer elements come from [`Generator::normal_each`].
    pub fn normal<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) {
        if out.len() < BLOCK {
            return self.normal_each(out, mean, std);
        }
        let rest = out.len() % BLOCK;
        let whole = out.len() - rest;
        self.normal_blocks(&mut out[..whole], mean, std);
        if rest > 0 {
            // Types that are computed in their own width also draw uniform numbers for the rest.
            self.skip(if T::NARROW { 0 } else { rest }, T::DOUBLE);
            let tail = out.len() - BLOCK;
            self.normal_blocks(&mut out[tail..], mean, std);
        }
    }

    /// Whole blocks of 16.
    fn normal_blocks<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) {
        if T::DOUBLE {
            let mut unit = [0f64; CHUNK];
            for chunk in out.chunks_mut(CHUNK) {
                let unit = &mut unit[..chunk.len()];
                self.map_pairs(unit, unit_f64);
                polar_f64(unit, mean, std);
                chunk.iter_mut().zip(unit).for_each(|(o, u)| *o = T::from_f64(*u));
            }
        } else {
            let mut unit = [0f32; CHUNK];
            for chunk in out.chunks_mut(CHUNK) {
                let unit = &mut unit[..chunk.len()];
                self.map_words(unit, unit_f32);
                polar_f32(unit, mean as f32, std as f32);
                chunk.iter_mut().zip(unit).for_each(|(o, u)| *o = T::from_f32(*u));
            }
        }
    }

    fn skip(&mut self, draws: usize, double: bool) {
        for _ in 0..draws * (1 + usize::from(double)) {
            self.random();
        }
    }

    /// `Tensor.normal_(mean, std)` on a tensor that is not contiguous or has fewer than 16 elements, in memory order.
    ///
    /// Pairs of float64 samples; the second of a pair waits in the generator for the next call.
    pub fn normal_each<T: Sample>(&mut self, out: &mut [T], mean: f64, std: f64) {
        for o in out {
            *o = T::from_f64(self.normal_one(mean, std));
        }
    }

    /// One sample of the float64 stream.
    pub(super) fn normal_one(&mut self, mean: f64, std: f64) -> f64 {
        let standard = self.spare_f64.take().unwrap_or_else(|| {
            let (u1, u2) = (self.unit(), self.unit());
            let radius = (-2.0 * (-u2).ln_1p()).sqrt();
            let angle = 2.0 * PI * u1;
            self.spare_f64 = Some(radius * angle.sin());
            radius * angle.cos()
        });
        standard.mul_add(std, mean)
    }
}
