//! Complex products: `(X + iY)(U + iV) = (XU - YV) + i(XV + YU)`, four real products where splitting pays.

use super::blocked::{Problem, View};
use super::ring::{self, Ring};
use super::scratch::Scratch;
use super::{Float, multiply_float};
use num_complex::Complex;

/// Below this many multiplications the plain loop is faster.
const SPLIT: usize = 1 << 13;

/// Runs a product with `k > 0`.
///
/// # Safety
/// As for [`super::gemm_generic`].
pub(crate) unsafe fn multiply<T: Float>(p: &Problem<Complex<T>>)
where
    Complex<T>: Ring,
{
    // SAFETY: the caller's.
    unsafe { if p.m * p.n * p.k < SPLIT { ring::multiply(p) } else { multiply_split(p) } }
}

unsafe fn multiply_split<T: Float>(p: &Problem<Complex<T>>)
where
    Complex<T>: Ring,
{
    let (mut a, mut b) = (Scratch::<T>::new(2 * p.m * p.k), Scratch::<T>::new(2 * p.k * p.n));
    let mut c = Scratch::<T>::new(2 * p.m * p.n);
    // SAFETY: the buffers hold the two parts of each matrix.
    unsafe {
        let [x, y] = split(&p.a, p.m, p.k, a.ptr());
        let [u, v] = split(&p.b, p.k, p.n, b.ptr());
        let (re, im) = (c.ptr(), c.ptr().add(p.m * p.n));
        let real = |alpha: T, a: View<T>, b: View<T>, beta: T, c: *mut T| {
            multiply_float(&Problem { m: p.m, n: p.n, k: p.k, alpha, a, b, beta, c, c_row: p.n as isize, c_col: 1 });
        };
        real(T::ONE, x, u, T::ZERO, re);
        real(-T::ONE, y, v, T::ONE, re);
        real(T::ONE, x, v, T::ZERO, im);
        real(T::ONE, y, u, T::ONE, im);
        join(p, re, im);
    }
}

/// The real and the imaginary parts as two contiguous matrices.
unsafe fn split<T: Float>(view: &View<Complex<T>>, rows: usize, cols: usize, to: *mut T) -> [View<T>; 2] {
    let (re, im) = (to, to.wrapping_add(rows * cols));
    for i in 0..rows {
        for j in 0..cols {
            // SAFETY: an element of the matrix, and its places in the two parts.
            unsafe {
                let z = *view.ptr.offset(i as isize * view.row + j as isize * view.col);
                *re.add(i * cols + j) = z.re;
                *im.add(i * cols + j) = z.im;
            }
        }
    }
    [re, im].map(|ptr| View { ptr: ptr.cast_const(), row: cols as isize, col: 1 })
}

unsafe fn join<T: Float>(p: &Problem<Complex<T>>, re: *const T, im: *const T)
where
    Complex<T>: Ring,
{
    for i in 0..p.m {
        for j in 0..p.n {
            // SAFETY: an element of C, and its places in the two parts.
            unsafe {
                let sum = Complex::new(*re.add(i * p.n + j), *im.add(i * p.n + j));
                let value = if p.alpha == Complex::new(T::ONE, T::ZERO) { sum } else { p.alpha.times(sum) };
                let to = p.c.offset(i as isize * p.c_row + j as isize * p.c_col);
                *to = if p.beta == Ring::ZERO { value } else { value.plus(p.beta.times(*to)) };
            }
        }
    }
}
