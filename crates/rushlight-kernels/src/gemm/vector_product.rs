//! A matrix times a vector: the matrix is read once, so only the order of reading matters.

use super::Float;
use super::blocked::{Problem, Shared};
use super::scratch::Scratch;
use super::vector::Vector;
use crate::pool;

/// A pass over part of a matrix: `lines` lines of `length` adjacent numbers, `stride` apart.
pub struct Sweep<T> {
    pub lines: usize,
    pub length: usize,
    pub matrix: *const T,
    pub stride: isize,
    /// `length` adjacent numbers for dots, `lines` numbers `x_stride` apart for axpys.
    pub x: *const T,
    pub x_stride: isize,
    /// `lines` adjacent sums for dots, `length` for axpys.
    pub sums: *mut T,
}

/// Whether C is one column and A contiguous along rows or columns.
pub(crate) fn applies<T>(p: &Problem<T>) -> bool {
    p.n == 1 && (p.a.col == 1 || p.a.row == 1)
}

/// Numbers of the matrix that one task reads: 128 Ki.
const GRAIN: usize = 1 << 17;

/// Runs a product with one column.
///
/// # Safety
/// As for `blocked::multiply`.
pub(crate) unsafe fn multiply<T: Float>(p: &Problem<T>) {
    let mut sums = Scratch::<T>::new(p.m);
    // SAFETY: `sums` has `m` places; the rest is the caller's.
    unsafe {
        let sums = sums.ptr();
        if p.a.col == 1 {
            row_dots(p, sums)
        } else {
            column_sums(p, sums)
        }
        for i in 0..p.m {
            let c = p.c.offset(i as isize * p.c_row);
            let before = if p.beta == T::ZERO { T::ZERO } else { p.beta * *c };
            *c = p.alpha * *sums.add(i) + before;
        }
    }
}

unsafe fn row_dots<T: Float>(p: &Problem<T>, sums: *mut T) {
    let mut adjacent = Scratch::<T>::new(if p.b.row == 1 { 0 } else { p.k });
    // SAFETY: x has `k` numbers; tasks write disjoint sums.
    unsafe {
        let mut x = p.b.ptr;
        if p.b.row != 1 {
            for i in 0..p.k {
                *adjacent.ptr().add(i) = *p.b.ptr.offset(i as isize * p.b.row);
            }
            x = adjacent.ptr();
        }
        let (x, sums) = (Shared(x.cast_mut()), Shared(sums));
        pool::parallel_for(p.m, GRAIN.div_ceil(p.k), |rows| {
            (T::kernels().dots)(&Sweep {
                lines: rows.len(),
                length: p.k,
                matrix: p.a.ptr.offset(rows.start as isize * p.a.row),
                stride: p.a.row,
                x: x.get(),
                x_stride: 1,
                sums: sums.get().add(rows.start),
            });
        });
    }
}

unsafe fn column_sums<T: Float>(p: &Problem<T>, sums: *mut T) {
    let sums = Shared(sums);
    pool::parallel_for(p.m, GRAIN.div_ceil(p.k).max(256), |rows| {
        // SAFETY: tasks write disjoint sums.
        unsafe {
            (T::kernels().axpys)(&Sweep {
                lines: p.k,
                length: rows.len(),
                matrix: p.a.ptr.add(rows.start),
                stride: p.a.col,
                x: p.b.ptr,
                x_stride: p.b.row,
                sums: sums.get().add(rows.start),
            });
        }
    });
}

/// `sums[i] = matrix[i] . x`, four lines at a time.
#[inline(always)]
pub(super) unsafe fn dots<V: Vector>(s: &Sweep<V::Item>)
where
    V::Item: Float,
{
    let fours = s.lines / 4 * 4;
    // SAFETY: the caller vouches for the sweep.
    unsafe {
        for i in (0..fours).step_by(4) {
            dot_lines::<V, 4>(s, i);
        }
        for i in fours..s.lines {
            dot_lines::<V, 1>(s, i);
        }
    }
}

