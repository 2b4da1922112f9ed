//! How each element type computes: half-precision types are widened to float32 and rounded once at the end.

use super::half_width;
use half::{bf16, f16};
use num_complex::Complex;

/// Elements that [`Num::up_chunk`] and [`Num::down_chunk`] convert at once.
pub const CHUNK: usize = 64;

/// An element with the type its arithmetic is done in.
pub trait Num: crate::Element {
    /// The type formulas see: float32 for the half types, the type itself otherwise.
    type Acc: Copy;
    /// Widens.
    fn up(self) -> Self::Acc;
    /// Rounds to nearest, ties to even.
    fn down(acc: Self::Acc) -> Self;
    /// Whether an instruction converts many at once, which loops over one element after the other cannot name.
    const CHUNKED: bool = false;
    /// [`Num::up`] of each.
    #[inline(always)]
    fn up_chunk(x: &[Self; CHUNK]) -> [Self::Acc; CHUNK] {
        let mut wide = [x[0].up(); CHUNK];
        for i in 0..CHUNK {
            wide[i] = x[i].up();
        }
        wide
    }
    /// [`Num::down`] of each.
    #[inline(always)]
    fn down_chunk(x: &[Self::Acc; CHUNK], out: &mut [Self; CHUNK]) {
        for i in 0..CHUNK {
            out[i] = Self::down(x[i]);
        }
    }
}

macro_rules! itself {
    ($($t:ty),*) => { $(impl Num for $t {
        type Acc = $t;
        #[inline(always)]
        fn up(self) -> $t { self }
        #[inline(always)]
        fn down(acc: $t) -> $t { acc }
    })* };
}
itself!(bool, u8, i8, i16, i32, i64, u16, u32, u64, f32, f64, Complex<f32>, Complex<f64>);

impl Num for bf16 {
    type Acc = f32;
    #[inline(always)]
    fn up(self) -> f32 {
        f32::from_bits((self.to_bits() as u32) << 16)
    }
    #[inline(always)]
    fn down(x: f32) -> bf16 {
        let bits = x.to_bits();
        let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
        bf16::from_bits(if x.is_nan() { 0x7fc0 } else { rounded as u16 })
    }
}

impl Num for f16 {
    type Acc = f32;
    /// Branch-free: the exponent is rebased by one multiplication, which also normalises subnormals.
    #[inline(always)]
    fn up(self) -> f32 {
        let h = self.to_bits() as u32;
        let magnitude = f32::from_bits((h & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
        let bits = magnitude.to_bits() | if h & 0x7c00 == 0x7c00 { 0x7f80_0000 } else { 0 };
        f32::from_bits(bits | (h & 0x8000) << 16)
    }
    /// Branch-free round to nearest even; overflow becomes infinity.
    #[inline(always)]
    fn down(x: f32) -> f16 {
        let bits = x.to_bits();
        let sign = (bits >> 16) & 0x8000;
        let abs = bits & 0x7fff_ffff;
        // Subnormal halves: adding 0.5 aligns their last bit with the last bit of the sum.
        let subnormal = (f32::from_bits(abs) + 0.5).to_bits().wrapping_sub(0x3f00_0000);
        let normal = abs.wrapping_add(0xc800_0fff).wrapping_add((abs >> 13) & 1) >> 13;
        let finite = if abs < 0x3880_0000 { subnormal } else { normal };
        let special = if abs > 0x7f80_0000 { 0x7e00 } else { 0x7c00 };
        f16::from_bits((sign | if abs >= 0x477f_f000 { special } else { finite }) as u16)
    }
    const CHUNKED: bool = true;
    #[inline(always)]
    fn up_chunk(x: &[f16; CHUNK]) -> [f32; CHUNK] {
        let mut wide = [0.0; CHUNK];
        half_width::widen(x, &mut wide);
        wide
    }
    #[inline(always)]
    fn down_chunk(x: &[f32; CHUNK], out: &mut [f16; CHUNK]) {
        half_width::narrow(x, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_the_round_trip() {
        for bits in 0..=u16::MAX {
            let h = f16::from_bits(bits);
            assert_eq!(h.up().to_bits() | (0x40_0000 * h.is_nan() as u32), h.to_f32().to_bits() | (0x40_0000 * h.is_nan() as u32));
            if !h.is_nan() {
                assert_eq!(f16::down(h.up()).to_bits(), bits);
                assert_eq!(bf16::down(bf16::from_bits(bits).up()).is_nan(), bf16::from_bits(bits).is_nan());
            }
        }
    }

    #[test]
    fn rounding_is_to_nearest_even() {
        for i in 0..2_000_000u32 {
            let x = f32::from_bits(i.wrapping_mul(2147) ^ 0x3800_0000);
            if !x.is_nan() {
                assert_eq!(f16::down(x), f16::from_f32(x), "{x}");
                assert_eq!(bf16::down(x), bf16::from_f32(x), "{x}");
            }
        }
    }
}
