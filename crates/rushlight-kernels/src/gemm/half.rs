//! f16 and bf16 products: summed in f32 over the whole of k, rounded once. Operands are widened to f32, or multiplied as
//! they are where the processor can.

use super::blocked::{Problem, Shared, View};
use super::multiply_float;
use super::scratch::Scratch;
use crate::{pool, vectorized};
use ::half::slice::HalfFloatSliceExt;
use ::half::{bf16, f16};

/// A 16-bit float.
pub(crate) trait Half: Copy + Send + Sync + 'static {
    fn widen(self) -> f32;
    fn widen_all(from: &[Self], to: &mut [f32]);
    fn round(value: f32) -> Self;
    fn round_all(from: &[f32], to: &mut [Self]);

    /// Writes the sums of `rows` rows with instructions of this type, where the processor has them and they pay.
    ///
    /// # Safety
    /// As for [`super::gemm_generic`]; `sums` has room for `rows * n` numbers.
    unsafe fn sum_natively(_p: &Problem<Self, f32>, _first: usize, _rows: usize, _sums: *mut f32) -> bool {
        false
    }
}

impl Half for f16 {
    fn widen(self) -> f32 {
        self.to_f32()
    }
    fn widen_all(from: &[Self], to: &mut [f32]) {
        from.convert_to_f32_slice(to);
    }
    fn round(value: f32) -> Self {
        Self::from_f32(value)
    }
    fn round_all(from: &[f32], to: &mut [Self]) {
        to.convert_from_f32_slice(from);
    }
}

impl Half for bf16 {
    fn widen(self) -> f32 {
        self.to_f32()
    }
    fn widen_all(from: &[Self], to: &mut [f32]) {
        from.convert_to_f32_slice(to);
    }
    fn round(value: f32) -> Self {
        Self::from_f32(value)
    }
    fn round_all(from: &[f32], to: &mut [Self]) {
        round_to_bf16(from, to);
    }

    #[cfg(target_arch = "x86_64")]
    unsafe fn sum_natively(p: &Problem<Self, f32>, first: usize, rows: usize, sums: *mut f32) -> bool {
        // SAFETY: the caller's.
        unsafe { super::pairs::sum(p, first, rows, sums) }
    }
}

vectorized! {
    /// To the nearest, ties to even; NaN stays NaN.
    fn round_to_bf16[](from: &[f32], to: &mut [bf16]) {
        for (to, from) in to.iter_mut().zip(from) {
            let bits = from.to_bits();
            let nearest = (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16;
            *to = bf16::from_bits(if bits & 0x7fff_ffff > 0x7f80_0000 { (bits >> 16) as u16 | 0x40 } else { nearest });
        }
    }
}

/// Rows of C computed at once.
const ROWS: usize = 512;

/// Runs a product with `k > 0`.
///
/// # Safety
/// As for [`super::gemm_generic`].
pub(crate) unsafe fn multiply<T: Half>(p: &Problem<T, f32>) {
    let rows = p.m.min(ROWS);
    let mut sums = Scratch::<f32>::new(rows * p.n);
    for i in (0..p.m).step_by(rows) {
        let m = rows.min(p.m - i);
        // SAFETY: rows `i .. i + m` of A and C, and room for their sums.
        unsafe {
            if !T::sum_natively(p, i, m, sums.ptr()) {
                sum_widened(p, i, m, sums.ptr());
            }
            round(p, i, m, sums.ptr());
        }
    }
}

/// The sums of rows `i .. i + m` from f32 copies of the operands.
unsafe fn sum_widened<T: Half>(p: &Problem<T, f32>, i: usize, m: usize, c: *mut f32) {
    let (n, k) = (p.n, p.k);
    let (mut wide_b, mut wide_a) = (Scratch::<f32>::new(k * n), Scratch::<f32>::new(m * k));
    // SAFETY: the buffers hold B and `m` rows of A; the caller vouches for the rest.
    unsafe {
        let b = widen(&p.b, k, n, wide_b.ptr());
        let a = widen(&View { ptr: p.a.ptr.offset(i as isize * p.a.row), ..p.a }, m, k, wide_a.ptr());
        multiply_float(&Problem { m, n, k, alpha: 1.0, a, b, beta: 0.0, c, c_row: n as isize, c_col: 1 });
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
    let sums = Shared(sums.cast_mut());
    pool::parallel_for(m, (1usize << 15).div_ceil(p.n), |rows| {
        for r in rows {
            // SAFETY: a row of C, which is this task's, and its sums.
            unsafe { round_row(p, p.c.offset((i + r) as isize * p.c_row), std::slice::from_raw_parts(sums.get().add(r * p.n), p.n)) }
        }
    });
}

unsafe fn round_row<T: Half>(p: &Problem<T, f32>, c: *mut T, sums: &[f32]) {
    // SAFETY: a row of C.
    unsafe {
        if p.c_col == 1 && p.alpha == 1.0 && p.beta == 0.0 {
            return T::round_all(sums, std::slice::from_raw_parts_mut(c, sums.len()));
        }
        for (j, &sum) in sums.iter().enumerate() {
            let to = c.offset(j as isize * p.c_col);
            let before = if p.beta == 0.0 { 0.0 } else { p.beta * (*to).widen() };
            *to = T::round(p.alpha * sum + before);
        }
    }
}