/// Every line is summed in two registers by turns, so a line's sum does not depend on its neighbours.
#[inline(always)]
unsafe fn dot_lines<V: Vector, const LINES: usize>(s: &Sweep<V::Item>, first: usize)
where
    V::Item: Float,
{
    // SAFETY: lines `first .. first + LINES` belong to the sweep.
    unsafe {
        let line = |i: usize| s.matrix.offset((first + i) as isize * s.stride);
        let mut acc = [[V::splat(V::Item::ZERO); 2]; LINES];
        let step = 2 * V::LANES;
        let whole = s.length / step * step;
        for p in (0..whole).step_by(step) {
            let x = [V::load(s.x.add(p)), V::load(s.x.add(p + V::LANES))];
            for i in 0..LINES {
                for v in 0..2 {
                    acc[i][v] = acc[i][v].plus_product(V::load(line(i).add(p + v * V::LANES)), x[v]);
                }
            }
        }
        for p in (whole..s.length).step_by(V::LANES) {
            let count = (s.length - p).min(V::LANES);
            let x = V::load_first(s.x.add(p), count);
            for i in 0..LINES {
                acc[i][0] = acc[i][0].plus_product(V::load_first(line(i).add(p), count), x);
            }
        }
        for i in 0..LINES {
            *s.sums.add(first + i) = sum(acc[i]);
        }
    }
}

/// The sum of all lanes, by halves.
#[inline(always)]
pub(super) unsafe fn sum<V: Vector>(registers: [V; 2]) -> V::Item
where
    V::Item: Float,
{
    let mut lanes = [V::Item::ZERO; 32];
    // SAFETY: two registers have at most 32 lanes.
    unsafe {
        registers[0].store(lanes.as_mut_ptr());
        registers[1].store(lanes.as_mut_ptr().add(V::LANES));
    }
    let mut half = V::LANES;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// `sums = sum over lines of x[line] * matrix[line]`, eight lines at a time.
#[inline(always)]
pub(super) unsafe fn axpys<V: Vector>(s: &Sweep<V::Item>)
where
    V::Item: Float,
{
    let eights = s.lines / 8 * 8;
    // SAFETY: the caller vouches for the sweep; `sums` is written before it is read.
    unsafe {
        std::slice::from_raw_parts_mut(s.sums.cast::<std::mem::MaybeUninit<V::Item>>(), s.length).fill(std::mem::MaybeUninit::new(V::Item::ZERO));
        for p in (0..eights).step_by(8) {
            add_lines::<V, 8>(s, p);
        }
        for p in eights..s.lines {
            add_lines::<V, 1>(s, p);
        }
    }
}

#[inline(always)]
unsafe fn add_lines<V: Vector, const LINES: usize>(s: &Sweep<V::Item>, first: usize)
where
    V::Item: Float,
{
    // SAFETY: lines `first .. first + LINES` belong to the sweep.
    unsafe {
        let line = |i: usize| s.matrix.offset((first + i) as isize * s.stride);
        let x: [V; LINES] = std::array::from_fn(|i| V::splat(*s.x.offset((first + i) as isize * s.x_stride)));
        let whole = s.length / V::LANES * V::LANES;
        for j in (0..whole).step_by(V::LANES) {
            let mut acc = V::load(s.sums.add(j));
            for i in 0..LINES {
                acc = acc.plus_product(x[i], V::load(line(i).add(j)));
            }
            acc.store(s.sums.add(j));
        }
        if whole < s.length {
            let count = s.length - whole;
            let mut acc = V::load_first(s.sums.add(whole), count);
            for i in 0..LINES {
                acc = acc.plus_product(x[i], V::load_first(line(i).add(whole), count));
            }
            acc.store_first(s.sums.add(whole), count);
        }
    }
}
