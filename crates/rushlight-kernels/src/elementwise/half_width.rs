//! float16 to float32 and back by the processor's own instructions, with the bits of [`Num::up`] and [`Num::down`].

use super::num::{CHUNK, Num};
use crate::simd::{Level, level};
use half::f16;

/// [`Num::up`] of each.
#[inline]
pub(super) fn widen(x: &[f16; CHUNK], out: &mut [f32; CHUNK]) {
    match level() {
        // SAFETY: the level has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::widen_512(x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::widen_256(x, out) },
        _ => widen_plainly(x, out),
    }
}

/// [`Num::down`] of each.
#[inline]
pub(super) fn narrow(x: &[f32; CHUNK], out: &mut [f16; CHUNK]) {
    match level() {
        // SAFETY: the level has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::narrow_512(x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::narrow_256(x, out) },
        _ => out.iter_mut().zip(x).for_each(|(out, &x)| *out = f16::down(x)),
    }
}

#[cold]
fn widen_plainly(x: &[f16; CHUNK], out: &mut [f32; CHUNK]) {
    out.iter_mut().zip(x).for_each(|(out, x)| *out = x.up());
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHUNK, widen_plainly};
    use half::f16;
    use std::arch::x86_64::*;
    use std::mem::transmute;

    // Loops in the width of those around them: what one stores the other loads whole, which the processor forwards.
    // The instruction sets the first bit of a NaN's payload, which [`super::Num::up`] leaves.

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,f16c")]
    pub fn widen_512(x: &[f16; CHUNK], out: &mut [f32; CHUNK]) {
        let mut unordered = 0;
        for (x, out) in x.as_chunks::<16>().0.iter().zip(out.as_chunks_mut::<16>().0) {
            // SAFETY: sixteen halves are as many bits.
            let wide = _mm512_cvtph_ps(unsafe { transmute::<[f16; 16], __m256i>(*x) });
            unordered |= _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(wide, wide);
            // SAFETY: any bits are numbers.
            *out = unsafe { transmute::<__m512, [f32; 16]>(wide) };
        }
        if unordered != 0 {
            widen_plainly(x, out);
        }
    }

    #[target_feature(enable = "avx2,f16c")]
    pub fn widen_256(x: &[f16; CHUNK], out: &mut [f32; CHUNK]) {
        let mut unordered = _mm256_setzero_ps();
        for (x, out) in x.as_chunks::<8>().0.iter().zip(out.as_chunks_mut::<8>().0) {
            // SAFETY: eight halves are as many bits.
            let wide = _mm256_cvtph_ps(unsafe { transmute::<[f16; 8], __m128i>(*x) });
            unordered = _mm256_or_ps(unordered, _mm256_cmp_ps::<_CMP_UNORD_Q>(wide, wide));
            // SAFETY: any bits are numbers.
            *out = unsafe { transmute::<__m256, [f32; 8]>(wide) };
        }
        if _mm256_movemask_ps(unordered) != 0 {
            widen_plainly(x, out);
        }
    }

    // NaN keeps its sign alone.

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,f16c")]
    pub fn narrow_512(x: &[f32; CHUNK], out: &mut [f16; CHUNK]) {
        let (sign, nan) = (_mm512_set1_ps(-0.0), _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc0_0000)));
        for (x, out) in x.as_chunks::<16>().0.iter().zip(out.as_chunks_mut::<16>().0) {
            // SAFETY: sixteen numbers are as many bits.
            let x = unsafe { transmute::<[f32; 16], __m512>(*x) };
            let plain = _mm512_or_ps(_mm512_and_ps(x, sign), nan);
            let x = _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_UNORD_Q>(x, x), x, plain);
            let halves = _mm512_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x);
            // SAFETY: any bits are halves.
            *out = unsafe { transmute::<__m256i, [f16; 16]>(halves) };
        }
    }

    #[target_feature(enable = "avx2,f16c")]
    pub fn narrow_256(x: &[f32; CHUNK], out: &mut [f16; CHUNK]) {
        let (sign, nan) = (_mm256_set1_ps(-0.0), _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc0_0000)));
        for (x, out) in x.as_chunks::<8>().0.iter().zip(out.as_chunks_mut::<8>().0) {
            // SAFETY: eight numbers are as many bits.
            let x = unsafe { transmute::<[f32; 8], __m256>(*x) };
            let plain = _mm256_or_ps(_mm256_and_ps(x, sign), nan);
            let x = _mm256_blendv_ps(x, plain, _mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
            // SAFETY: any bits are halves.
            *out = unsafe { transmute::<__m128i, [f16; 8]>(_mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(x)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_give_the_bits_of_the_formulas() {
        let (mut halves, mut wide) = ([f16::ZERO; CHUNK], [0f32; CHUNK]);
        for first in (0..2_000_000u32).step_by(CHUNK) {
            let x: [f32; CHUNK] = std::array::from_fn(|i| f32::from_bits((first + i as u32).wrapping_mul(2_147_483_629)));
            narrow(&x, &mut halves);
            x.iter().zip(halves).for_each(|(&x, out)| assert_eq!(out.to_bits(), f16::down(x).to_bits(), "{x:e}"));
        }
        for first in (0..=u16::MAX).step_by(CHUNK) {
            let x: [f16; CHUNK] = std::array::from_fn(|i| f16::from_bits(first + i as u16));
            widen(&x, &mut wide);
            x.iter().zip(wide).for_each(|(x, out)| assert_eq!(out.to_bits(), x.up().to_bits(), "{x}"));
        }
    }
}
