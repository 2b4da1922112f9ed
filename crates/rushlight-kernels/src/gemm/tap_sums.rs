//! Sums of weighted shifted copies of one image: a convolution of one channel with one.

use super::Float;
use super::vector::Vector;

/// `to[row][col] = sum over taps of weights[t] * from[shifts[t]][row][col]`, the taps in order.
///
/// Of each row that is read, the numbers up to the next multiple of a register may be read as well.
pub struct TapPlane<T> {
    pub rows: usize,
    pub cols: usize,
    pub taps: usize,
    pub weights: *const T,
    pub shifts: *const isize,
    pub from: *const T,
    pub from_row: usize,
    pub to: *mut T,
    pub to_row: usize,
    /// Distance of neighbours in a row of the target.
    pub step: usize,
    /// Add to the target instead of overwriting it.
    pub add: bool,
}

/// Rows in blocks of four, so that the sums of a block do not wait for one another.
#[inline(always)]
pub(super) unsafe fn tap_sums<V: Vector>(p: &TapPlane<V::Item>)
where
    V::Item: Float,
{
    let mut row = 0;
    while row < p.rows {
        // SAFETY: the rows exist; the rest is the caller's.
        row += unsafe {
            match p.rows - row {
                4.. => rows::<V, 4>(p, row),
                2.. => rows::<V, 2>(p, row),
                _ => rows::<V, 1>(p, row),
            }
        };
    }
}

/// Writes `R` rows from `row` on; gives `R`.
#[inline(always)]
unsafe fn rows<V: Vector, const R: usize>(p: &TapPlane<V::Item>, row: usize) -> usize
where
    V::Item: Float,
{
    let plain = p.step == 1 && !p.add;
    let mut at = 0;
    // SAFETY: the blocks lie inside the plane.
    unsafe {
        while p.cols - at >= 2 * V::LANES {
            let sums = block::<V, R, 2>(p, row, at);
            for (r, sums) in sums.into_iter().enumerate() {
                store(p, row + r, at, sums[0], V::LANES);
                store(p, row + r, at + V::LANES, sums[1], V::LANES);
            }
            at += 2 * V::LANES;
        }
        while at < p.cols {
            // A last part of a register is cheapest computed again with its neighbours to the left.
            at = if plain && p.cols >= V::LANES { at.min(p.cols - V::LANES) } else { at };
            let sums = block::<V, R, 1>(p, row, at);
            for (r, [sum]) in sums.into_iter().enumerate() {
                // What a narrow row has too much lands in the rows below, which are written later.
                let room = if at == 0 && plain && p.to_row == p.cols { (p.rows - row - r) * p.to_row } else { 0 };
                store(p, row + r, at, sum, room.max(p.cols - at));
            }
            at += V::LANES;
        }
    }
    R
}

/// The sums of `R` rows of `N` registers.
#[inline(always)]
unsafe fn block<V: Vector, const R: usize, const N: usize>(p: &TapPlane<V::Item>, row: usize, at: usize) -> [[V; N]; R]
where
    V::Item: Float,
{
    // SAFETY: the shifted rows lie in the image that the caller vouches for.
    unsafe {
        let mut sums = [[V::splat(V::Item::ZERO); N]; R];
        let from = p.from.add(row * p.from_row + at);
        for tap in 0..p.taps {
            let weight = V::splat(*p.weights.add(tap));
            let from = from.offset(*p.shifts.add(tap));
            for r in 0..R {
                for n in 0..N {
                    sums[r][n] = sums[r][n].plus_product(weight, V::load(from.add(r * p.from_row + n * V::LANES)));
                }
            }
        }
        sums
    }
}

/// Writes the first `count` sums, or all where there are fewer, at column `at` of a row.
#[inline(always)]
unsafe fn store<V: Vector>(p: &TapPlane<V::Item>, row: usize, at: usize, sums: V, count: usize)
where
    V::Item: Float,
{
    // SAFETY: the caller vouches for `count` numbers of the target.
    unsafe {
        let to = p.to.add(row * p.to_row + at * p.step);
        if p.step == 1 {
            let one = V::splat(V::Item::ONE);
            match (count >= V::LANES, p.add) {
                (true, false) => sums.store(to),
                (true, true) => sums.plus_product(one, V::load(to)).store(to),
                (false, false) => sums.store_first(to, count),
                (false, true) => sums.plus_product(one, V::load_first(to, count)).store_first(to, count),
            }
            return;
        }
        let mut lanes = [V::Item::ZERO; 16];
        sums.store(lanes.as_mut_ptr());
        for (i, &sum) in lanes[..count.min(V::LANES)].iter().enumerate() {
            let to = to.add(i * p.step);
            *to = if p.add { *to + sum } else { sum };
        }
    }
}
