//! Resizing of the spatial dimensions: nearest, linear, cubic, antialiased. Linear maps; [`BACKWARD`] is their transpose.

use super::{like, match_float, read, sizes, unsigned, write};
use crate::ops::backward::Back;
use crate::ops::{Arg, Args, Call, Metas, Op, Rule, call1, find};
use crate::tensor::Tensor;
use crate::{DType, Dims, Result, bail, grads, iter, rows};
use rushlight_kernels::vision::{Axis, Method, resample, resample_bytes};
use smallvec::{SmallVec, smallvec};

const fn row(schema: &'static str) -> Op {
    Op::new(schema, Rule::Kernel { infer, run }).vjp(0, 0, gradient).doc("The input (N, C, ...) resized")
}

rows! {
    NEAREST1D = row("upsample_nearest1d(Tensor input, int[1] output_size, float? scales=None) -> Tensor").internal();
    NEAREST2D = row("upsample_nearest2d(Tensor input, int[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor").internal();
    NEAREST3D = row("upsample_nearest3d(Tensor input, int[3] output_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor").internal();
    NEAREST_EXACT1D = row("_upsample_nearest_exact1d(Tensor input, int[1] output_size, float? scales=None) -> Tensor");
    NEAREST_EXACT2D = row("_upsample_nearest_exact2d(Tensor input, int[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor");
    NEAREST_EXACT3D = row("_upsample_nearest_exact3d(Tensor input, int[3] output_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor");
    LINEAR1D = row("upsample_linear1d(Tensor input, int[1] output_size, bool align_corners, float? scales=None) -> Tensor").internal();
    BILINEAR2D = row("upsample_bilinear2d(Tensor input, int[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor").internal();
    TRILINEAR3D = row("upsample_trilinear3d(Tensor input, int[3] output_size, bool align_corners, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor").internal();
    BICUBIC2D = row("upsample_bicubic2d(Tensor input, int[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor").internal();
    BILINEAR2D_AA = row("_upsample_bilinear2d_aa(Tensor input, int[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor");
    BICUBIC2D_AA = row("_upsample_bicubic2d_aa(Tensor input, int[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor");
    BACKWARD = Op::new("_upsample_backward(Tensor grad, str name, int[] input_size, int[] output_size, Scalar? a=None, Scalar? b=None, Scalar? c=None, Scalar? d=None) -> Tensor", Rule::Kernel { infer: infer_backward, run: run_backward }).vjp(0, 0, |b| grads![b; call1(find(b.call().text(0))?, &[b.g()?], &original(b)?)?]).doc("Transpose of a resizing");
}

/// What the name of a row says: how it reads, and whether it takes `align_corners`.
fn method(name: &str) -> (Method, bool) {
    let aliased = !name.ends_with("_aa");
    match name {
        n if n.contains("nearest_exact") => (Method::NearestExact, false),
        n if n.contains("nearest") => (Method::Nearest, false),
        n if n.contains("cubic") => (if aliased { Method::Cubic } else { Method::CubicAntialiased }, true),
        _ => (if aliased { Method::Linear } else { Method::LinearAntialiased }, true),
    }
}

/// The arguments of a row, without those its transpose adds.
fn original(b: &Back) -> Result<Args> {
    let takes = 1 + b.call().ints(2)?.len() + usize::from(method(b.call().text(0)).1);
    Ok(b.args[2..].iter().take(takes).cloned().collect())
}

/// The resizing of each spatial dimension, from `output_size` in argument `first` on.
fn axes(c: &Call, name: &str, first: usize, input: &[usize], dtype: DType) -> Result<Vec<Axis>> {
    let (method, has_aligned) = method(name);
    let output = unsigned(&c.ints(first)?);
    let scale = |d: usize| c.optional_scalar(first + 1 + usize::from(has_aligned) + d).map(|s| s.to_f64());
    let aligned = has_aligned && c.flag(first + 1);
    Ok((0..output.len()).map(|d| Axis::new(method, input[d], output[d], aligned, scale(d), dtype != DType::F64)).collect())
}

