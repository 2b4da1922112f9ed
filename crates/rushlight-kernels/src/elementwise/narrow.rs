//! float32 to float16 by the processor's own instruction, with the bits of [`Num::down`].

use super::driver::{Loop, Params, loop1};
use crate::DType;
use crate::simd::{Level, level};
use half::f16;

/// The loop that rounds float32 to float16.
pub(super) fn resolve() -> Option<(Loop, DType)> {
    match level() {
        Level::Base => plain(),
        _ => Some((narrow, DType::F16)),
    }
}

fn plain() -> Option<(Loop, DType)> {
    loop1!(f32 => f16, |x, _| x)
}

/// # Safety
/// As [`Loop`], on a processor of at least [`Level::Avx2`].
unsafe fn narrow(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
    #[cfg(target_arch = "x86_64")]
    if strides[..2] == [2, 4] {
        // SAFETY: contiguous by the strides and disjoint: casts never happen in place.
        return unsafe { x86::narrow(std::slice::from_raw_parts(ptrs[1] as *const f32, n), std::slice::from_raw_parts_mut(ptrs[0] as *mut f16, n)) };
    }
    if let Some((plain, _)) = plain() {
        // SAFETY: the caller's.
        unsafe { plain(n, ptrs, strides, p) }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::num::Num;
    use half::f16;
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2,f16c")]
    pub fn narrow(x: &[f32], out: &mut [f16]) {
        let ((wholes, rest), (outs, out_rest)) = (x.as_chunks::<8>(), out.as_chunks_mut::<8>());
        let (sign, nan) = (_mm256_set1_ps(-0.0), _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc0_0000)));
        for (x, out) in wholes.iter().zip(outs) {
            // SAFETY: eight numbers.
            let x = unsafe { _mm256_loadu_ps(x.as_ptr()) };
            // NaN keeps its sign alone.
            let plain = _mm256_or_ps(_mm256_and_ps(x, sign), nan);
            let x = _mm256_blendv_ps(x, plain, _mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
            // SAFETY: eight halves.
            unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(x)) };
        }
        out_rest.iter_mut().zip(rest).for_each(|(out, &x)| *out = f16::down(x));
    }
}

#[cfg(test)]
mod tests {
    use super::super::num::Num;
    use super::*;

    #[test]
    fn the_instruction_rounds_as_the_formula() {
        let x: Vec<f32> = (0..2_000_003u32).map(|i| f32::from_bits(i.wrapping_mul(2_147_483_629))).collect();
        let mut out = vec![f16::ZERO; x.len()];
        let (narrow, _) = resolve().unwrap();
        let ptrs = [out.as_mut_ptr() as *mut u8, x.as_ptr() as *mut u8, std::ptr::null_mut(), std::ptr::null_mut()];
        // SAFETY: as many numbers as halves.
        unsafe { narrow(x.len(), &ptrs, &[2, 4, 0, 0], &Params::default()) };
        for (&x, out) in x.iter().zip(out) {
            assert_eq!(out.to_bits(), f16::down(x).to_bits(), "{x:e}");
        }
    }
}
