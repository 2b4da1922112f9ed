//! The one way from tensors to memory: strided loops over several operands, and checked slices.
//!
//! Dimensions are ordered by the strides of the first operand and merged where every operand allows it, so that most
//! calls become a single contiguous loop.
#![allow(unsafe_code)]

use crate::tensor::Tensor;
use crate::{Result, bail};
use rushlight_kernels::Element;
use rushlight_kernels::elementwise::{Loop, Params};
use rushlight_kernels::pool;
use smallvec::SmallVec;

/// Below this many elements a second thread costs more than it brings.
const PARALLEL_GRAIN: usize = 32 * 1024;

struct Dim {
    size: usize,
    strides: [isize; 4],
}

/// Pointers that may cross threads: each thread writes its own part.
struct Pointers([*mut u8; 4]);
// SAFETY: parts written by different threads are disjoint, see `run`.
unsafe impl Sync for Pointers {}

/// Address of the first element.
pub fn pointer(x: &Tensor) -> *mut u8 {
    // SAFETY: the offset lies inside the storage (checked when the layout was made), or the tensor is empty.
    unsafe { x.storage().ptr().add(x.layout().offset * x.dtype().size()) }
}

/// Byte strides of `x` seen with a (broadcast) shape.
fn byte_stride(x: &Tensor, shape: &[usize], d: usize) -> isize {
    let missing = shape.len() - x.ndim();
    if d < missing || x.shape()[d - missing] == 1 && shape[d] != 1 {
        return 0;
    }
    x.strides()[d - missing] * x.dtype().size() as isize
}

/// Runs an elementwise loop over the output (operand 0) and up to three inputs, which broadcast to its shape.
pub fn run(kernel: Loop, operands: &[&Tensor], params: &Params) {
    let shape = operands[0].shape();
    let total = operands[0].numel();
    if total == 0 {
        return;
    }
    let mut pointers = [std::ptr::null_mut(); 4];
    for (slot, x) in pointers.iter_mut().zip(operands) {
        *slot = pointer(x);
    }
    let dims = with_long_runs(merged_dims(operands, shape));
    if dims.len() <= 1 && total <= PARALLEL_GRAIN {
        let strides = dims.first().map_or_else(|| unit_strides(operands), |d| d.strides);
        // SAFETY: the strides and sizes are those of valid layouts, so every element addressed lies in its storage.
        unsafe { kernel(total, &pointers, &strides, params) };
        return;
    }
    let shared = Pointers(pointers);
    let shared = &shared;
    // SAFETY (of the closure): ranges handed to threads are disjoint sets of output positions, and outputs never
    // overlap themselves (checked by `ops::copy::check_writable`).
    pool::parallel_for(total, PARALLEL_GRAIN, |range| run_range(kernel, &shared.0, &dims, range, params));
}

/// Runs an elementwise loop over row-major operands of one shape.
pub fn run_contiguous(kernel: Loop, operands: &[&Tensor], params: &Params) {
    let total = operands[0].numel();
    let strides = unit_strides(operands);
    let mut pointers = [std::ptr::null_mut(); 4];
    for (slot, x) in pointers.iter_mut().zip(operands) {
        *slot = pointer(x);
    }
    if total <= PARALLEL_GRAIN {
        // SAFETY: the operands are contiguous and have `total` elements each.
        unsafe { kernel(total, &pointers, &strides, params) };
        return;
    }
    let shared = &Pointers(pointers);
    pool::parallel_for(total, PARALLEL_GRAIN, |range| {
        let mut part = shared.0;
        for (p, s) in part.iter_mut().zip(strides) {
            *p = p.wrapping_offset(range.start as isize * s);
        }
        // SAFETY: as above; ranges are disjoint.
        unsafe { kernel(range.len(), &part, &strides, params) };
    });
}

fn unit_strides(operands: &[&Tensor]) -> [isize; 4] {
    let mut strides = [0; 4];
    for (s, x) in strides.iter_mut().zip(operands) {
        *s = x.dtype().size() as isize;
    }
    strides
}

/// Runs the flat positions `range`, a run of the innermost dimension at a time.
fn run_range(kernel: Loop, base: &[*mut u8; 4], dims: &[Dim], range: std::ops::Range<usize>, params: &Params) {
    let Some((inner, outer)) = dims.split_last() else { return };
    let mut position = range.start;
    while position < range.end {
        let start = position % inner.size;
        let length = (inner.size - start).min(range.end - position);
        let mut rest = position / inner.size;
        let mut offsets = [0isize; 4];
        for dim in outer.iter().rev() {
            let index = (rest % dim.size) as isize;
            rest /= dim.size;
            for k in 0..4 {
                offsets[k] += index * dim.strides[k];
            }
        }
        let mut pointers = *base;
        for k in 0..4 {
            pointers[k] = pointers[k].wrapping_offset(offsets[k] + start as isize * inner.strides[k]);
        }
        // SAFETY: `position..position + length` are positions of the iteration space, so the addresses lie inside the
        // operands' storages.
        unsafe { kernel(length, &pointers, &inner.strides, params) };
        position += length;
    }
}

