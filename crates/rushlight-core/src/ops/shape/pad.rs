//! Padding. Amounts come in pairs (before, after) from the last dimension on; negative ones cut.

use crate::layout::{Dims, checked_numel};
use crate::ops::index::{plain, raw, raw_mut};
use crate::ops::{Arg, Call, Meta, Metas, Op, Outputs, Rule, call1, copy};
use crate::tensor::Tensor;
use crate::{Result, Scalar, bail, err, grads, rows};
use rushlight_kernels::{index as kernel, match_bits};
use smallvec::{SmallVec, smallvec};

rows! {
    CONSTANT_PAD = Op::new("constant_pad(Tensor self, int[] pad, Scalar value=0) -> Tensor", Rule::Kernel { infer: infer_constant, run: run_constant }).vjp(0, 0, |b| { let amounts: SmallVec<[i64; 4]> = b.call().ints(0)?.iter().map(|n| -n).collect(); grads![b; call1(&CONSTANT_PAD, &[b.g()?], &[Arg::Ints(amounts), Arg::from(0i64)])?] }).doc("One value around a tensor");
    CONSTANT_PAD_ND = Op::new("constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor", Rule::Composite(|c| Ok(smallvec![call1(&CONSTANT_PAD, &[c.input(0)?], c.args)?]))).doc("One value around a tensor");
    REFLECTION_PAD = Op::new("reflection_pad(Tensor self, int[] pad) -> Tensor", Rule::Composite(reflect)).doc("The tensor mirrored at its borders, the last 1 to 3 dimensions");
    REPLICATION_PAD = Op::new("replication_pad(Tensor self, int[] pad) -> Tensor", Rule::Composite(replicate)).doc("The borders repeated, the last 1 to 3 dimensions");
}

/// (dimension, before, after) for each pair.
fn amounts(c: &Call) -> Result<SmallVec<[(usize, i64, i64); 3]>> {
    let (x, pad) = (c.input(0)?, c.ints(0)?);
    if pad.len() % 2 != 0 {
        bail!(Runtime, "Length of pad must be even but instead it equals {}", pad.len());
    }
    if pad.len() / 2 > x.ndim() {
        bail!(
            Runtime,
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length is {} while the input has {} dimensions.",
            pad.len(),
            x.ndim()
        );
    }
    Ok(pad.chunks_exact(2).enumerate().map(|(i, p)| (x.ndim() - 1 - i, p[0], p[1])).collect())
}

/// A size with its amounts added.
fn grown(size: usize, before: i64, after: i64) -> Option<usize> {
    (size as i64).checked_add(before)?.checked_add(after).and_then(|n| usize::try_from(n).ok())
}

fn infer_constant(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    let mut shape = Dims::from_slice(x.shape());
    for (d, before, after) in amounts(c)? {
        shape[d] = grown(x.shape()[d], before, after).ok_or_else(|| {
            err!(Runtime, "The input size {}, plus negative padding {before} and {after} resulted in a negative output size, which is invalid. Check dimension {d} of your input.", x.shape()[d])
        })?;
    }
    checked_numel(&shape)?;
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn run_constant(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, out) = (plain(c.input(0)?)?, &outs[0]);
    let number = c.optional_scalar(1).unwrap_or(Scalar::Int(0));
    number.check_fits(x.dtype())?;
    let value = Tensor::full(&[1], number, x.dtype(), x.device())?;
    if x.ndim() == 0 {
        return copy::copy_into(out, &x);
    }
    let mut before: SmallVec<[i64; 5]> = smallvec![0; x.ndim()];
    for (d, first, _) in amounts(c)? {
        before[d] = first;
    }
    match_bits!(x.dtype(), B => { kernel::pad(raw::<B>(&x)?, x.shape(), &before, raw::<B>(&value)?[0], out.shape(), raw_mut::<B>(out)?); Ok(()) })
}

/// Pads one dimension after the other by selecting positions.
fn select_positions(c: &Call, position: impl Fn(i64, i64) -> i64) -> Result<Outputs> {
    let mut x = c.input(0)?.clone();
    for (d, before, after) in amounts(c)? {
        if (before, after) == (0, 0) {
            continue;
        }
        let size = x.shape()[d] as i64;
        let at: Vec<i64> = (-before..size + after).map(|i| position(i, size)).collect();
        let index = Tensor::of(&at, &[at.len()])?;
        let index = if x.is_meta() { Tensor::empty_on(index.shape(), index.dtype(), x.device(), crate::MemoryFormat::Contiguous)? } else { index };
        x = x.index_select(d as i64, &index)?;
    }
    Ok(smallvec![if x.is(c.input(0)?) { x.copied()? } else { x }])
}

fn check_sizes(c: &Call) -> Result<()> {
    let x = c.input(0)?;
    let pairs = amounts(c)?;
    let batch = x.ndim() - pairs.len();
    if pairs.is_empty() || pairs.len() > 3 || !(1..=2).contains(&batch) || x.shape()[x.ndim() - pairs.len() - (x.ndim() > pairs.len()) as usize..].contains(&0)
    {
        bail!(
            Runtime,
            "Expected {}D or {}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: {:?}",
            pairs.len() + 1,
            pairs.len() + 2,
            x.shape()
        );
    }
    match pairs.iter().find(|(d, before, after)| grown(x.shape()[*d], *before, *after).is_none_or(|n| n == 0)) {
        Some((d, before, after)) => {
            bail!(Runtime, "input (size {} at dimension {d}) is too small. Calculated output size: {}", x.shape()[*d], x.shape()[*d] as i64 + before + after)
        }
        None => Ok(()),
    }
}

fn reflect(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    check_sizes(c)?;
    if let Some((d, before, after)) = amounts(c)?.into_iter().find(|&(d, a, b)| a.max(b) >= x.shape()[d] as i64) {
        bail!(
            Runtime,
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding ({before}, {after}) at dimension {d} of input {:?}",
            x.shape()
        );
    }
    select_positions(c, |i, size| {
        if i < 0 {
            -i
        } else if i >= size {
            2 * (size - 1) - i
        } else {
            i
        }
    })
}

fn replicate(c: &Call) -> Result<Outputs> {
    check_sizes(c)?;
    select_positions(c, |i, size| i.clamp(0, size - 1))
}
