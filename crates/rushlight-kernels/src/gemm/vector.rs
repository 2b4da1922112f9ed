//! Registers of floating point numbers, one type per instruction set, for the inner loops of matrix products.

/// A register of `LANES` numbers.
///
/// Methods are inlined into functions that enable the instruction set; calling them elsewhere is undefined.
pub(crate) trait Vector: Copy {
    type Item: Copy;
    const LANES: usize;

    unsafe fn splat(value: Self::Item) -> Self;
    unsafe fn load(from: *const Self::Item) -> Self;
    /// The first `count` numbers (at most `LANES`), zeros after them; memory beyond them is not touched.
    unsafe fn load_first(from: *const Self::Item, count: usize) -> Self;
    unsafe fn store(self, to: *mut Self::Item);
    unsafe fn store_first(self, to: *mut Self::Item, count: usize);
    unsafe fn mul(self, other: Self) -> Self;
    /// `self + x * y`, rounded once where the instruction set can.
    unsafe fn plus_product(self, x: Self, y: Self) -> Self;
    /// `self + factor * c` for results in C.
    #[inline(always)]
    unsafe fn plus_scaled(self, factor: Self, c: Self) -> Self {
        // SAFETY: the caller enabled the instruction set.
        unsafe { self.plus_product(factor, c) }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    macro_rules! x86_vector {
        ($vector:ty, $item:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident, $mul:ident, $fma:ident,
         |$from:ident, $count:ident| $load_first:expr, |$value:ident, $to:ident, $last:ident| $store_first:expr) => {
            // Every method below is one instruction on registers, or an access the caller vouches for.
            impl Vector for $vector {
                type Item = $item;
                const LANES: usize = $lanes;

                #[inline(always)]
                unsafe fn splat(value: $item) -> Self {
                    // SAFETY: the caller enabled the instruction set.
                    unsafe { $splat(value) }
                }
                #[inline(always)]
                unsafe fn load(from: *const $item) -> Self {
                    // SAFETY: `LANES` numbers are readable; unaligned access is allowed.
                    unsafe { $load(from) }
                }
                #[inline(always)]
                unsafe fn load_first($from: *const $item, $count: usize) -> Self {
                    // SAFETY: masked lanes are not accessed.
                    unsafe { $load_first }
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut $item) {
                    // SAFETY: `LANES` numbers are writable; unaligned access is allowed.
                    unsafe { $store(to, self) }
                }
                #[inline(always)]
                unsafe fn store_first(self, $to: *mut $item, $last: usize) {
                    let $value = self;
                    // SAFETY: masked lanes are not accessed.
                    unsafe { $store_first }
                }
                #[inline(always)]
                unsafe fn mul(self, other: Self) -> Self {
                    // SAFETY: the caller enabled the instruction set.
                    unsafe { $mul(self, other) }
                }
                #[inline(always)]
                unsafe fn plus_product(self, x: Self, y: Self) -> Self {
                    // SAFETY: the caller enabled the instruction set.
                    unsafe { $fma(x, y, self) }
                }
            }
        };
    }

    #[inline(always)]
    unsafe fn mask32(count: usize) -> __m256i {
        // SAFETY: registers only, inlined where AVX2 is enabled.
        unsafe {
            let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lane)
        }
    }

    #[inline(always)]
    unsafe fn mask64(count: usize) -> __m256i {
        // SAFETY: registers only, inlined where AVX2 is enabled.
        unsafe { _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), _mm256_setr_epi64x(0, 1, 2, 3)) }
    }

    x86_vector!(
        __m512,
        f32,
        16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_mul_ps,
        _mm512_fmadd_ps,
        |from, count| _mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, from),
        |value, to, count| _mm512_mask_storeu_ps(to, ((1u32 << count) - 1) as u16, value)
    );
    x86_vector!(
        __m512d,
        f64,
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_mul_pd,
        _mm512_fmadd_pd,
        |from, count| _mm512_maskz_loadu_pd(((1u32 << count) - 1) as u8, from),
        |value, to, count| _mm512_mask_storeu_pd(to, ((1u32 << count) - 1) as u8, value)
    );
    x86_vector!(
        __m256,
        f32,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_mul_ps,
        _mm256_fmadd_ps,
        |from, count| _mm256_maskload_ps(from, mask32(count)),
        |value, to, count| _mm256_maskstore_ps(to, mask32(count), value)
    );
    x86_vector!(
        __m256d,
        f64,
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_mul_pd,
        _mm256_fmadd_pd,
        |from, count| _mm256_maskload_pd(from, mask64(count)),
        |value, to, count| _mm256_maskstore_pd(to, mask64(count), value)
    );
}

