//! Products for types without micro-kernels: plain loops over register tiles, left to the compiler.

use super::blocked::{Problem, Shared};
use super::scratch::Scratch;
use crate::{pool, vectorized};
use num_complex::Complex;

/// A type with sums and products.
pub(crate) trait Ring: Copy + PartialEq + Send + Sync + 'static {
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! ring {
    ($($item:ty)*, $zero:expr, |$x:ident, $y:ident| $sum:expr, $product:expr) => {$(
        impl Ring for $item {
            const ZERO: Self = $zero;
            #[inline(always)]
            fn plus(self, $y: Self) -> Self {
                let $x = self;
                $sum
            }
            #[inline(always)]
            fn times(self, $y: Self) -> Self {
                let $x = self;
                $product
            }
        }
    )*};
}

ring!(i8 i16 i32 i64 u8 u16 u32 u64, 0, |x, y| x.wrapping_add(y), x.wrapping_mul(y));
ring!(f32 f64, 0.0, |x, y| x + y, x * y);
ring!(Complex<f32>, Complex::new(0.0, 0.0), |x, y| x + y, x * y);
ring!(Complex<f64>, Complex::new(0.0, 0.0), |x, y| x + y, x * y);

const MR: usize = 4;
const NR: usize = 16;

/// Runs a product with `k > 0`: B in panels of `NR` columns, C in tiles of `MR` rows.
///
/// # Safety
/// As for [`super::gemm_generic`].
pub(crate) unsafe fn multiply<T: Ring>(p: &Problem<T>) {
    if p.n == 1 || p.m == 1 {
        let flipped = p.transposed();
        let p = if p.n == 1 { p } else { &flipped };
        return pool::parallel_for(p.m, (1usize << 16).div_ceil(p.k), |rows| dots(p, rows.start, rows.end));
    }
    let mut panels = Scratch::<T>::new(p.n.next_multiple_of(NR) * p.k);
    // SAFETY: the panels have room for B; tasks write disjoint rows of C.
    unsafe {
        pack(p, panels.ptr());
        let panels = Shared(panels.ptr());
        let tiles = p.m.div_ceil(MR);
        let work = p.n * p.k * MR;
        pool::parallel_for(tiles, (1usize << 16).div_ceil(work), |range| multiply_rows(p, panels.get(), range.start, range.end));
    }
}

vectorized! {
    /// A matrix times a vector: a panel of columns would be empty but for one.
    fn dots[T: Ring](p: &Problem<T>, first: usize, end: usize) {
        for i in first..end {
            let (a, to) = (p.a.ptr.wrapping_offset(i as isize * p.a.row), p.c.wrapping_offset(i as isize * p.c_row));
            let mut sum = T::ZERO;
            // SAFETY: a row of A, the vector and an element of C.
            unsafe {
                if p.a.col == 1 && p.b.row == 1 {
                    let (a, b) = (std::slice::from_raw_parts(a, p.k), std::slice::from_raw_parts(p.b.ptr, p.k));
                    a.iter().zip(b).for_each(|(&x, &y)| sum = sum.plus(x.times(y)));
                } else {
                    for q in 0..p.k as isize {
                        sum = sum.plus((*a.offset(q * p.a.col)).times(*p.b.ptr.offset(q * p.b.row)));
                    }
                }
                let value = p.alpha.times(sum);
                *to = if p.beta == T::ZERO { value } else { value.plus(p.beta.times(*to)) };
            }
        }
    }
}

unsafe fn pack<T: Ring>(p: &Problem<T>, panels: *mut T) {
    for j in 0..p.n.next_multiple_of(NR) {
        let column = panels.wrapping_add(j / NR * NR * p.k + j % NR);
        for q in 0..p.k {
            // SAFETY: columns of B that exist are read; the panels have room for the others too.
            unsafe {
                let exists = j < p.n;
                let from = p.b.ptr.wrapping_offset(q as isize * p.b.row + j as isize * p.b.col);
                *column.add(q * NR) = if exists { *from } else { T::ZERO };
            }
        }
    }
}

vectorized! {
    fn multiply_rows[T: Ring](p: &Problem<T>, panels: *const T, first: usize, end: usize) {
        for tile in first..end {
            for panel in 0..p.n.div_ceil(NR) {
                // SAFETY: the tile and the panel exist.
                unsafe { multiply_tile(p, panels.add(panel * NR * p.k), tile * MR, panel * NR) };
            }
        }
    }
}

#[inline(always)]
unsafe fn multiply_tile<T: Ring>(p: &Problem<T>, panel: *const T, i: usize, j: usize) {
    let rows = (p.m - i).min(MR);
    let mut acc = [[T::ZERO; NR]; MR];
    for q in 0..p.k {
        // SAFETY: row `q` of the panel; rows past the last of A are read as the last.
        unsafe {
            let b = &*panel.add(q * NR).cast::<[T; NR]>();
            for r in 0..MR {
                let x = *p.a.ptr.offset((i + r.min(rows - 1)) as isize * p.a.row + q as isize * p.a.col);
                for c in 0..NR {
                    acc[r][c] = acc[r][c].plus(x.times(b[c]));
                }
            }
        }
    }
    for r in 0..rows {
        for c in 0..(p.n - j).min(NR) {
            // SAFETY: an element of C.
            unsafe {
                let to = p.c.offset((i + r) as isize * p.c_row + (j + c) as isize * p.c_col);
                let value = p.alpha.times(acc[r][c]);
                *to = if p.beta == T::ZERO { value } else { value.plus(p.beta.times(*to)) };
            }
        }
    }
}
