//! Products of one image with shifted copies of another: the gradient of a small kernel's taps.

use super::Float;
use super::vector::Vector;
use super::vector_product::sum;

/// `taps` sums over `rows x cols` positions: `sums[t] += y[row][col] * x[shifts[t]][row][col]`.
pub struct TapSweep<T> {
    pub rows: usize,
    pub cols: usize,
    pub y: *const T,
    pub y_row: isize,
    pub x: *const T,
    pub x_row: isize,
    pub taps: usize,
    pub shifts: *const isize,
    pub sums: *mut T,
}

/// Taps eight at a time, so that a number of `y` is read once for eight of them.
#[inline(always)]
pub(super) unsafe fn tap_dots<V: Vector>(s: &TapSweep<V::Item>)
where
    V::Item: Float,
{
    let eights = s.taps / 8 * 8;
    // SAFETY: the caller vouches for the sweep.
    unsafe {
        for first in (0..eights).step_by(8) {
            few_taps::<V, 8>(s, first);
        }
        for first in eights..s.taps {
            few_taps::<V, 1>(s, first);
        }
    }
}

#[inline(always)]
unsafe fn few_taps<V: Vector, const TAPS: usize>(s: &TapSweep<V::Item>, first: usize)
where
    V::Item: Float,
{
    // SAFETY: taps `first .. first + TAPS` belong to the sweep.
    unsafe {
        let zero = V::splat(V::Item::ZERO);
        let mut acc = [zero; TAPS];
        let x: [*const V::Item; TAPS] = std::array::from_fn(|t| s.x.offset(*s.shifts.add(first + t)));
        for row in 0..s.rows as isize {
            for j in (0..s.cols).step_by(V::LANES) {
                let count = (s.cols - j).min(V::LANES);
                let y = V::load_first(s.y.offset(row * s.y_row).add(j), count);
                for t in 0..TAPS {
                    let from = x[t].offset(row * s.x_row).add(j);
                    acc[t] = acc[t].plus_product(V::load_first(from, count), y);
                }
            }
        }
        for t in 0..TAPS {
            *s.sums.add(first + t) += sum([acc[t], zero]);
        }
    }
}