/// Fewer rows or columns are not worth a transposition in blocks.
const TRANSPOSED: usize = 8;

/// Takes out the dimension along which the first operand lies in a row, and that along which the second does, if these are two.
fn take_crossed(dims: &mut SmallVec<[Dim; 5]>, sizes: [isize; 2]) -> Option<(Dim, Dim)> {
    let inner = dims.pop().filter(|d| d.strides[0] == sizes[0] && d.strides[1] != sizes[1] && d.size >= TRANSPOSED)?;
    let at = dims.iter().position(|d| d.strides[1] == sizes[1] && d.size >= TRANSPOSED)?;
    Some((inner, dims.remove(at)))
}

/// Whether two tensors of one shape, maybe of two types, have different orders in memory, so that [`copy_transposed`] turns them.
pub(crate) fn is_transposed(a: &Tensor, b: &Tensor) -> bool {
    take_crossed(&mut merged_dims(&[a, b], a.shape()), [a, b].map(|x| x.dtype().size() as isize)).is_some()
}

/// Copies between tensors of one type and of different orders in memory, block by block; false where the orders agree.
pub(crate) fn copy_transposed(target: &Tensor, source: &Tensor) -> bool {
    use rushlight_kernels::elementwise::transpose::transpose;
    let (mut dims, size) = (merged_dims(&[target, source], target.shape()), target.dtype().size() as isize);
    let Some((inner, rows)) = take_crossed(&mut dims, [size, size]) else { return false };
    let others: usize = dims.iter().map(|d| d.size).product();
    let stripe = PARALLEL_GRAIN.div_ceil(inner.size).next_multiple_of(16).min(rows.size);
    let stripes = rows.size.div_ceil(stripe);
    let shared = &Pointers([pointer(target), pointer(source), std::ptr::null_mut(), std::ptr::null_mut()]);
    pool::parallel_for(others * stripes, (PARALLEL_GRAIN / (stripe * inner.size)).max(1), |tasks| {
        for task in tasks {
            let (mut rest, first) = (task / stripes, task % stripes * stripe);
            let mut offsets = [0, 1].map(|k| first as isize * rows.strides[k]);
            for dim in dims.iter().rev() {
                let index = (rest % dim.size) as isize;
                rest /= dim.size;
                (0..2).for_each(|k| offsets[k] += index * dim.strides[k]);
            }
            let count = stripe.min(rows.size - first);
            let (to, from) = (shared.0[0].wrapping_offset(offsets[0]), shared.0[1].wrapping_offset(offsets[1]) as *const u8);
            let (to_step, from_step) = (rows.strides[0] / size, inner.strides[1] / size);
            // SAFETY: strides and sizes are those of valid layouts; tasks write disjoint stripes of the target.
            unsafe {
                match size {
                    1 => transpose(count, inner.size, from, from_step, to, to_step),
                    2 => transpose(count, inner.size, from as *const u16, from_step, to as *mut u16, to_step),
                    4 => transpose(count, inner.size, from as *const u32, from_step, to as *mut u32, to_step),
                    8 => transpose(count, inner.size, from as *const u64, from_step, to as *mut u64, to_step),
                    _ => transpose(count, inner.size, from as *const [u64; 2], from_step, to as *mut [u64; 2], to_step),
                }
            }
        }
    });
    true
}

/// The iteration space: dimensions of size one dropped, ordered by stride, merged.
fn merged_dims(operands: &[&Tensor], shape: &[usize]) -> SmallVec<[Dim; 5]> {
    let mut dims: SmallVec<[Dim; 5]> = SmallVec::new();
    for (d, &size) in shape.iter().enumerate() {
        if size != 1 {
            let mut strides = [0; 4];
            for (s, x) in strides.iter_mut().zip(operands) {
                *s = byte_stride(x, shape, d);
            }
            dims.push(Dim { size, strides });
        }
    }
    // Stable, so that broadcast (stride 0) dimensions of the output cannot occur: outputs never overlap.
    dims.sort_by_key(|dim| std::cmp::Reverse(dim.strides[0].unsigned_abs()));
    let mut merged: SmallVec<[Dim; 5]> = SmallVec::new();
    for dim in dims {
        match merged.last_mut() {
            Some(last) if (0..4).all(|k| last.strides[k] == dim.strides[k] * dim.size as isize) => {
                *last = Dim { size: last.size * dim.size, strides: dim.strides };
            }
            _ => merged.push(dim),
        }
    }
    merged
}

