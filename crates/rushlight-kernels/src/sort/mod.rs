//! Order: sorting rows, choosing the largest or the k-th, counting runs.
//!
//! Elements are compared through keys, unsigned integers of their width in the same order, NaN last and both zeros
//! equal. Rows are contiguous; every result has the positions of its elements.

mod key;
mod radix;
mod rows;
mod runs;
mod select;
#[cfg(test)]
mod tests;

pub use key::{Key, Sortable};
pub use rows::sort_rows;
pub use runs::{Runs, mode_rows, runs, sorted_runs};
pub use select::{kth_rows, median_rows, top_rows};

use crate::gemm::Shared;
use crate::pool;

/// Elements that are worth a task.
const GRAIN: usize = 1 << 12;

/// Gives every row of `x` with its parts of two results to a function, in parallel.
fn for_rows<T: Copy + Sync, V: Send + Sync, I: Send + Sync>(
    x: &[T],
    len: usize,
    values: &mut [V],
    indices: &mut [I],
    width: usize,
    f: impl Fn(&[T], &mut [V], &mut [I]) + Sync,
) {
    let rows = values.len().checked_div(width).unwrap_or(0);
    assert!(x.len() >= rows * len && indices.len() == values.len(), "rows: operand sizes");
    let (values, indices) = (Shared(values.as_mut_ptr()), Shared(indices.as_mut_ptr()));
    pool::parallel_for(rows, GRAIN.div_ceil(len.max(1)), |range| {
        for row in range {
            // SAFETY: each row's part of the results is one task's.
            let (v, i) = unsafe {
                (std::slice::from_raw_parts_mut(values.get().add(row * width), width), std::slice::from_raw_parts_mut(indices.get().add(row * width), width))
            };
            f(&x[row * len..(row + 1) * len], v, i);
        }
    });
}
