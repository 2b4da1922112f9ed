//! Products for types without micro-kernels: plain loops along rows of B, which the compiler makes vectors of.

use super::blocked::{Problem, Shared, View};
use super::scratch::Scratch;
use crate::{pool, vectorized};
use num_complex::Complex;
use std::ops::Range;

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

/// Rows of A that share what is read of B.
const ROWS: usize = 8;
/// Columns of B whose sums stay in the first-level cache.
const COLUMNS: usize = 128;
/// Rows of B that are added in one pass over the sums.
const STEPS: usize = 4;

/// Runs a product with `k > 0`: sums of rows of B, whose elements are made neighbours where they are not.
///
/// # Safety
/// As for [`super::gemm_generic`].
pub(crate) unsafe fn multiply<T: Ring>(p: &Problem<T>) {
    if p.n == 1 || p.m == 1 {
        let flipped = p.transposed();
        let p = if p.n == 1 { p } else { &flipped };
        return pool::parallel_for(p.m, (1usize << 16).div_ceil(p.k), |rows| dots(p, rows.start, rows.end));
    }
    let copied = p.b.col != 1;
    let mut room = Scratch::<T>::new(if copied { p.n * p.k } else { 0 });
    // SAFETY: the room has place for B; tasks write disjoint rows of C.
    unsafe {
        let b = if copied { by_rows(p, room.ptr()) } else { p.b };
        let (start, row) = (Shared(b.ptr.cast_mut()), b.row);
        let work = p.n * p.k * ROWS;
        pool::parallel_for(p.m.div_ceil(ROWS), (1usize << 16).div_ceil(work), |range| {
            let rows = range.start * ROWS..(range.end * ROWS).min(p.m);
            multiply_rows(p, start.get(), row, rows);
        });
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

/// Copies B so that the elements of a row are neighbours.
unsafe fn by_rows<T: Ring>(p: &Problem<T>, room: *mut T) -> View<T> {
    for first in (0..p.n).step_by(16) {
        for q in 0..p.k {
            for j in first..p.n.min(first + 16) {
                // SAFETY: an element of B, and its place in the room.
                unsafe { *room.add(q * p.n + j) = *p.b.ptr.offset(q as isize * p.b.row + j as isize * p.b.col) };
            }
        }
    }
    View { ptr: room, row: p.n as isize, col: 1 }
}

vectorized! {
    /// Rows of C, from rows of B at `b`, `b_row` elements apart.
    fn multiply_rows[T: Ring](p: &Problem<T>, b: *const T, b_row: isize, rows: Range<usize>) {
        let mut sums = [[T::ZERO; COLUMNS]; ROWS];
        for i in rows.clone().step_by(ROWS) {
            let sums = &mut sums[..ROWS.min(rows.end - i)];
            for j in (0..p.n).step_by(COLUMNS) {
                let width = COLUMNS.min(p.n - j);
                sums.iter_mut().for_each(|sums| sums[..width].fill(T::ZERO));
                let whole = p.k / STEPS * STEPS;
                // SAFETY: rows of A and C, and parts of rows of B, that exist.
                unsafe {
                    let b = b.add(j);
                    (0..whole).step_by(STEPS).for_each(|q| add_products::<T, STEPS>(p, b, b_row, i, q, width, sums));
                    (whole..p.k).for_each(|q| add_products::<T, 1>(p, b, b_row, i, q, width, sums));
                    sums.iter().enumerate().for_each(|(r, sums)| write(p, i + r, j, &sums[..width]));
                }
            }
        }
    }
}

/// Adds `N` products to the sums of some rows, one after the other.
#[inline(always)]
unsafe fn add_products<T: Ring, const N: usize>(p: &Problem<T>, b: *const T, b_row: isize, i: usize, q: usize, width: usize, sums: &mut [[T; COLUMNS]]) {
    // SAFETY: the caller vouches for the rows.
    unsafe {
        let lines: [*const T; N] = std::array::from_fn(|n| b.offset((q + n) as isize * b_row));
        for (r, sums) in sums.iter_mut().enumerate() {
            let x: [T; N] = std::array::from_fn(|n| *p.a.ptr.offset((i + r) as isize * p.a.row + (q + n) as isize * p.a.col));
            let sums = sums.as_mut_ptr();
            for j in 0..width {
                let mut sum = *sums.add(j);
                for n in 0..N {
                    sum = sum.plus(x[n].times(*lines[n].add(j)));
                }
                *sums.add(j) = sum;
            }
        }
    }
}

/// Writes part of a row of C.
#[inline(always)]
unsafe fn write<T: Ring>(p: &Problem<T>, i: usize, j: usize, sums: &[T]) {
    for (c, &sum) in sums.iter().enumerate() {
        // SAFETY: an element of C.
        unsafe {
            let to = p.c.offset(i as isize * p.c_row + (j + c) as isize * p.c_col);
            let value = p.alpha.times(sum);
            *to = if p.beta == T::ZERO { value } else { value.plus(p.beta.times(*to)) };
        }
    }
}
