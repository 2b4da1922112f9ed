//! Rows of several tensors, one after another in each row of the result.

use crate::pool;
use crate::vectorized;

/// Numbers that are worth a task.
const GRAIN: usize = 1 << 15;

/// Writes rows of the first part's `width` numbers, then the second's, and so on.
///
/// # Panics
/// When the parts have not the rows that `out` has.
pub fn join<T: Copy + Send + Sync>(parts: &[(&[T], usize)], out: &mut [T]) {
    let width: usize = parts.iter().map(|(_, width)| width).sum();
    let rows = out.len().checked_div(width).unwrap_or(0);
    assert!(out.len() == rows * width && parts.iter().all(|(part, width)| part.len() == rows * width), "join: lengths");
    let start = crate::gemm::Shared(out.as_mut_ptr());
    pool::parallel_for(rows, GRAIN.div_ceil(width.max(1)), |range| {
        // SAFETY: tasks have disjoint rows of `out`.
        let out = unsafe { std::slice::from_raw_parts_mut(start.get().add(range.start * width), range.len() * width) };
        let part = |n: usize| &parts[n].0[range.start * parts[n].1..range.end * parts[n].1];
        match parts.len() {
            2 if width == 2 => single(&[part(0), part(1)], out),
            3 if width == 3 => single(&[part(0), part(1), part(2)], out),
            4 if width == 4 => single(&[part(0), part(1), part(2), part(3)], out),
            _ => several(parts, range.start, width, out),
        }
    });
}

vectorized! {
    /// Rows of one number of each part.
    fn single[T: Copy, const N: usize](parts: &[&[T]; N], out: &mut [T]) {
        let out = out.as_chunks_mut::<N>().0;
        let parts = parts.map(|part| &part[..out.len()]);
        for (i, row) in out.iter_mut().enumerate() {
            *row = std::array::from_fn(|n| parts[n][i]);
        }
    }
}

fn several<T: Copy>(parts: &[(&[T], usize)], first: usize, row: usize, out: &mut [T]) {
    let mut at = 0;
    for &(part, width) in parts {
        for (from, to) in part[first * width..].chunks_exact(width.max(1)).zip(out.chunks_exact_mut(row)) {
            let to = &mut to[at..at + width];
            // A call to `memcpy` costs more than a few numbers.
            if width <= 8 {
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
            } else {
                to.copy_from_slice(from);
            }
        }
        at += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_one_after_another() {
        for widths in [&[1, 1][..], &[1, 1, 1], &[1, 1, 1, 1], &[3, 0, 5], &[1, 1, 1, 1, 1], &[20, 7], &[2]] {
            for rows in [1, 7, 20_000] {
                let parts: Vec<Vec<u32>> = widths.iter().enumerate().map(|(p, w)| (0..rows * w).map(|i| (p * 1_000_000 + i) as u32).collect()).collect();
                let slices: Vec<(&[u32], usize)> = parts.iter().map(Vec::as_slice).zip(widths.iter().copied()).collect();
                let mut out = vec![7; rows * widths.iter().sum::<usize>()];
                join(&slices, &mut out);
                let row = |r: usize| parts.iter().zip(widths).flat_map(move |(part, w)| &part[r * w..(r + 1) * w]);
                assert!(out.iter().eq((0..rows).flat_map(row)), "{widths:?} {rows}");
            }
        }
    }
}
