//! Sums of shifted copies of an image times numbers: a convolution of one channel.

use super::Float;
use super::vector::Vector;

/// A grid of results: `to[row][col] = sum over t of weights[t] * x[shifts[t]][row][col]`.
pub struct TapSums<T> {
    pub rows: usize,
    pub cols: usize,
    pub x: *const T,
    pub x_row: isize,
    pub taps: usize,
    pub weights: *const T,
    pub shifts: *const isize,
    pub to: *mut T,
    pub to_row: isize,
    /// Distance of neighbours of a row of results.
    pub to_col: isize,
    /// Add to the results instead of overwriting them.
    pub add: bool,
}

/// Eight sums at once keep the processor from waiting for any: of eight rows where a register holds a row, else of four.
#[inline(always)]
pub(super) unsafe fn tap_sums<V: Vector>(s: &TapSums<V::Item>)
where
    V::Item: Float,
{
    // SAFETY: the caller vouches for the grid.
    unsafe {
        if s.cols <= V::LANES {
            sweep::<V, 8, 1>(s);
        } else {
            sweep::<V, 4, 2>(s);
        }
    }
}

#[inline(always)]
unsafe fn sweep<V: Vector, const ROWS: usize, const REGISTERS: usize>(s: &TapSums<V::Item>)
where
    V::Item: Float,
{
    for row in (0..s.rows).step_by(ROWS) {
        for col in (0..s.cols).step_by(REGISTERS * V::LANES) {
            // SAFETY: inside the grid.
            unsafe {
                if s.cols - col >= REGISTERS * V::LANES {
                    block::<V, ROWS, REGISTERS, true>(s, row, col);
                } else {
                    block::<V, ROWS, REGISTERS, false>(s, row, col);
                }
            }
        }
    }
}

/// Rows below the grid repeat its last one and are not written.
#[inline(always)]
unsafe fn block<V: Vector, const ROWS: usize, const REGISTERS: usize, const WHOLE: bool>(s: &TapSums<V::Item>, row: usize, col: usize)
where
    V::Item: Float,
{
    let count = |v: usize| if WHOLE { V::LANES } else { (s.cols - col).saturating_sub(v * V::LANES).min(V::LANES) };
    // SAFETY: the caller vouches for the grid; registers past its last column read and write nothing.
    unsafe {
        let mut acc = [[V::splat(V::Item::ZERO); REGISTERS]; ROWS];
        let mut from = [s.x; ROWS];
        for r in 0..ROWS {
            from[r] = s.x.offset((row + r).min(s.rows - 1) as isize * s.x_row).add(col);
        }
        for t in 0..s.taps {
            let (weight, shift) = (V::splat(*s.weights.add(t)), *s.shifts.add(t));
            for r in 0..ROWS {
                for v in 0..REGISTERS {
                    let from = from[r].offset(shift).wrapping_add(v * V::LANES);
                    let x = if WHOLE { V::load(from) } else { V::load_first(from, count(v)) };
                    acc[r][v] = acc[r][v].plus_product(weight, x);
                }
            }
        }
        for r in 0..ROWS.min(s.rows - row) {
            let to = s.to.offset((row + r) as isize * s.to_row + col as isize * s.to_col);
            for v in 0..REGISTERS {
                write(acc[r][v], to.wrapping_offset((v * V::LANES) as isize * s.to_col), count(v), s);
            }
        }
    }
}

#[inline(always)]
unsafe fn write<V: Vector>(sums: V, to: *mut V::Item, count: usize, s: &TapSums<V::Item>)
where
    V::Item: Float,
{
    // SAFETY: `count` results from here on, which the caller vouches for; a register has at most 16 lanes.
    unsafe {
        if s.to_col == 1 {
            let sums = if s.add { V::load_first(to, count).plus_product(V::splat(V::Item::ONE), sums) } else { sums };
            return sums.store_first(to, count);
        }
        let mut lanes = [V::Item::ZERO; 16];
        sums.store(lanes.as_mut_ptr());
        for i in 0..count {
            let to = to.offset(i as isize * s.to_col);
            *to = if s.add { *to + lanes[i] } else { lanes[i] };
        }
    }
}
