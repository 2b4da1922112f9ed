//! A tensor inside a larger one, or a part of it.

use super::{Bits, GRAIN};
use crate::gemm::Shared;
use crate::pool;

/// Fills a contiguous `out` with `x` moved by `before` along each dimension (back, where negative), and one value around.
pub fn pad<B: Bits>(x: &[B], shape: &[usize], before: &[i64], value: B, out_shape: &[usize], out: &mut [B]) {
    if out.is_empty() {
        return;
    }
    let last = shape.len() - 1;
    let width = out_shape[last];
    assert!(out.len() == out_shape.iter().product() && x.len() == shape.iter().product(), "pad: operand sizes");
    let to = Shared(out.as_mut_ptr());
    pool::parallel_for(out.len() / width, GRAIN.div_ceil(width), |rows| {
        // SAFETY: each range of rows is one task's.
        let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(rows.start * width), rows.len() * width) };
        let mut place = coordinates(rows.start, &out_shape[..last]);
        for line in out.chunks_exact_mut(width) {
            match source_row(&place, shape, before) {
                Some(row) => pad_line(&x[row * shape[last]..(row + 1) * shape[last]], before[last], value, line),
                None => line.fill(value),
            }
            advance(&mut place, out_shape);
        }
    });
}

fn coordinates(mut row: usize, shape: &[usize]) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for d in (0..shape.len()).rev() {
        place[d] = row % shape[d];
        row /= shape[d];
    }
    place
}

fn advance(place: &mut [usize], shape: &[usize]) {
    for d in (0..place.len()).rev() {
        place[d] += 1;
        if place[d] < shape[d] {
            return;
        }
        place[d] = 0;
    }
}

/// The row of the operand at a place of the result, if it has one there.
fn source_row(place: &[usize], shape: &[usize], before: &[i64]) -> Option<usize> {
    let mut row = 0;
    for d in 0..place.len() {
        let i = place[d] as i64 - before[d];
        if i < 0 || i >= shape[d] as i64 {
            return None;
        }
        row = row * shape[d] + i as usize;
    }
    Some(row)
}

fn pad_line<B: Bits>(x: &[B], before: i64, value: B, out: &mut [B]) {
    let lead = before.clamp(0, out.len() as i64) as usize;
    let skipped = (-before).clamp(0, x.len() as i64) as usize;
    let count = (x.len() - skipped).min(out.len() - lead);
    out[..lead].fill(value);
    out[lead..lead + count].copy_from_slice(&x[skipped..skipped + count]);
    out[lead + count..].fill(value);
}
