//! Many products of the same shape.

use super::blocked::{Problem, View};
use super::{Number, product};
use crate::pool;

/// Products of fewer multiplications are spread over threads whole; larger ones are cut themselves.
const WHOLE: usize = 1 << 21;
/// Multiplications that are worth a task.
const GRAIN: usize = 1 << 18;

/// [`super::gemm_generic`] for `batch` products whose operands lie `bsa`, `bsb` and `bsc` elements apart.
///
/// # Safety
/// As for [`super::gemm_generic`], for every product; their results must not overlap.
pub unsafe fn gemm_batched<T: Number>(
    batch: usize,
    m: usize,
    n: usize,
    k: usize,
    alpha: T::Factor,
    a: *const T,
    bsa: isize,
    rsa: isize,
    csa: isize,
    b: *const T,
    bsb: isize,
    rsb: isize,
    csb: isize,
    beta: T::Factor,
    c: *mut T,
    bsc: isize,
    rsc: isize,
    csc: isize,
) {
    let a = View { ptr: a, row: rsa, col: csa };
    let b = View { ptr: b, row: rsb, col: csb };
    let first = Problem { m, n, k, alpha, a, b, beta, c, c_row: rsc, c_col: csc };
    let first = &first;
    let run = |i: usize| {
        let at = |stride: isize| i as isize * stride;
        // SAFETY: the operands of product `i`.
        unsafe {
            product::<T>(&Problem {
                a: View { ptr: first.a.ptr.offset(at(bsa)), ..first.a },
                b: View { ptr: first.b.ptr.offset(at(bsb)), ..first.b },
                c: first.c.offset(at(bsc)),
                ..*first
            });
        }
    };
    let work = (m * n * k).max(1);
    if work > WHOLE && batch < 2 * pool::num_threads() {
        (0..batch).for_each(run);
    } else {
        pool::parallel_for(batch, GRAIN.div_ceil(work), |range| range.for_each(run));
    }
}
