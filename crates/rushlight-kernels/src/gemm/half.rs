//! f16 and bf16 products: widened to f32, summed in f32 over the whole of k, rounded once.

use super::blocked::{Problem, Shared, View};
use super::multiply_float;
use super::scratch::Scratch;
use crate::pool;
use ::half::slice::HalfFloatSliceExt;
use ::half::{bf16, f16};

/// A 16-bit float.
pub(crate) trait Half: Copy + Send + Sync + 'static {
    fn widen(self) -> f32;
    fn widen_all(from: &[Self], to: &mut [f32]);
    fn round(value: f32) -> Self;
}

macro_rules! half {
    ($($item:ty)*) => {$(
        impl Half for $item {
            fn widen(self) -> f32 {
                self.to_f32()
            }
            fn widen_all(from: &[Self], to: &mut [f32]) {
                from.convert_to_f32_slice(to);
            }
            fn round(value: f32) -> Self {
                Self::from_f32(value)
            }
        }
    )*};
}

half!(f16 bf16);

/// Rows of C computed at once.
const ROWS: usize = 512;

/// Runs a product with `k > 0`.
///
/// # Safety
/// As for [`super::gemm_generic`].
pub(crate) unsafe fn multiply<T: Half>(p: &Problem<T, f32>) {
    let rows = p.m.min(ROWS);
    let mut wide_b = Scratch::<f32>::new(p.k * p.n);
    let mut wide_a = Scratch::<f32>::new(rows * p.k);
    let mut sums = Scratch::<f32>::new(rows * p.n);
    // SAFETY: the buffers hold B, and `rows` rows of A and C.
    unsafe {
        let b = widen(&p.b, p.k, p.n, wide_b.ptr());
        for i in (0..p.m).step_by(rows) {
            let m = rows.min(p.m - i);
            let part = View { ptr: p.a.ptr.offset(i as isize * p.a.row), ..p.a };
            let a = widen(&part, m, p.k, wide_a.ptr());
            let c = sums.ptr();
            let (n, k) = (p.n, p.k);
            multiply_float(&Problem { m, n, k, alpha: 1.0, a, b, beta: 0.0, c, c_row: n as isize, c_col: 1 });
            round(p, i, m, c);
        }
    }
}

/// A contiguous f32 copy, stored along the direction in which the matrix is contiguous.
unsafe fn widen<T: Half>(view: &View<T>, rows: usize, cols: usize, to: *mut f32) -> View<f32> {
    if view.row == 1 && view.col != 1 {
        let flipped = View { ptr: view.ptr, row: view.col, col: 1 };
        // SAFETY: the caller's, with rows and columns exchanged.
        let wide = unsafe { widen(&flipped, cols, rows, to) };
        return View { ptr: wide.ptr, row: 1, col: rows as isize };
    }
    let (from, out) = (Shared(view.ptr.cast_mut()), Shared(to));
    let (row, col) = (view.row, view.col);
    pool::parallel_for(rows, (1usize << 16).div_ceil(cols), |range| {
        for i in range {
            // SAFETY: row `i` of the matrix and of the copy.
            unsafe {
                let line = from.get().offset(i as isize * row);
                let to = std::slice::from_raw_parts_mut(out.get().add(i * cols), cols);
                if col == 1 {
                    T::widen_all(std::slice::from_raw_parts(line, cols), to);
                } else {
                    (0..cols).for_each(|j| to[j] = (*line.offset(j as isize * col)).widen());
                }
            }
        }
    });
    View { ptr: to, row: cols as isize, col: 1 }
}

/// Rows `i .. i + m` of C from their f32 sums.
unsafe fn round<T: Half>(p: &Problem<T, f32>, i: usize, m: usize, sums: *const f32) {
    for r in 0..m {
        for j in 0..p.n {
            // SAFETY: an element of C and its sum.
            unsafe {
                let value = p.alpha * *sums.add(r * p.n + j);
                let to = p.c.offset((i + r) as isize * p.c_row + j as isize * p.c_col);
                let before = if p.beta == 0.0 { 0.0 } else { p.beta * (*to).widen() };
                *to = T::round(value + before);
            }
        }
    }
}