/// An innermost dimension shorter than this costs more by its calls than by its elements.
const SHORT_RUN: usize = 16;

/// The same positions in another order: the longest dimension innermost, where the innermost one is short.
fn with_long_runs(mut dims: SmallVec<[Dim; 5]>) -> SmallVec<[Dim; 5]> {
    let short = dims.last().is_some_and(|dim| dim.size < SHORT_RUN);
    if let Some(longest) = (0..dims.len()).max_by_key(|&d| dims[d].size).filter(|&d| short && dims[d].size >= SHORT_RUN) {
        let dim = dims.remove(longest);
        dims.push(dim);
    }
    dims
}

/// The elements of a contiguous tensor.
pub fn slice<T: Element>(x: &Tensor) -> Result<&[T]> {
    check_slice::<T>(x)?;
    // SAFETY: contiguous, of this type, inside its storage.
    Ok(unsafe { std::slice::from_raw_parts(pointer(x) as *const T, x.numel()) })
}

/// The elements of a contiguous tensor, to be written. The caller holds the only tensor that reads or writes them now:
/// outputs of kernels are fresh or checked for overlap with the inputs.
#[allow(clippy::mut_from_ref)]
pub fn slice_mut<T: Element>(x: &Tensor) -> Result<&mut [T]> {
    check_slice::<T>(x)?;
    // SAFETY: as in `slice`; exclusive by the contract above.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer(x) as *mut T, x.numel()) })
}

fn check_slice<T: Element>(x: &Tensor) -> Result<()> {
    if x.dtype() != T::DTYPE || !x.is_contiguous() || x.is_meta() {
        bail!(Runtime, "kernel expects a contiguous {} tensor, got {x:?} with strides {:?}", T::DTYPE.name(), x.strides());
    }
    Ok(())
}

/// The first element of a tensor of one element.
pub(crate) fn first<T: Element>(x: &Tensor) -> T {
    debug_assert_eq!(x.dtype(), T::DTYPE);
    // SAFETY: the tensor has an element, of this type, at its offset.
    unsafe { *(pointer(x) as *const T) }
}

/// `out = alpha a b + beta out` for matrices or batches of them (the first of three dimensions); `out` is contiguous.
pub(crate) fn gemm(a: &Tensor, b: &Tensor, out: &Tensor, alpha: crate::Scalar, beta: crate::Scalar) -> Result<()> {
    use rushlight_kernels::gemm;
    let d = a.ndim() - 2;
    let (m, k, n) = (a.shape()[d], a.shape()[d + 1], b.shape()[d + 1]);
    let batch = if d == 1 { a.shape()[0] } else { 1 };
    let step = |x: &Tensor| if d == 1 { x.strides()[0] } else { 0 };
    let (sa, sb, sc) = (a.strides(), b.strides(), out.strides());
    macro_rules! product {
        ($t:ty, $factor:ty) => {{
            let (pa, pb, pc) = (pointer(a) as *const $t, pointer(b) as *const $t, pointer(out) as *mut $t);
            let (alpha, beta) = (alpha.to::<$factor>(), beta.to::<$factor>());
            // SAFETY: shapes were checked by the row's rule, strides are those of valid layouts, and the result is fresh.
            unsafe {
                gemm::gemm_batched::<$t>(
                    batch,
                    m,
                    n,
                    k,
                    alpha,
                    pa,
                    step(a),
                    sa[d],
                    sa[d + 1],
                    pb,
                    step(b),
                    sb[d],
                    sb[d + 1],
                    beta,
                    pc,
                    step(out),
                    sc[d],
                    sc[d + 1],
                )
            }
        }};
    }
    use rushlight_kernels::DType::*;
    use rushlight_kernels::half::{bf16, f16};
    use rushlight_kernels::num_complex::Complex;
    match out.dtype() {
        Bool => bail!(NotImplemented, "matrix products are not implemented for 'Bool'"),
        U8 => product!(u8, u8),
        I8 => product!(i8, i8),
        I16 => product!(i16, i16),
        I32 => product!(i32, i32),
        I64 => product!(i64, i64),
        U16 => product!(u16, u16),
        U32 => product!(u32, u32),
        U64 => product!(u64, u64),
        F16 => product!(f16, f32),
        BF16 => product!(bf16, f32),
        F32 => product!(f32, f32),
        F64 => product!(f64, f64),
        C64 => product!(Complex<f32>, Complex<f32>),
        C128 => product!(Complex<f64>, Complex<f64>),
    }
    Ok(())
}