fn infer(c: &Call) -> Result<Metas> {
    let (x, output) = (c.input(0)?, c.ints(0)?);
    let spatial = match c.op.name().as_bytes() {
        [.., n @ b'1'..=b'3', b'd'] => usize::from(n - b'0'),
        _ => 2,
    };
    if output.len() != spatial {
        bail!(Runtime, "{}: It is expected output_size equals to {spatial}, but got size {}", c.op.name(), output.len());
    }
    if x.ndim() != spatial + 2 || x.shape()[1..].contains(&0) {
        bail!(Runtime, "{}: Non-empty {}D data tensor expected but got a tensor with sizes {:?}", c.op.name(), spatial + 2, x.shape());
    }
    if output.iter().any(|&n| n <= 0) {
        bail!(
            Runtime,
            "{}: Input and output sizes should be greater than 0, but got input {:?} and output {:?}",
            c.op.name(),
            &x.shape()[2..],
            output.as_slice()
        );
    }
    working(c, x.dtype())?;
    let mut shape = Dims::from_slice(&x.shape()[..2]);
    shape.extend(unsigned(&output));
    Ok(smallvec![like(x, &shape, x.dtype())])
}

/// Bytes are computed in float32 and rounded, but for images with weights in whole numbers.
fn working(c: &Call, dtype: DType) -> Result<DType> {
    if dtype == DType::U8 { Ok(DType::F32) } else { super::working_type(c, dtype) }
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, out) = (c.input(0)?, &outs[0]);
    let smooth = !matches!(method(c.op.name()).0, Method::Nearest | Method::NearestExact);
    if out.dtype() == DType::U8 && x.ndim() == 4 && smooth {
        return apply_to_bytes(x, &axes(c, c.op.name(), 0, &x.shape()[2..], DType::F64)?, out);
    }
    let dtype = working(c, out.dtype())?;
    let axes = axes(c, c.op.name(), 0, &x.shape()[2..], dtype)?;
    apply(c, x, axes, out, dtype)
}

/// Resizes bytes along each dimension that changes, the last one first.
fn apply_to_bytes(x: &Tensor, axes: &[Axis], out: &Tensor) -> Result<()> {
    let mut current = read(x, DType::U8)?;
    for (d, axis) in axes.iter().enumerate().rev().filter(|(_, axis)| !axis.is_identity()) {
        let mut shape = Dims::from_slice(current.shape());
        shape[d + 2] = axis.output();
        let next = Tensor::empty(&shape, DType::U8)?;
        let (outer, inner) = (shape[..d + 2].iter().product(), shape[d + 3..].iter().product());
        resample_bytes(axis, outer, inner, iter::slice::<u8>(&current)?, iter::slice_mut::<u8>(&next)?);
        current = next;
    }
    crate::ops::copy::copy_into(out, &current)
}

/// Resizes along each dimension that changes, first where it makes the tensor smallest.
fn apply(c: &Call, x: &Tensor, axes: Vec<Axis>, out: &Tensor, dtype: DType) -> Result<()> {
    let mut order: SmallVec<[usize; 3]> = (0..axes.len()).filter(|&d| !axes[d].is_identity()).collect();
    let growth = |d: usize| axes[d].output() as f64 / axes[d].input() as f64;
    order.sort_by(|&a, &b| growth(a).total_cmp(&growth(b)).then(b.cmp(&a)));
    let mut current = read(x, dtype)?;
    for d in order {
        let mut shape = Dims::from_slice(current.shape());
        shape[d + 2] = axes[d].output();
        let next = Tensor::empty(&shape, dtype)?;
        let (outer, inner) = (shape[..d + 2].iter().product(), shape[d + 3..].iter().product());
        match_float!(c, dtype, T => {
            resample(&axes[d], outer, inner, iter::slice::<T>(&current)?, iter::slice_mut::<T>(&next)?);
            Ok(())
        })?;
        current = next;
    }
    if out.dtype() == DType::U8 {
        current = Tensor::of(&iter::slice::<f32>(&current)?.iter().map(|v| v.round().clamp(0.0, 255.0)).collect::<Vec<_>>(), out.shape())?;
    }
    write(out, dtype, |out| crate::ops::copy::copy_into(out, &current))
}

fn gradient(b: &Back) -> Result<crate::autograd::node::Grads> {
    let mut args: Args = smallvec![Arg::from(b.call().op.name()), Arg::ints(&sizes(b.shape(0)))];
    args.extend(b.args.iter().cloned());
    grads![b; call1(&BACKWARD, &[b.g()?], &args)?]
}

fn infer_backward(c: &Call) -> Result<Metas> {
    let g = c.input(0)?;
    super::working_type(c, g.dtype())?;
    Ok(smallvec![like(g, &unsigned(&c.ints(1)?), g.dtype())])
}

fn run_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (g, out) = (c.input(0)?, &outs[0]);
    let dtype = super::working_type(c, g.dtype())?;
    let axes = axes(c, c.text(0), 2, &out.shape()[2..], dtype)?;
    apply(c, g, axes.iter().map(Axis::transposed).collect(), out, dtype)
}
