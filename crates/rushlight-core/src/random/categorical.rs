//! Draws of indices: permutations, and categories with weights.

use super::fill::{Fill, fill};
use super::{Generator, Source, lock, unsupported};
use crate::tensor::{Device, Tensor};
use crate::{DType, MemoryFormat, Result, bail, iter, ops};
use rushlight_kernels::match_dtype;
use rushlight_kernels::random::{Real, race};

/// `randperm`: fills a one-dimensional `x` with the numbers from zero on in random order, outside the graph.
pub fn permutation(x: &Tensor, source: &Source) -> Result<()> {
    let n = x.numel();
    if matches!(x.dtype(), DType::F16 | DType::BF16) && n > 1 + (1 << if x.dtype() == DType::F16 { 11 } else { 8 }) {
        let most = 1 + (1 << if x.dtype() == DType::F16 { 11 } else { 8 });
        bail!(Runtime, "n cannot be greater than {most} for {} type.", ops::type_name(x.dtype()));
    }
    if x.dtype().is_int() && x.dtype().size() < 8 && n > 1 << (8 * x.dtype().size() - usize::from(x.dtype().is_signed())) {
        bail!(Runtime, "value cannot be converted to type {} without overflow: n is {n}", x.dtype().name());
    }
    if x.is_meta() {
        return Ok(());
    }
    match_dtype!(x.dtype(), T in [U8, I8, I16, I32, I64, F16, BF16, F32, F64] => lock(source).permutation(iter::slice_mut::<T>(x)?), else return Err(unsupported("randperm", x.dtype())));
    Ok(())
}

/// `multinomial`: indices (…, `count`) drawn by the weights in the last dimension of one or several rows.
pub fn multinomial(weights: &Tensor, count: i64, replacement: bool, source: &Source) -> Result<Tensor> {
    check(weights, count, replacement)?;
    let (rows, classes) = weights.shape().split_at(weights.ndim() - 1);
    let (classes, count) = (classes[0], count as usize);
    let shape = [rows, &[count]].concat();
    if weights.is_meta() {
        return Tensor::empty_on(&shape, DType::I64, Device::Meta, MemoryFormat::Contiguous);
    }
    let out = Tensor::empty(&shape, DType::I64)?;
    let weights = weights.detach()?;
    if out.numel() == 0 {
        return Ok(out);
    }
    let drawn = iter::slice_mut::<i64>(&out)?.chunks_mut(count);
    match_dtype!(weights.dtype(), T in [F16, BF16, F32, F64] => {
        let w = weights.contiguous()?;
        let rows = iter::slice::<T>(&w)?.chunks(classes.max(1));
        let g = &mut lock(source);
        if replacement && count > 1 {
            rows.clone().try_for_each(check_row)?;
            drawn.zip(rows).for_each(|(out, row)| g.multinomial_with_replacement(out, row));
        } else {
            rows.clone().try_for_each(check_finite_row)?;
            let q = exponentials(&weights, g)?;
            let q = iter::slice::<T>(&q)?.chunks(classes.max(1));
            drawn.zip(rows.zip(q)).for_each(|(out, (row, q))| race(out, row, q));
        }
        Ok(out)
    }, else Err(unsupported("multinomial", weights.dtype())))
}

fn check(weights: &Tensor, count: i64, replacement: bool) -> Result<()> {
    if !(1..=2).contains(&weights.ndim()) {
        bail!(Runtime, "prob_dist must be 1 or 2 dim");
    }
    if !weights.dtype().is_float() {
        bail!(Runtime, "multinomial only supports floating-point dtypes for input, got: {}", ops::type_name(weights.dtype()));
    }
    if count <= 0 {
        bail!(Runtime, "cannot sample n_sample <= 0 samples");
    }
    let classes = weights.shape()[weights.ndim() - 1];
    if !replacement && count as u64 > classes as u64 {
        bail!(Runtime, "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
    }
    if classes > 1 << 24 {
        bail!(Runtime, "number of categories cannot exceed 2^24");
    }
    Ok(())
}

fn check_row<T: Real>(row: &[T]) -> Result<()> {
    let mut sum = 0.0;
    for w in row.iter().map(|w| w.to_f64()) {
        if w < 0.0 || w.is_nan() {
            bail!(Runtime, "invalid multinomial distribution (encountering probability entry < 0)");
        }
        if w.is_infinite() {
            bail!(Runtime, "invalid multinomial distribution (encountering probability entry = infinity or NaN)");
        }
        sum += w;
    }
    check_sum(sum)
}

fn check_finite_row<T: Real>(row: &[T]) -> Result<()> {
    if row.iter().any(|w| !w.to_f64().is_finite() || w.to_f64() < 0.0) {
        bail!(Runtime, "probability tensor contains either `inf`, `nan` or element < 0");
    }
    check_sum(row.iter().map(|w| w.to_f64()).sum())
}

fn check_sum(sum: f64) -> Result<()> {
    if sum > 0.0 {
        return Ok(());
    }
    bail!(Runtime, "invalid multinomial distribution (sum of probabilities <= 0)")
}

/// One exponential number per weight, drawn in the weights' order in memory; row-major.
fn exponentials(weights: &Tensor, g: &mut Generator) -> Result<Tensor> {
    let q = Tensor::empty_layout(ops::copy::copy_layout(weights, MemoryFormat::Preserve)?, weights.dtype(), weights.device())?;
    fill(&q, &Fill::Exponential { lambda: 1.0 }, g)?;
    q.contiguous()
}
