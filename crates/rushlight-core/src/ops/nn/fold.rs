//! Patches as columns (`unfold`) and columns added back to images (`fold`): each the other's derivative.

use super::{per_dim, read, sizes, unsigned, working_type, write};
use crate::ops::backward::Back;
use crate::ops::index::{raw, raw_mut};
use crate::ops::{Arg, Args, Call, Meta, Metas, Op, Rule, call1};
use crate::tensor::Tensor;
use crate::{DType, Dims, Result, bail, grads, iter, rows};
use rushlight_kernels::index::Sum;
use rushlight_kernels::vision::{Unfold, col2im, im2col};
use rushlight_kernels::{match_bits, match_dtype};
use smallvec::smallvec;

rows! {
    IM2COL = Op::new("im2col(Tensor input, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor", Rule::Kernel { infer: infer_columns, run: run_columns }).vjp(0, 0, columns_gradient).internal().doc("Patches (N, C KH KW, L) of images (N, C, H, W)");
    COL2IM = Op::new("col2im(Tensor input, int[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor", Rule::Kernel { infer: infer_image, run: run_image }).vjp(0, 0, |b| grads![b; call1(&IM2COL, &[b.g()?], &b.args[1..])?]).internal().doc("Images (N, C, H, W) from the sums of patches (N, C KH KW, L)");
}

/// The type sums are computed in: float32 for the half types. Integers are refused.
fn sum_type(c: &Call, dtype: DType) -> Result<DType> {
    if dtype == DType::Bool || dtype.is_complex() { Ok(dtype) } else { working_type(c, dtype) }
}

/// The patches of `planes` planes of size `image`, with the arguments from `first` on.
fn patches(c: &Call, first: usize, planes: usize, image: [usize; 2]) -> Result<Unfold> {
    let pair = |i: usize, name: &str, least: i64| -> Result<[usize; 2]> {
        let values = per_dim(c, first + i, name, 2)?;
        if values.iter().any(|&v| v < least) {
            bail!(Runtime, "{}: {name} should be {} than zero, but got {:?}", c.op.name(), if least > 0 { "greater" } else { "not less" }, values.as_slice());
        }
        let values = unsigned(&values);
        Ok([values[0], values[1]])
    };
    let (kernel, dilation) = (pair(0, "kernel_size", 1)?, pair(1, "dilation", 1)?);
    let (padding, stride) = (pair(2, "padding", 0)?, pair(3, "stride", 1)?);
    let count = |d: usize| (image[d] + 2 * padding[d]).checked_sub(dilation[d] * (kernel[d] - 1) + 1).map(|room| room / stride[d] + 1);
    let (Some(down), Some(across)) = (count(0), count(1)) else {
        bail!(
            Runtime,
            "{}: Given spatial size {image:?}, kernel_size={kernel:?}, dilation={dilation:?}, padding={padding:?}, stride={stride:?}: the sliding blocks do not fit, their number must be at least one",
            c.op.name()
        );
    };
    Ok(Unfold { planes, image, kernel, dilation, padding, stride, grid: [down, across] })
}

fn images(c: &Call) -> Result<Unfold> {
    let x = c.input(0)?;
    let shape = x.shape();
    let n = shape.len();
    if !(3..=4).contains(&n) || shape[n - 3..].contains(&0) {
        bail!(Runtime, "im2col: Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: {shape:?}");
    }
    patches(c, 0, shape[..n - 2].iter().product(), [shape[n - 2], shape[n - 1]])
}

fn infer_columns(c: &Call) -> Result<Metas> {
    let (x, u) = (c.input(0)?, images(c)?);
    sum_type(c, x.dtype())?;
    let mut shape = Dims::from_slice(&x.shape()[..x.ndim() - 2]);
    if let Some(channels) = shape.last_mut() {
        *channels *= u.kernel[0] * u.kernel[1];
    }
    shape.push(u.grid[0] * u.grid[1]);
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn run_columns(c: &Call, outs: &[Tensor]) -> Result<()> {
    let u = images(c)?;
    let dtype = outs[0].dtype();
    let x = read(c.input(0)?, dtype)?;
    match_bits!(dtype, B => write(&outs[0], dtype, |y| {
        im2col(&u, raw::<B>(&x)?, raw_mut::<B>(y)?);
        Ok(())
    }))
}

fn columns_gradient(b: &Back) -> Result<crate::autograd::node::Grads> {
    let shape = b.shape(0);
    let mut args: Args = smallvec![Arg::ints(&sizes(&shape[shape.len() - 2..]))];
    args.extend(b.args.iter().cloned());
    grads![b; call1(&COL2IM, &[b.g()?], &args)?]
}

fn columns(c: &Call) -> Result<Unfold> {
    let x = c.input(0)?;
    let (shape, n) = (x.shape(), x.ndim());
    let output = unsigned(&per_dim(c, 0, "output_size", 2)?);
    if !(2..=3).contains(&n) || shape[n - 2..].contains(&0) {
        bail!(
            Runtime,
            "col2im: Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: {shape:?}"
        );
    }
    let mut u = patches(c, 1, 0, [output[0], output[1]])?;
    let (taps, blocks) = (u.kernel[0] * u.kernel[1], u.grid[0] * u.grid[1]);
    if shape[n - 2] % taps != 0 {
        bail!(
            Runtime,
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)={} and kernel_size=({}, {}).",
            shape[n - 2],
            u.kernel[0],
            u.kernel[1]
        );
    }
    if shape[n - 1] != blocks {
        bail!(
            Runtime,
            "Given output_size={:?}, kernel_size={:?}, dilation={:?}, padding={:?}, stride={:?}, expected size of input's dimension 2 to match the calculated number of sliding blocks {} * {} = {blocks}, but got input.size(2)={}.",
            output.as_slice(),
            u.kernel,
            u.dilation,
            u.padding,
            u.stride,
            u.grid[0],
            u.grid[1],
            shape[n - 1]
        );
    }
    u.planes = shape[..n - 1].iter().product::<usize>() / taps;
    Ok(u)
}

fn infer_image(c: &Call) -> Result<Metas> {
    let (x, u) = (c.input(0)?, columns(c)?);
    sum_type(c, x.dtype())?;
    let mut shape = Dims::from_slice(&x.shape()[..x.ndim() - 1]);
    if let Some(channels) = shape.last_mut() {
        *channels /= u.kernel[0] * u.kernel[1];
    }
    shape.extend(u.image);
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn run_image(c: &Call, outs: &[Tensor]) -> Result<()> {
    let u = columns(c)?;
    let dtype = sum_type(c, outs[0].dtype())?;
    let x = read(c.input(0)?, dtype)?;
    match_dtype!(dtype, T in [Bool, F32, F64, C64, C128] => write(&outs[0], dtype, |y| {
        col2im(Sum::<T>::default(), &u, iter::slice::<T>(&x)?, iter::slice_mut::<T>(y)?);
        Ok(())
    }), else Err(c.unsupported(dtype)))
}
