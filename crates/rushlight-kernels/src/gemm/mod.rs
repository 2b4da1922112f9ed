//! Matrix products: `C = alpha * A @ B + beta * C` with any strides.
//!
//! f32 and f64 run on micro-kernels ([`tile`]) inside cache blocks ([`blocked`]); small products read their operands in
//! place. All results are the same bits for any number of threads. `beta == 0` never reads C.

mod blocked;
mod float;
mod pack;
mod scratch;
#[cfg(test)]
mod tests;
mod tile;
mod vector;

pub use float::Float;

use blocked::{Problem, View};

/// [`gemm_float`] for f32, with the argument order of BLAS.
///
/// # Safety
/// As for [`gemm_float`].
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
    unsafe { gemm_float(m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, rsc, csc) }
}

/// [`gemm_float`] for f64.
///
/// # Safety
/// As for [`gemm_float`].
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
    unsafe { gemm_float(m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, rsc, csc) }
}

/// `C = alpha * A @ B + beta * C` for A (m, k), B (k, n), C (m, n); `rs*` and `cs*` are strides in elements.
///
/// With `alpha == 0` or `k == 0` the product is zero and A and B are not read.
///
/// # Safety
/// All elements must be accessible at their strides; those of C must be distinct and overlap neither A nor B.
pub unsafe fn gemm_float<T: Float>(
    m: usize,
    n: usize,
    k: usize,
    alpha: T,
    a: *const T,
    rsa: isize,
    csa: isize,
    b: *const T,
    rsb: isize,
    csb: isize,
    beta: T,
    c: *mut T,
    rsc: isize,
    csc: isize,
) {
    let a = View {
        ptr: a,
        row: rsa,
        col: csa,
    };
    let b = View {
        ptr: b,
        row: rsb,
        col: csb,
    };
    // SAFETY: the caller's.
    unsafe {
        product(&Problem {
            m,
            n,
            k,
            alpha,
            a,
            b,
            beta,
            c,
            c_row: rsc,
            c_col: csc,
        })
    }
}

unsafe fn product<T: Float>(p: &Problem<T>) {
    // SAFETY: the caller's.
    unsafe {
        if p.m == 0 || p.n == 0 {
        } else if p.k == 0 || p.alpha == T::ZERO {
            scale(p);
        } else if p.c_col != 1 && p.c_row == 1 {
            blocked::multiply(&p.transposed());
        } else {
            blocked::multiply(p);
        }
    }
}

/// `C = beta * C`.
unsafe fn scale<T: Float>(p: &Problem<T>) {
    for i in 0..p.m {
        for j in 0..p.n {
            // SAFETY: an element of C.
            unsafe {
                let c = p.c.offset(i as isize * p.c_row + j as isize * p.c_col);
                *c = if p.beta == T::ZERO {
                    T::ZERO
                } else {
                    p.beta * *c
                };
            }
        }
    }
}
