//! Uniform real numbers: 24 random bits for float32 and narrower types, 53 for float64.

use super::{Generator, Real};

impl Generator {
    /// `Tensor.uniform_(from, to)`: `x * (to - from) + from` with `x` uniform on `[0, 1)`.
    ///
    /// Narrow types are computed in float32. A value that rounds to `to` becomes `from`.
    pub fn uniform<T: Real>(&mut self, out: &mut [T], from: f64, to: f64) {
        let (first, end) = (T::from_f64(from), T::from_f64(to));
        let inside = move |value: T| if value == end { first } else { value };
        if T::DOUBLE {
            let width = to - from;
            self.map_pairs(out, move |bits| inside(T::from_f64(unit_f64(bits).mul_add(width, from))));
        } else {
            let (from, width) = (from as f32, to as f32 - from as f32);
            self.map_words(out, move |bits| inside(T::from_f32(unit_f32(bits).mul_add(width, from))));
        }
    }

    /// One float64 on `[0, 1)`.
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        unit_f64(self.random64())
    }
}

/// 24 bits as a float32 on `[0, 1)`.
#[inline(always)]
pub(super) fn unit_f32(bits: u32) -> f32 {
    const STEP: f32 = 1.0 / (1u32 << 24) as f32;
    (bits & 0x00ff_ffff) as i32 as f32 * STEP
}

/// 53 bits as a float64 on `[0, 1)`.
#[inline(always)]
pub(super) fn unit_f64(bits: u64) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 53) as f64;
    (bits & ((1 << 53) - 1)) as i64 as f64 * STEP
}
