//! Reductions over the middle axis of a contiguous `[outer, len, inner]` block.
//!
//! Every reduction along any dimensions of a tensor is brought to this form. The order of additions is fixed by the
//! sizes alone, so results do not depend on the number of threads.

pub mod extremes;
pub mod reducers;

use crate::elementwise::num::Num;
use crate::pool;
pub use extremes::*;
pub use reducers::*;

/// One reduction: how a result starts, takes an element, merges with another, ends.
pub trait Reducer: Sync {
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
    /// The result.
    fn finish(&self, acc: Self::Acc) -> Self::Out;
}

const LANES: usize = 16;
/// Elements summed in straight succession before partial results are merged pairwise.
const BLOCK: usize = 2048;
/// A full reduction is cut into stretches of this many elements, whatever the number of threads.
const STRETCH: usize = 64 * 1024;
const TILE: usize = 64;
const GRAIN: usize = 32 * 1024;

struct SharedOut<T>(*mut T);
// SAFETY: threads write disjoint positions.
unsafe impl<T> Sync for SharedOut<T> {}

impl<T> SharedOut<T> {
    /// # Safety
    /// `i` lies inside the slice the pointer came from and no other thread writes it.
    unsafe fn write(&self, i: usize, value: T) {
        // SAFETY: by the contract.
        unsafe { self.0.add(i).write(value) }
    }
}

/// Reduces `[outer, len, inner]` to `[outer, inner]`.
pub fn reduce<R: Reducer>(r: &R, x: &[R::In], outer: usize, len: usize, inner: usize, out: &mut [R::Out]) {
    assert!(x.len() >= outer * len * inner && out.len() >= outer * inner, "reduce: operand sizes");
    let shared = SharedOut(out.as_mut_ptr());
    let shared = &shared;
    if inner == 1 {
        if outer == 1 && len > STRETCH {
            let acc = reduce_long(r, x, len);
            out[0] = r.finish(acc);
            return;
        }
        let grain = (GRAIN / len.max(1)).max(1);
        pool::parallel_for(outer, grain, |rows| {
            for o in rows {
                let acc = row(Carry(r), o, &x[o * len..(o + 1) * len], 0);
                // SAFETY: each row is one thread's.
                unsafe { shared.write(o, r.finish(acc)) };
            }
        });
        return;
    }
    let tiles = inner.div_ceil(TILE);
    let grain = (GRAIN / (len * TILE.min(inner)).max(1)).max(1);
    pool::parallel_for(outer * tiles, grain, |range| {
        for task in range {
            let (o, from) = (task / tiles, task % tiles * TILE);
            let width = TILE.min(inner - from);
            let mut acc = [r.init(o * inner + from); TILE];
            columns(Carry(r), o * inner + from, &x[o * len * inner..(o + 1) * len * inner], from, width, inner, len, &mut acc);
            for (j, &a) in acc[..width].iter().enumerate() {
                // SAFETY: each tile is one thread's.
                unsafe { shared.write(o * inner + from + j, r.finish(a)) };
            }
        }
    });
}

/// One result over many elements: stretches in parallel, merged in order.
fn reduce_long<R: Reducer>(r: &R, x: &[R::In], len: usize) -> R::Acc {
    let stretches = len.div_ceil(STRETCH);
    let mut partial = vec![r.init(0); stretches];
    let shared = SharedOut(partial.as_mut_ptr());
    let shared = &shared;
    pool::parallel_for(stretches, 1, |range| {
        for s in range {
            let (from, to) = (s * STRETCH, ((s + 1) * STRETCH).min(len));
            // SAFETY: each stretch is one thread's.
            unsafe { shared.write(s, row(Carry(r), 0, &x[from..to], from)) };
        }
    });
    pairwise(r, &partial)
}

fn pairwise<R: Reducer>(r: &R, parts: &[R::Acc]) -> R::Acc {
    match parts {
        [one] => *one,
        [] => r.init(0),
        _ => {
            let (a, b) = parts.split_at(parts.len() / 2);
            r.merge(pairwise(r, a), pairwise(r, b))
        }
    }
}

/// The state of a block, its elements dealt out to [`LANES`] states that are merged by halves.
#[inline(always)]
fn lanes<R: Reducer>(r: &R, slot: usize, block: &[R::In], start: usize) -> R::Acc {
    let mut lanes = [r.init(slot); LANES];
    let whole = block.len() / LANES * LANES;
    for (c, chunk) in block[..whole].chunks_exact(LANES).enumerate() {
        for j in 0..LANES {
            lanes[j] = r.step(lanes[j], chunk[j], start + c * LANES + j);
        }
    }
    for (j, &v) in block[whole..].iter().enumerate() {
        lanes[j] = r.step(lanes[j], v, start + whole + j);
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for j in 0..width {
            lanes[j] = r.merge(lanes[j], lanes[j + width]);
        }
    }
    lanes[0]
}

/// Lets the dispatch infer the reducer's type.
struct Carry<'a, R>(&'a R);

crate::vectorized! {
    fn row[R: Reducer](r: Carry<'_, R>, slot: usize, x: &[R::In], first: usize) -> R::Acc {
        let r = r.0;
        if x.len() < 2 * LANES {
            return x.iter().enumerate().fold(r.init(slot), |acc, (i, &v)| r.step(acc, v, first + i));
        }
        let mut parts = [r.init(slot); 64];
        let mut used = 0;
        let mut sizes = [0usize; 64];
        for (k, block) in x.chunks(BLOCK).enumerate() {
            let start = first + k * BLOCK;
            let acc = r.block(block, start).unwrap_or_else(|| lanes(r, slot, block, start));
            // A binary counter of merged blocks: a pairwise tree without recursion.
            let (mut acc, mut size) = (acc, 1);
            while used > 0 && sizes[used - 1] == size {
                used -= 1;
                acc = r.merge(parts[used], acc);
                size *= 2;
            }
            parts[used] = acc;
            sizes[used] = size;
            used += 1;
        }
        while used > 1 {
            used -= 1;
            parts[used - 1] = r.merge(parts[used - 1], parts[used]);
        }
        parts[0]
    }
}

crate::vectorized! {
    fn columns[R: Reducer](r: Carry<'_, R>, slot: usize, x: &[R::In], from: usize, width: usize, inner: usize, len: usize, acc: &mut [R::Acc; TILE]) {
        let r = r.0;
        for (j, a) in acc[..width].iter_mut().enumerate() { *a = r.init(slot + j); }
        for (b, block) in (0..len).step_by(128).enumerate() {
            let mut part = *acc;
            if b > 0 {
                for (j, a) in part[..width].iter_mut().enumerate() { *a = r.init(slot + j); }
            }
            for i in block..(block + 128).min(len) {
                let line = &x[i * inner + from..i * inner + from + width];
                for (a, &v) in part[..width].iter_mut().zip(line) { *a = r.step(*a, v, i); }
            }
            if b == 0 {
                *acc = part;
            } else {
                for j in 0..width { acc[j] = r.merge(acc[j], part[j]); }
            }
        }
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
        for (outer, len, inner) in [(1, 0, 1), (1, 5, 1), (3, 1000, 1), (2, 300, 7), (1, 200_001, 1), (4, 1, 130)] {
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
