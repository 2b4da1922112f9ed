//! Results down columns: `[outer, len, inner]` to `[outer, inner]`.

use super::{Carry, GRAIN, Reducer, SharedOut, finish};
use crate::pool;

/// Columns reduced together.
pub(super) const TILE: usize = 64;
/// Rows taken one after the other before their state is merged with the others'.
const BLOCK: usize = 128;
/// Columns of a [`Reducer::FREQUENT`] reduction: two kilobytes of each row, which the processor reads ahead.
const WIDE: usize = 512;
/// Elements after which a reduction of few columns is cut, whatever the number of threads.
const STRETCH: usize = 128 * 1024;

pub(super) fn reduce<R: Reducer>(r: &R, x: &[R::In], outer: usize, len: usize, inner: usize, out: &SharedOut<R::Out>) {
    let tiles = inner.div_ceil(TILE);
    let grain = (GRAIN / (len * TILE.min(inner)).max(1)).max(1);
    pool::parallel_for(outer * tiles, grain, |range| {
        for task in range {
            let (o, from) = (task / tiles, task % tiles * TILE);
            let width = TILE.min(inner - from);
            let mut acc = [r.init(o * inner + from); TILE];
            columns(Carry(r), o * inner + from, &x[o * len * inner..(o + 1) * len * inner], from, width, inner, len, &mut acc);
            // SAFETY: each tile is one thread's.
            finish(r, &acc[..width], unsafe { out.part(o * inner + from, width) });
        }
    });
}

crate::vectorized! {
    fn columns[R: Reducer](r: Carry<'_, R>, slot: usize, x: &[R::In], from: usize, width: usize, inner: usize, len: usize, acc: &mut [R::Acc; TILE]) {
        let r = r.0;
        for (j, a) in acc[..width].iter_mut().enumerate() { *a = r.init(slot + j); }
        for (b, block) in (0..len).step_by(BLOCK).enumerate() {
            let mut part = *acc;
            if b > 0 {
                for (j, a) in part[..width].iter_mut().enumerate() { *a = r.init(slot + j); }
            }
            let rows = BLOCK.min(len - block);
            if !r.tile(&x[block * inner + from..], inner, rows, block, &mut part[..width]) {
                for i in block..block + rows {
                    let line = &x[i * inner + from..i * inner + from + width];
                    for (a, &v) in part[..width].iter_mut().zip(line) { *a = r.step(*a, v, i); }
                }
            }
            if b == 0 {
                *acc = part;
            } else {
                for j in 0..width { acc[j] = r.merge(acc[j], part[j]); }
            }
        }
    }
}

/// As [`reduce`], for reducers whose states depend neither on the slot nor on positions.
///
/// Narrow rows are taken several as one. Where there are few columns, rows are cut into stretches, merged in order.
pub(super) fn reduce_frequent<R: Reducer>(r: &R, x: &[R::In], outer: usize, len: usize, inner: usize, out: &SharedOut<R::Out>) {
    let tiles = inner.div_ceil(WIDE);
    let rows = if outer * tiles < 8 { STRETCH.div_ceil(inner.min(WIDE)) } else { len.max(1) };
    let stretches = len.div_ceil(rows).max(1);
    let results = outer * inner;
    let mut parts = vec![r.init(0); if stretches > 1 { stretches * results } else { 0 }];
    let partial = SharedOut(parts.as_mut_ptr());
    let partial = &partial;
    pool::parallel_for(outer * stretches * tiles, (GRAIN / (len.min(rows) * WIDE.min(inner)).max(1)).max(1), |range| {
        let mut states = [[r.init(0); WIDE]; 2];
        for task in range {
            let (o, s, from) = (task / tiles / stretches, task / tiles % stretches, task % tiles * WIDE);
            let lines = &x[(o * len + s * rows) * inner..(o * len + len.min((s + 1) * rows)) * inner];
            let width = WIDE.min(inner - from);
            let states = wide(Carry(r), lines, from, width, inner, &mut states);
            // SAFETY: each tile of each stretch is one thread's.
            unsafe {
                match stretches {
                    1 => finish(r, states, out.part(o * inner + from, width)),
                    _ => partial.part(s * results + o * inner + from, width).copy_from_slice(states),
                }
            }
        }
    });
    if stretches > 1 {
        let (states, others) = parts.split_at_mut(results);
        for part in others.chunks_exact(results) {
            states.iter_mut().zip(part).for_each(|(state, &part)| *state = r.merge(*state, part));
        }
        // SAFETY: the parallel part has ended.
        finish(r, states, unsafe { out.part(0, results) });
    }
}

crate::vectorized! {
    /// The states of `width` columns from `from` on of rows of `inner` elements, in room for them and for those of a block.
    fn wide['a, R: Reducer](r: Carry<'_, R>, x: &[R::In], from: usize, width: usize, inner: usize, room: &'a mut [[R::Acc; WIDE]; 2]) -> &'a [R::Acc] {
        let r = r.0;
        // Rows are joined by powers of two, so that they are merged by halves.
        let joined = 1 << (WIDE / inner).min(x.len() / inner / 8).max(1).ilog2();
        let (pitch, mut width) = (joined * inner, joined * width);
        let [acc, part] = room;
        acc[..width].fill(r.init(0));
        for (n, block) in x.chunks(BLOCK * pitch).enumerate() {
            let states = if n == 0 { &mut acc[..width] } else { &mut part[..width] };
            states.fill(r.init(0));
            let fours = block.chunks_exact(4 * pitch);
            let rest = fours.remainder();
            for four in fours {
                let line = |n: usize| &four[n * pitch + from..][..width];
                let (a, b, c, d) = (line(0), line(1), line(2), line(3));
                for (j, state) in states.iter_mut().enumerate() {
                    *state = r.step(r.step(r.step(r.step(*state, a[j], 0), b[j], 0), c[j], 0), d[j], 0);
                }
            }
            for line in rest.chunks(pitch) {
                // The last line may be shorter: some of the rows that would be one.
                let line = &line[from..line.len().min(from + width)];
                states.iter_mut().zip(line).for_each(|(state, &x)| *state = r.step(*state, x, 0));
            }
            if n > 0 {
                acc[..width].iter_mut().zip(&part[..width]).for_each(|(state, &part)| *state = r.merge(*state, part));
            }
        }
        while width > inner {
            width /= 2;
            for j in 0..width {
                acc[j] = r.merge(acc[j], acc[j + width]);
            }
        }
        &acc[..width]
    }
}
