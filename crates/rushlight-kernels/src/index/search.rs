//! Binary search in sorted rows.

use super::GRAIN;
use crate::gemm::Shared;
use crate::pool;
use crate::sort::Sortable;

/// Which of equal places to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before elements equal to the value.
    Left,
    /// After them.
    Right,
}

/// For each of `width` values per row, how many of the row's `len` sorted elements come before it; one row of elements
/// may serve all. `order` gives the positions of the elements in sorted order.
pub fn search<T: Sortable>(sorted: &[T], len: usize, order: Option<&[i64]>, values: &[T], width: usize, side: Side, out: &mut [i64]) {
    if values.is_empty() {
        return;
    }
    let shared_row = sorted.len() == len;
    let to = Shared(out.as_mut_ptr());
    assert!(out.len() == values.len() && width > 0, "search: operand sizes");
    pool::parallel_for(values.len(), GRAIN / 16, |range| {
        for p in range {
            let first = if shared_row { 0 } else { p / width * len };
            let row = &sorted[first..first + len];
            let order = order.map(|o| &o[first..first + len]);
            let at = |i: usize| order.map_or(row[i], |o| row[o[i] as usize]);
            // SAFETY: each position is one task's.
            unsafe { *to.get().add(p) = bound(at, len, values[p], side) as i64 };
        }
    });
}

/// A comparison with NaN is false, and its negation decides: NaN goes to the end on both sides.
fn bound<T: Sortable>(at: impl Fn(usize) -> T, len: usize, value: T, side: Side) -> usize {
    let (mut start, mut end) = (0, len);
    while start < end {
        let middle = start + (end - start) / 2;
        let element = at(middle);
        let before = match side {
            Side::Left => element.partial_cmp(&value).is_none_or(|o| o.is_lt()),
            Side::Right => element.partial_cmp(&value).is_none_or(|o| o.is_le()),
        };
        if before {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}
