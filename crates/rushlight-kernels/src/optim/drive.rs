//! Runs an elementwise update over several slices at once: threads and vectors.

use super::Float;
use crate::pool::parallel_for;
use std::array::from_fn;

/// Elements that a thread takes at least.
const GRAIN: usize = 1 << 14;

/// `[a[0][i], a[1][i], ...] = f([x[0][i], ...], [a[0][i], a[1][i], ...])` for all `i`.
///
/// # Panics
/// If lengths differ.
pub(super) fn update<T, const M: usize, const N: usize, F>(x: [&[T]; M], a: [&mut [T]; N], f: F)
where
    T: Float,
    F: Fn([T; M], [T; N]) -> [T; N] + Copy + Sync,
{
    let n = a.first().map_or(0, |a| a.len());
    let equal = x.iter().all(|x| x.len() == n) && a.iter().all(|a| a.len() == n);
    assert!(equal, "an optimizer's parameter, gradient and state must have one length");
    let bases = Bases(a.map(|a| a.as_mut_ptr()));
    parallel_for(n, GRAIN, |range| {
        let part = bases.get().map(|base| {
            // SAFETY: the range lies within every array (lengths checked above), the arrays are borrowed mutably
            // until `parallel_for` returns, and its ranges do not overlap.
            unsafe { std::slice::from_raw_parts_mut(base.add(range.start), range.len()) }
        });
        run(x.map(|x| &x[range.clone()]), part, f);
    });
}

/// Where the arrays begin.
struct Bases<T, const N: usize>([*mut T; N]);

impl<T, const N: usize> Bases<T, N> {
    fn get(&self) -> [*mut T; N] {
        self.0
    }
}

// SAFETY: threads make slices of disjoint ranges from these pointers, and `T: Send`.
unsafe impl<T: Send, const N: usize> Sync for Bases<T, N> {}

crate::vectorized! {
    fn run[T: Float, const M: usize, const N: usize, F: Fn([T; M], [T; N]) -> [T; N] + Copy](
        x: [&[T]; M],
        a: [&mut [T]; N],
        f: F,
    ) {
        let n = a.first().map_or(0, |a| a.len());
        let x = x.map(|x| &x[..n]);
        let a = a.map(|a| &mut a[..n]);
        for i in 0..n {
            let values = f(from_fn(|k| x[k][i]), from_fn(|k| a[k][i]));
            for k in 0..N {
                a[k][i] = values[k];
            }
        }
    }
}
