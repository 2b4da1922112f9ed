//! Matrix products: `C = alpha * A @ B + beta * C` with any strides, for all numbers.
//!
//! f32 and f64 run on micro-kernels ([`tile`]) inside cache blocks ([`blocked`]); small products read their operands in
//! place. Large complex products are four real ones ([`complex`]), half precision is widened to f32 ([`half`]), integers
//! wrap around ([`ring`]). Results are the same bits for any number of threads. `beta == 0` never reads C; with
//! `alpha == 0` or `k == 0` the product is zero and A and B are not read.
//!
//! ```
//! use rushlight_kernels::gemm::gemm_f32;
//! let (a, b, mut c) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [f32::NAN; 4]);
//! // SAFETY: three contiguous 2 x 2 matrices.
//! unsafe { gemm_f32(2, 2, 2, 1.0, a.as_ptr(), 2, 1, b.as_ptr(), 2, 1, 0.0, c.as_mut_ptr(), 2, 1) };
//! assert_eq!(c, [19.0, 22.0, 43.0, 50.0]);
//! ```

mod batched;
mod blocked;
mod complex;
mod float;
mod half;
mod kernels;
mod number;
mod pack;
#[cfg(target_arch = "x86_64")]
mod pairs;
mod ring;
mod scratch;
mod tap_dots;
mod tap_sums;
#[cfg(test)]
pub(crate) mod tests;
mod tile;
mod vector;
mod vector_product;

pub use batched::gemm_batched;
pub use float::Float;
pub use number::Number;

pub(crate) use blocked::Shared;
pub(crate) use kernels::Kernel;
pub(crate) use pack::{pack_panel, pack_panels, pack_transposed};
pub(crate) use scratch::Scratch;
pub(crate) use tap_dots::TapSweep;
pub(crate) use tap_sums::TapPlane;
pub(crate) use tile::Block;
pub(crate) use vector_product::Sweep;

use blocked::{Problem, View};

/// [`gemm_generic`] for f32, with the argument order of BLAS.
///
/// # Safety
/// As for [`gemm_generic`].
pub unsafe fn gemm_f32(
    m: usize,
    n: usize,
    k: usize,
    alpha: f32,
    a: *const f32,
    rsa: isize,
    csa: isize,
    b: *const f32,
    rsb: isize,
    csb: isize,
    beta: f32,
    c: *mut f32,
    rsc: isize,
    csc: isize,
) {
    // SAFETY: the caller's.
    unsafe { gemm_generic(m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, rsc, csc) }
}

/// [`gemm_generic`] for f64, with the argument order of BLAS.
///
/// # Safety
/// As for [`gemm_generic`].
pub unsafe fn gemm_f64(
    m: usize,
    n: usize,
    k: usize,
    alpha: f64,
    a: *const f64,
    rsa: isize,
    csa: isize,
    b: *const f64,
    rsb: isize,
    csb: isize,
    beta: f64,
    c: *mut f64,
    rsc: isize,
    csc: isize,
) {
    // SAFETY: the caller's.
    unsafe { gemm_generic(m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, rsc, csc) }
}

/// `C = alpha * A @ B + beta * C` for A (m, k), B (k, n), C (m, n); `rs*` and `cs*` are strides in elements.
///
/// # Safety
/// All elements must be accessible at their strides; those of C must be distinct and overlap neither A nor B.
pub unsafe fn gemm_generic<T: Number>(
    m: usize,
    n: usize,
    k: usize,
    alpha: T::Factor,
    a: *const T,
    rsa: isize,
    csa: isize,
    b: *const T,
    rsb: isize,
    csb: isize,
    beta: T::Factor,
    c: *mut T,
    rsc: isize,
    csc: isize,
) {
    let a = View { ptr: a, row: rsa, col: csa };
    let b = View { ptr: b, row: rsb, col: csb };
    // SAFETY: the caller's.
    unsafe { product(&Problem { m, n, k, alpha, a, b, beta, c, c_row: rsc, c_col: csc }) }
}

/// Settles the products without a sum, and hands the others to the element type.
unsafe fn product<T: Number>(p: &Problem<T, T::Factor>) {
    // SAFETY: the caller's.
    unsafe {
        if p.m == 0 || p.n == 0 {
        } else if p.k == 0 || p.alpha == T::NOTHING {
            scale(p);
        } else {
            T::multiply(p);
        }
    }
}

/// `C = beta * C`.
unsafe fn scale<T: Number>(p: &Problem<T, T::Factor>) {
    for i in 0..p.m {
        for j in 0..p.n {
            // SAFETY: an element of C.
            unsafe {
                let c = p.c.offset(i as isize * p.c_row + j as isize * p.c_col);
                *c = if p.beta == T::NOTHING { T::ZERO } else { (*c).times(p.beta) };
            }
        }
    }
}

/// f32 and f64: with one row or column, or with micro-kernels.
unsafe fn multiply_float<T: Float>(p: &Problem<T>) {
    let flipped = p.transposed();
    // SAFETY: the caller's.
    unsafe {
        if vector_product::applies(p) {
            vector_product::multiply(p);
        } else if vector_product::applies(&flipped) {
            vector_product::multiply(&flipped);
        } else if p.c_col != 1 && p.c_row == 1 {
            blocked::multiply(&flipped);
        } else {
            blocked::multiply(p);
        }
    }
}
