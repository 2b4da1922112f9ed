//! Padding. Amounts come in pairs (before, after) from the last dimension on; negative ones cut.

use crate::layout::{Dims, checked_numel};
use crate::ops::backward::Back;
use crate::ops::index::{plain, raw, raw_mut};
use crate::ops::nn::{read, three, working_type, write};
use crate::ops::{Arg, Call, Meta, Metas, Op, Rule, call1, copy};
use crate::tensor::Tensor;
use crate::{Result, Scalar, bail, err, grads, iter, rows};
use rushlight_kernels::{index as kernel, match_bits, match_dtype};
use smallvec::{SmallVec, smallvec};

rows! {
    CONSTANT_PAD = Op::new("constant_pad(Tensor self, int[] pad, Scalar value=0) -> Tensor", Rule::Kernel { infer: infer_constant, run: run_constant }).vjp(0, 0, |b| { let amounts: SmallVec<[i64; 4]> = b.call().ints(0)?.iter().map(|n| -n).collect(); grads![b; call1(&CONSTANT_PAD, &[b.g()?], &[Arg::Ints(amounts), Arg::from(0i64)])?] }).internal().doc("One value around a tensor");
    CONSTANT_PAD_ND = Op::new("constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor", Rule::Composite(|c| Ok(smallvec![call1(&CONSTANT_PAD, &[c.input(0)?], c.args)?]))).only_function().doc("One value around a tensor");
    REFLECTION_PAD = Op::new("reflection_pad(Tensor self, int[] pad) -> Tensor", Rule::Kernel { infer: infer_reflection, run: |c, o| run_border(c, &o[0], reflected) }).vjp(0, 0, |b| grads![b; border_gradient(b, true)?]).autocast(crate::ops::Autocast::Raise).internal().doc("The tensor mirrored at its borders, the last 1 to 3 dimensions");
    REPLICATION_PAD = Op::new("replication_pad(Tensor self, int[] pad) -> Tensor", Rule::Kernel { infer: infer_border, run: |c, o| run_border(c, &o[0], repeated) }).vjp(0, 0, |b| grads![b; border_gradient(b, false)?]).autocast(crate::ops::Autocast::Raise).internal().doc("The borders repeated, the last 1 to 3 dimensions");
    BORDER_BACKWARD = Op::new("_border_pad_backward(Tensor grad, int[] input_size, int[] pad, bool reflect) -> Tensor", Rule::Kernel { infer: |c| Ok(smallvec![Meta::new(&input_size(c)?, c.input(0)?.dtype())]), run: run_border_backward }).vjp(0, 0, |b| {
        let row = if b.call().flag(2) { &REFLECTION_PAD } else { &REPLICATION_PAD };
        grads![b; call1(row, &[b.g()?], &[b.args[1].clone()])?]
    }).doc("Gradient of reflection_pad or replication_pad");
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

/// The source of a position beyond a border, mirrored.
fn reflected(at: i64, size: i64) -> i64 {
    if at < 0 { -at } else { at.min(2 * (size - 1) - at) }
}

/// The source of a position beyond a border: the kernel keeps it inside.
fn repeated(at: i64, _size: i64) -> i64 {
    at
}

/// The planes of a tensor and the amounts around them.
fn border(shape: &[usize], pad: &[i64], source: impl Fn(i64, i64) -> i64) -> kernel::Border {
    let lead = shape.len() - pad.len() / 2;
    let (mut before, mut after) = ([0; 3], [0; 3]);
    for (i, pair) in pad.chunks_exact(2).enumerate() {
        (before[2 - i], after[2 - i]) = (pair[0], pair[1]);
    }
    kernel::Border::new(shape[..lead].iter().product(), three(&shape[lead..], 1), before, after, source)
}

fn run_border(c: &Call, out: &Tensor, source: impl Fn(i64, i64) -> i64) -> Result<()> {
    let x = plain(c.input(0)?)?;
    let border = border(x.shape(), &c.ints(0)?, source);
    match_bits!(x.dtype(), B => { kernel::pad_border(&border, raw::<B>(&x)?, raw_mut::<B>(out)?); Ok(()) })
}

fn input_size(c: &Call) -> Result<Dims> {
    Ok(c.ints(0)?.iter().map(|&n| n.max(0) as usize).collect())
}

fn border_gradient(b: &Back, reflect: bool) -> Result<Tensor> {
    let size: SmallVec<[i64; 5]> = b.shape(0).iter().map(|&n| n as i64).collect();
    call1(&BORDER_BACKWARD, &[b.g()?], &[Arg::ints(&size), b.args[0].clone(), Arg::from(reflect)])
}

fn run_border_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let source = if c.flag(2) { reflected } else { repeated };
    let border = border(outs[0].shape(), &c.ints(1)?, source);
    let dtype = if outs[0].dtype().is_complex() { outs[0].dtype() } else { working_type(c, outs[0].dtype())? };
    let g = read(c.input(0)?, dtype)?;
    match_dtype!(dtype, T in [F32, F64, C64, C128] => write(&outs[0], dtype, |x| {
        kernel::pad_border_backward(&border, iter::slice::<T>(&g)?, iter::slice_mut::<T>(x)?);
        Ok(())
    }), else Err(c.unsupported(dtype)))
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

fn infer_reflection(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    check_sizes(c)?;
    if let Some((d, before, after)) = amounts(c)?.into_iter().find(|&(d, a, b)| a.max(b) >= x.shape()[d] as i64) {
        bail!(
            Runtime,
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding ({before}, {after}) at dimension {d} of input {:?}",
            x.shape()
        );
    }
    infer_constant(c)
}

fn infer_border(c: &Call) -> Result<Metas> {
    check_sizes(c)?;
    infer_constant(c)
}
