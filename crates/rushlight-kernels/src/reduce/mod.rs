//! Reductions over the middle axis of a contiguous `[outer, len, inner]` block.
//!
//! Every reduction along any dimensions of a tensor is brought to this form. The order of additions is fixed by the
//! sizes alone, so results do not depend on the number of threads.

mod columns;
pub mod extremes;
pub mod reducers;
mod rows;

use crate::elementwise::num::Num;
pub use extremes::*;
pub use reducers::*;

/// One reduction: how a result starts, takes an element, merges with another, ends.
pub trait Reducer: Sync {
    /// Whether programs reduce this way all the time, which is worth a loop over several rows at once. States then depend
    /// neither on the slot nor on positions.
    const FREQUENT: bool = false;
    /// Element read.
    type In: Num;
    /// State of one result.
    type Acc: Copy + Send + Sync;
    /// Element written.
    type Out: Copy + Send + Sync;
    /// Start of the result at a flat output position.
    fn init(&self, slot: usize) -> Self::Acc;
    /// Takes the element at position `i` of the axis.
    fn step(&self, acc: Self::Acc, x: Self::In, i: usize) -> Self::Acc;
    /// Joins the states of two stretches, the first earlier.
    fn merge(&self, a: Self::Acc, b: Self::Acc) -> Self::Acc;
    /// The state of some neighbouring elements, the first at position `first`, where there is a way quicker than step by step.
    #[inline(always)]
    fn block(&self, _x: &[Self::In], _first: usize) -> Option<Self::Acc> {
        None
    }
    /// The states of neighbouring columns of the first `rows` lines of `x`, `pitch` elements apart and at positions from `first`
    /// on, where there is a way quicker than step by step; tells whether there was.
    #[inline(always)]
    fn tile(&self, _x: &[Self::In], _pitch: usize, _rows: usize, _first: usize, _states: &mut [Self::Acc]) -> bool {
        false
    }
    /// The result.
    fn finish(&self, acc: Self::Acc) -> Self::Out;
}

/// Elements worth a task.
const GRAIN: usize = 32 * 1024;

struct SharedOut<T>(*mut T);
// SAFETY: threads write disjoint positions.
unsafe impl<T> Sync for SharedOut<T> {}

#[allow(clippy::mut_from_ref)]
impl<T> SharedOut<T> {
    /// # Safety
    /// `n` places from `i` on lie inside the slice the pointer came from and no other thread uses them.
    unsafe fn part(&self, i: usize, n: usize) -> &mut [T] {
        // SAFETY: by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(i), n) }
    }
}

/// The results of some states. A function of its own: the compiler then sees that writing does not change the reducer.
#[inline(never)]
fn finish<R: Reducer>(r: &R, states: &[R::Acc], out: &mut [R::Out]) {
    out.iter_mut().zip(states).for_each(|(out, &state)| *out = r.finish(state));
}

/// Lets the dispatch infer the reducer's type.
struct Carry<'a, R>(&'a R);

/// Reduces `[outer, len, inner]` to `[outer, inner]`.
pub fn reduce<R: Reducer>(r: &R, x: &[R::In], outer: usize, len: usize, inner: usize, out: &mut [R::Out]) {
    assert!(x.len() >= outer * len * inner && out.len() >= outer * inner, "reduce: operand sizes");
    if outer * inner == 0 {
        return;
    }
    let shared = SharedOut(out.as_mut_ptr());
    match inner {
        1 => rows::reduce(r, x, outer, len, &shared),
        _ if R::FREQUENT => columns::reduce_frequent(r, x, outer, len, inner, &shared),
        _ => columns::reduce(r, x, outer, len, inner, &shared),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_of_long_rows_are_the_first_of_their_kind() {
        for len in [31, 32, 64, 100, 2048, 5000, 200_001] {
            let mut x: Vec<f32> = (0..len).map(|i| ((i * 37) % 101) as f32).collect();
            let mut out = [(0f32, 0i64)];
            reduce(&Largest::<f32>::default(), &x, 1, len, 1, &mut out);
            let best = x.iter().copied().fold(f32::MIN, f32::max);
            assert_eq!(out[0], (best, x.iter().position(|&v| v == best).unwrap() as i64), "{len}");
            reduce(&Smallest::<f32>::default(), &x, 1, len, 1, &mut out);
            assert_eq!(out[0], (0.0, 0));
            x[len / 2] = f32::NAN;
            x[len - 1] = f32::NAN;
            reduce(&Smallest::<f32>::default(), &x, 1, len, 1, &mut out);
            assert!(out[0].0.is_nan() && out[0].1 == (len / 2) as i64);
        }
    }

    #[test]
    fn sums_agree_with_a_plain_loop() {
        for (outer, len, inner) in [
            (1, 0, 1),
            (1, 5, 1),
            (3, 1000, 1),
            (2, 300, 7),
            (1, 200_001, 1),
            (4, 1, 130),
            (0, 100_000, 10),
            (2, 0, 3),
            (1, 30_001, 10),
            (2, 1300, 600),
            (40, 31, 33),
        ] {
            let x: Vec<f32> = (0..outer * len * inner).map(|i| ((i * 37) % 101) as f32 - 50.0).collect();
            let mut out = vec![0f32; outer * inner];
            reduce(&Sum::<f32>::default(), &x, outer, len, inner, &mut out);
            for o in 0..outer {
                for j in 0..inner {
                    let want: f64 = (0..len).map(|i| x[(o * len + i) * inner + j] as f64).sum();
                    assert!((out[o * inner + j] as f64 - want).abs() <= 1e-3 * want.abs().max(1.0), "{want}");
                }
            }
        }
    }
}
