//! Results over neighbouring elements: `[outer, len]` to `[outer]`.

use super::{Carry, GRAIN, Reducer, SharedOut, finish};
use crate::pool;

const LANES: usize = 16;
const MORE_LANES: usize = 64;
/// Elements that each lane takes before lanes are merged; such blocks are merged pairwise.
const STEPS: usize = 128;
/// A full reduction is cut into stretches of this many elements, whatever the number of threads.
const STRETCH: usize = 64 * 1024;
/// Rows reduced in one call.
const ROWS: usize = 32;

/// Elements of a block.
const BLOCK: usize = STEPS * MORE_LANES;

pub(super) fn reduce<R: Reducer>(r: &R, x: &[R::In], outer: usize, len: usize, out: &SharedOut<R::Out>) {
    if outer == 1 && len > STRETCH {
        // SAFETY: the only result.
        return finish(r, &[long(r, x, len)], unsafe { out.part(0, 1) });
    }
    pool::parallel_for(outer, (GRAIN / len.max(1)).max(1), |rows| {
        if !R::FREQUENT && len < 2 * LANES {
            // SAFETY: each row is one thread's.
            let out = unsafe { out.part(rows.start, rows.len()) };
            return rows.zip(out).for_each(|(o, out)| *out = r.finish(short(r, o, &x[o * len..(o + 1) * len], 0)));
        }
        for first in rows.clone().step_by(ROWS) {
            let count = ROWS.min(rows.end - first);
            let mut states = [r.init(first); ROWS];
            if len <= BLOCK {
                blocks(Carry(r), first, &x[first * len..(first + count) * len], len, 0, &mut states[..count]);
            } else {
                (first..first + count).for_each(|o| states[o - first] = tree(r, o, &x[o * len..(o + 1) * len], 0));
            }
            // SAFETY: each row is one thread's.
            finish(r, &states[..count], unsafe { out.part(first, count) });
        }
    });
}

/// One result over many elements: stretches in parallel, merged in order.
fn long<R: Reducer>(r: &R, x: &[R::In], len: usize) -> R::Acc {
    let stretches = len.div_ceil(STRETCH);
    let mut partial = vec![r.init(0); stretches];
    let shared = SharedOut(partial.as_mut_ptr());
    let shared = &shared;
    pool::parallel_for(stretches, 1, |range| {
        for s in range {
            let (from, to) = (s * STRETCH, ((s + 1) * STRETCH).min(len));
            // SAFETY: each stretch is one thread's.
            unsafe { shared.part(s, 1)[0] = tree(r, 0, &x[from..to], from) };
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

/// The state of a row, whose first element is at position `first`: two halves of whole blocks, the left one a power of two.
fn tree<R: Reducer>(r: &R, slot: usize, x: &[R::In], first: usize) -> R::Acc {
    if x.len() <= BLOCK {
        let mut state = [r.init(slot)];
        blocks(Carry(r), slot, x, x.len(), first, &mut state);
        return state[0];
    }
    let left = x.len().div_ceil(BLOCK).next_power_of_two() / 2 * BLOCK;
    let (a, b) = x.split_at(left);
    r.merge(tree(r, slot, a, first), tree(r, slot, b, first + left))
}

crate::vectorized! {
    /// The states of neighbouring rows of `len` elements, their first elements at position `first`.
    fn blocks[R: Reducer](r: Carry<'_, R>, slot: usize, x: &[R::In], len: usize, first: usize, states: &mut [R::Acc]) {
        for (o, state) in states.iter_mut().enumerate() {
            let (slot, x) = (slot + o, &x[o * len..][..len]);
            *state = if len < 2 * LANES {
                short(r.0, slot, x, first)
            } else {
                match r.0.block(x, first) {
                    Some(state) => state,
                    None => lanes(r.0, slot, x, first),
                }
            };
        }
    }
}

/// The state of a few elements, taken one after the other.
#[inline(always)]
fn short<R: Reducer>(r: &R, slot: usize, x: &[R::In], first: usize) -> R::Acc {
    x.iter().enumerate().fold(r.init(slot), |acc, (i, &v)| r.step(acc, v, first + i))
}

/// The state of a block, its elements dealt out to [`LANES`] states that are merged by halves.
///
/// Many elements begin with [`MORE_LANES`]: one register of sums waits for itself, and the compiler, which writes a few lanes
/// out one by one, then fails to make vectors of integers (a sum of int64 took four times as long, a count ten times).
#[inline(always)]
pub(super) fn lanes<R: Reducer>(r: &R, slot: usize, block: &[R::In], start: usize) -> R::Acc {
    let mut lanes = [r.init(slot); LANES];
    let mut at = 0;
    if block.len() >= 2 * MORE_LANES {
        let mut more = [r.init(slot); MORE_LANES];
        at = deal(r, block, 0, start, &mut more);
        for j in 0..2 * LANES {
            more[j] = r.merge(more[j], more[j + 2 * LANES]);
        }
        for j in 0..LANES {
            lanes[j] = r.merge(more[j], more[j + LANES]);
        }
    }
    at = deal(r, block, at, start, &mut lanes);
    for (j, &v) in block[at..].iter().enumerate() {
        lanes[j] = r.step(lanes[j], v, start + at + j);
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

/// Deals out elements from position `at` on as long as there are `N`; gives the position of the first one left.
#[inline(always)]
fn deal<R: Reducer, const N: usize>(r: &R, block: &[R::In], at: usize, start: usize, lanes: &mut [R::Acc; N]) -> usize {
    let (chunks, rest) = block[at..].as_chunks::<N>();
    for (c, chunk) in chunks.iter().enumerate() {
        for j in 0..N {
            lanes[j] = r.step(lanes[j], chunk[j], start + at + c * N + j);
        }
    }
    block.len() - rest.len()
}