#[cfg(target_arch = "x86_64")]
pub(crate) use pairs::Pairs;

#[cfg(target_arch = "x86_64")]
mod pairs {
    use super::Vector;
    use std::arch::x86_64::*;

    /// Operands hold two bf16 in the bits of each f32, neighbours along the depth; results hold f32.
    #[derive(Clone, Copy)]
    pub(crate) struct Pairs(__m512);

    // Every method is one instruction on registers, or an access the caller vouches for.
    impl Vector for Pairs {
        type Item = f32;
        const LANES: usize = 16;

        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            // SAFETY: the caller enabled the instruction set.
            Pairs(unsafe { _mm512_set1_ps(value) })
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: 16 numbers are readable; unaligned access is allowed.
            Pairs(unsafe { _mm512_loadu_ps(from) })
        }
        #[inline(always)]
        unsafe fn load_first(from: *const f32, count: usize) -> Self {
            // SAFETY: masked lanes are not accessed.
            Pairs(unsafe { <__m512 as Vector>::load_first(from, count) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: 16 numbers are writable; unaligned access is allowed.
            unsafe { _mm512_storeu_ps(to, self.0) }
        }
        #[inline(always)]
        unsafe fn store_first(self, to: *mut f32, count: usize) {
            // SAFETY: masked lanes are not accessed.
            unsafe { self.0.store_first(to, count) }
        }
        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            // SAFETY: the caller enabled the instruction set.
            Pairs(unsafe { _mm512_mul_ps(self.0, other.0) })
        }
        /// Both products of each pair.
        #[inline(always)]
        unsafe fn plus_product(self, x: Self, y: Self) -> Self {
            // SAFETY: the caller enabled the instruction set; the registers hold 32 bf16 each.
            Pairs(unsafe { _mm512_dpbf16_ps(self.0, std::mem::transmute::<__m512, __m512bh>(x.0), std::mem::transmute::<__m512, __m512bh>(y.0)) })
        }
        #[inline(always)]
        unsafe fn plus_scaled(self, factor: Self, c: Self) -> Self {
            // SAFETY: the caller enabled the instruction set.
            Pairs(unsafe { _mm512_fmadd_ps(factor.0, c.0, self.0) })
        }
    }
}

/// A register of the architecture's baseline, left to the compiler: SSE2 or NEON.
#[derive(Clone, Copy)]
pub(crate) struct Base<T, const N: usize>([T; N]);

macro_rules! base_vector {
    ($item:ty, $lanes:literal) => {
        impl Vector for Base<$item, $lanes> {
            type Item = $item;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(value: $item) -> Self {
                Base([value; $lanes])
            }
            #[inline(always)]
            unsafe fn load(from: *const $item) -> Self {
                // SAFETY: the caller vouches for `LANES` readable numbers.
                Base(unsafe { from.cast::<[$item; $lanes]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn load_first(from: *const $item, count: usize) -> Self {
                let mut lanes = [0.0; $lanes];
                for i in 0..count.min($lanes) {
                    // SAFETY: only the first `count` numbers are read.
                    lanes[i] = unsafe { *from.add(i) };
                }
                Base(lanes)
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $item) {
                // SAFETY: the caller vouches for `LANES` writable numbers.
                unsafe { to.cast::<[$item; $lanes]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            unsafe fn store_first(self, to: *mut $item, count: usize) {
                for i in 0..count.min($lanes) {
                    // SAFETY: only the first `count` numbers are written.
                    unsafe { *to.add(i) = self.0[i] };
                }
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                Base(std::array::from_fn(|i| self.0[i] * other.0[i]))
            }
            #[inline(always)]
            unsafe fn plus_product(self, x: Self, y: Self) -> Self {
                // NEON has a fused instruction; on SSE2 `mul_add` would be a function call.
                Base(std::array::from_fn(|i| match cfg!(target_arch = "aarch64") {
                    true => x.0[i].mul_add(y.0[i], self.0[i]),
                    false => self.0[i] + x.0[i] * y.0[i],
                }))
            }
        }
    };
}

base_vector!(f32, 4);
base_vector!(f64, 2);
