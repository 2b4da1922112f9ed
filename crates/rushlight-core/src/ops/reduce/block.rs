//! Bringing a tensor into the form of the reduction kernels.

use crate::layout::Dims;
use crate::ops::{Arg, Op, call1};
use crate::tensor::Tensor;
use crate::{Result, iter};
use rushlight_kernels::Element;
use rushlight_kernels::reduce::{self, Reducer};
use smallvec::SmallVec;
use std::cmp::Reverse;

/// A reduction brought to its kernel's form: a contiguous `[outer, len, inner]` block.
pub struct Block {
    /// The elements, reduced dimensions last unless they were already adjacent in memory.
    pub x: Tensor,
    /// Results outside.
    pub outer: usize,
    /// Elements of one result.
    pub len: usize,
    /// Results inside.
    pub inner: usize,
}

type Order = SmallVec<[usize; 5]>;

/// Brings `x` into the kernel's form, copying it only where memory has another order.
pub fn block(x: &Tensor, dims: &[usize]) -> Result<Block> {
    let (x, shape) = (x.detach()?, x.shape());
    let product = |dims: &[usize]| dims.iter().map(|&d| shape[d]).product();
    if are_neighbours(dims) && x.is_contiguous() {
        let (first, last) = (dims[0], dims[dims.len() - 1]);
        let sizes = [0..first, first..last + 1, last + 1..shape.len()].map(|range| shape[range].iter().product());
        return Ok(Block { x, outer: sizes[0], len: sizes[1], inner: sizes[2] });
    }
    let order = memory_order(&x);
    if let Some([outer, len, inner]) = sizes(shape, &order, dims) {
        let x = permuted(&x, &order)?;
        if x.is_contiguous() {
            return Ok(Block { x, outer, len, inner });
        }
    }
    let kept: Order = (0..shape.len()).filter(|d| !dims.contains(d)).collect();
    let (outer, len) = (product(&kept), product(dims));
    let order: Order = kept.iter().chain(dims).copied().collect();
    Ok(Block { x: permuted(&x, &order)?.contiguous()?, outer, len, inner: 1 })
}

fn are_neighbours(dims: &[usize]) -> bool {
    !dims.is_empty() && dims.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

/// The dimensions, slowest in memory first.
fn memory_order(x: &Tensor) -> Order {
    let mut order: Order = (0..x.ndim()).collect();
    if !x.is_contiguous() {
        order.sort_by_key(|&d| Reverse(x.strides()[d]));
    }
    order
}

fn permuted(x: &Tensor, order: &[usize]) -> Result<Tensor> {
    if order.iter().copied().eq(0..x.ndim()) {
        return Ok(x.clone());
    }
    x.permute(&order.iter().map(|&d| d as i64).collect::<SmallVec<[i64; 5]>>())
}

/// `[outer, len, inner]` where, in that order, the reduced dimensions are neighbours and neither they nor the others change
/// places among themselves. Dimensions of size one do not matter.
fn sizes(shape: &[usize], order: &[usize], dims: &[usize]) -> Option<[usize; 3]> {
    let (mut sizes, mut stage, mut last) = ([1; 3], 0, [None; 2]);
    for &d in order.iter().filter(|&&d| shape[d] != 1) {
        let reduced = dims.contains(&d);
        if last[reduced as usize] > Some(d) || (reduced && stage == 2) {
            return None;
        }
        last[reduced as usize] = Some(d);
        stage = if reduced { 1 } else { 2 * stage.min(1) };
        sizes[stage] *= shape[d];
    }
    // Without a reduced dimension each element is a result: neighbours are taken together.
    if stage == 0 {
        sizes.reverse();
    }
    Some(sizes)
}

/// Reduces with `op` over runs of neighbouring dimensions, the longest first, until one run is left: a sum over dimensions
/// apart from each other then needs no copy. Gives what is left, dimensions kept, and the dimensions still to reduce.
pub fn in_runs(op: &'static Op, x: Tensor, dims: Dims) -> Result<(Tensor, Dims)> {
    let (mut x, mut dims) = (x, dims);
    while !are_neighbours(&dims) && x.is_contiguous() && sizes(x.shape(), &memory_order(&x), &dims).is_none() {
        let size = |run: &&[usize]| run.iter().map(|&d| x.shape()[d]).product::<usize>();
        let Some(run) = dims.chunk_by(|a, b| a + 1 == *b).max_by_key(size).map(Dims::from_slice) else { break };
        let list: SmallVec<[i64; 5]> = run.iter().map(|&d| d as i64).collect();
        x = call1(op, &[&x], &[Arg::ints(&list), Arg::from(true)])?;
        dims.retain(|d| !run.contains(d));
    }
    Ok((x, dims))
}

/// Runs a reducer over a block into a result.
pub(super) fn run<R: Reducer>(r: &R, b: &Block, out: &Tensor) -> Result<()>
where
    R::In: Element,
    R::Out: Element,
{
    reduce::reduce(r, iter::slice::<R::In>(&b.x)?, b.outer, b.len, b.inner, iter::slice_mut::<R::Out>(out)?);
    Ok(())
}
