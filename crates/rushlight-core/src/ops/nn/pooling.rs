//! Pooling over sliding and adaptive windows of one to three spatial dimensions.
//!
//! Every derivative is linear and itself a row: averages have their transposes, maxima [`SCATTER`] and [`GATHER`] by the
//! positions they came from.

use super::{like, match_float, per_dim, read, sizes, three, unsigned, working_type, write};
use crate::ops::backward::Back;
use crate::ops::{Arg, Args, Call, Metas, Op, Rule, call1};
use crate::tensor::Tensor;
use crate::{DType, Dims, Result, bail, grads, iter, rows};
use rushlight_kernels::match_dtype;
use rushlight_kernels::pooling::{self, Divisor, Pooling};
use smallvec::smallvec;

const fn max_row<const N: usize>(schema: &'static str) -> Op {
    Op::new(schema, Rule::Kernel { infer: infer_max::<N>, run: run_max::<N> })
        .vjp(0, 2, scatter_gradient::<N>)
        .integral(2)
        .doc("Largest element of each window, and its position in the flattened plane")
}

const fn adaptive_max_row<const N: usize>(schema: &'static str) -> Op {
    Op::new(schema, Rule::Kernel { infer: infer_adaptive_max::<N>, run: run_adaptive_max::<N> })
        .vjp(0, 2, scatter_gradient::<N>)
        .integral(2)
        .doc("Largest elements of windows that cover the input, and their positions in the flattened plane")
}

const fn average_row<const N: usize>(schema: &'static str) -> Op {
    Op::new(schema, Rule::Kernel { infer: infer_average::<N>, run: run_average::<N> }).vjp(0, 0, average_gradient::<N>).doc("Mean of each window")
}

const fn adaptive_average_row<const N: usize>(schema: &'static str) -> Op {
    Op::new(schema, Rule::Kernel { infer: infer_adaptive::<N>, run: run_adaptive::<N> })
        .vjp(0, 0, adaptive_gradient::<N>)
        .doc("Means of windows that cover the input")
}

rows! {
    MAX1D = max_row::<1>("max_pool1d_with_indices(Tensor input, int[1] kernel_size, int[1] stride=[], int[1] padding=0, int[1] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)");
    MAX2D = max_row::<2>("max_pool2d_with_indices(Tensor input, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)").internal();
    MAX3D = max_row::<3>("max_pool3d_with_indices(Tensor input, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)").internal();
    AVG1D = average_row::<1>("avg_pool1d(Tensor input, int[1] kernel_size, int[1] stride=[], int[1] padding=0, bool ceil_mode=False, bool count_include_pad=True) -> Tensor");
    AVG2D = average_row::<2>("avg_pool2d(Tensor input, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor").internal();
    AVG3D = average_row::<3>("avg_pool3d(Tensor input, int[3] kernel_size, int[3] stride=[], int[3] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor").autocast(crate::ops::Autocast::Raise).internal();
    ADAPTIVE_AVG1D = adaptive_average_row::<1>("adaptive_avg_pool1d(Tensor input, int[1] output_size) -> Tensor");
    ADAPTIVE_AVG2D = adaptive_average_row::<2>("adaptive_avg_pool2d(Tensor input, int[2] output_size) -> Tensor").internal();
    ADAPTIVE_AVG3D = adaptive_average_row::<3>("adaptive_avg_pool3d(Tensor input, int[3] output_size) -> Tensor").autocast(crate::ops::Autocast::Raise).internal();
    ADAPTIVE_MAX1D = adaptive_max_row::<1>("adaptive_max_pool1d(Tensor input, int[1] output_size) -> (Tensor, Tensor)");
    ADAPTIVE_MAX2D = adaptive_max_row::<2>("adaptive_max_pool2d(Tensor input, int[2] output_size) -> (Tensor, Tensor)").internal();
    ADAPTIVE_MAX3D = adaptive_max_row::<3>("adaptive_max_pool3d(Tensor input, int[3] output_size) -> (Tensor, Tensor)").autocast(crate::ops::Autocast::Raise).internal();
    SCATTER = Op::new("_pool_scatter(Tensor grad, Tensor indices, int[] input_size, int spatial) -> Tensor", Rule::Kernel { infer: infer_sized, run: run_scatter }).vjp(2, 0, |b| grads![b; call1(&GATHER, &[b.g()?, b.x(1)?], &[b.args[1].clone()])?]).doc("Adds each number to the position of its plane that its index names");
    GATHER = Op::new("_pool_gather(Tensor input, Tensor indices, int spatial) -> Tensor", Rule::Kernel { infer: infer_gather, run: run_gather }).vjp(2, 0, |b| grads![b; call1(&SCATTER, &[b.g()?, b.x(1)?], &[Arg::ints(&sizes(b.shape(0))), b.args[0].clone()])?]).doc("The numbers of each plane at the positions its indices name");
    AVG_BACKWARD = Op::new("_avg_pool_backward(Tensor grad, int[] input_size, int spatial, int[] kernel_size, int[] stride, int[] padding, bool ceil_mode, bool count_include_pad, int? divisor_override) -> Tensor", Rule::Kernel { infer: infer_sized, run: run_average_backward }).vjp(0, 0, |b| grads![b; call1(by_dims(b, [&AVG1D, &AVG2D, &AVG3D])?, &[b.g()?], &b.args[2..])?]).doc("Spreads each number evenly over its window");
    ADAPTIVE_AVG_BACKWARD = Op::new("_adaptive_avg_pool_backward(Tensor grad, int[] input_size, int spatial) -> Tensor", Rule::Kernel { infer: infer_sized, run: run_adaptive_backward }).vjp(0, 0, |b| grads![b; call1(by_dims(b, [&ADAPTIVE_AVG1D, &ADAPTIVE_AVG2D, &ADAPTIVE_AVG3D])?, &[b.g()?], &[output_size(b)?])?]).doc("Spreads each number evenly over its adaptive window");
}

/// The row for the number of spatial dimensions a backward row was given.
fn by_dims(b: &Back, rows: [&'static Op; 3]) -> Result<&'static Op> {
    Ok(rows[(b.call().int(1)?.clamp(1, 3) - 1) as usize])
}

fn output_size(b: &Back) -> Result<Arg> {
    let shape = b.shape(0);
    Ok(Arg::ints(&sizes(&shape[shape.len() - b.call().int(1)? as usize..])))
}

/// Sliding windows: their sizes in `N` dimensions.
struct Sliding<const N: usize> {
    kernel: [usize; N],
    stride: [usize; N],
    padding: [usize; N],
    dilation: [usize; N],
    ceil: bool,
}

fn list<const N: usize>(c: &Call, i: usize, name: &str) -> Result<[i64; N]> {
    let values = per_dim(c, i, name, N)?;
    Ok(std::array::from_fn(|d| values[d]))
}

impl<const N: usize> Sliding<N> {
    /// Reads kernel, stride and padding from argument `first` on, and the dilation where the row has one.
    fn of(c: &Call, first: usize, dilated: bool) -> Result<Self> {
        let (name, kernel) = (c.op.name(), list::<N>(c, first, "kernel_size")?);
        let stride = if c.optional_ints(first + 1).is_none_or(|s| s.is_empty()) { kernel } else { list::<N>(c, first + 1, "stride")? };
        let padding = list::<N>(c, first + 2, "padding")?;
        let dilation = if dilated { list::<N>(c, first + 3, "dilation")? } else { [1; N] };
        if kernel.iter().any(|&k| k <= 0) {
            bail!(Runtime, "{name}(): kernel size should be greater than zero, but got {kernel:?}");
        }
        if stride.iter().any(|&s| s <= 0) {
            bail!(Runtime, "{name}(): stride should be greater than zero, but got {stride:?}");
        }
        if dilation.iter().any(|&d| d <= 0) {
            bail!(Runtime, "{name}(): dilation should be greater than zero, but got {dilation:?}");
        }
        for d in 0..N {
            let Some(reach) = (kernel[d] - 1).checked_mul(dilation[d]).and_then(|r| r.checked_add(1)) else {
                bail!(Runtime, "{name}(): effective kernel size overflows, but got kernel_size={} and dilation={}", kernel[d], dilation[d]);
            };
            if padding[d] < 0 {
                bail!(Runtime, "{name}(): pad must be non-negative, but got pad: {}", padding[d]);
            }
            if padding[d] > reach / 2 {
                bail!(
                    Runtime,
                    "{name}(): pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and dilation={}",
                    padding[d],
                    kernel[d],
                    dilation[d]
                );
            }
        }
        let unsigned = |v: [i64; N]| v.map(|n| n as usize);
        Ok(Sliding {
            kernel: unsigned(kernel),
            stride: unsigned(stride),
            padding: unsigned(padding),
            dilation: unsigned(dilation),
            ceil: c.flag(first + if dilated { 4 } else { 3 }),
        })
    }

    /// The size of dimension `d` of the result, `None` where no window fits.
    fn pooled(&self, n: usize, d: usize) -> Option<usize> {
        let (s, p) = (self.stride[d], self.padding[d]);
        let reach = self.dilation[d] * (self.kernel[d] - 1) + 1;
        let room = (n + 2 * p + if self.ceil { s - 1 } else { 0 }).checked_sub(reach)?;
        let count = room / s + 1;
        // With the size rounded up, the last window must start inside the input or the padding before it.
        let count = if self.ceil && (count - 1) * s >= n + p { count - 1 } else { count };
        (count > 0).then_some(count)
    }

    fn output(&self, c: &Call, x: &Tensor) -> Result<Dims> {
        check_planes::<N>(c, x)?;
        let lead = x.ndim() - N;
        let mut shape = Dims::from_slice(x.shape());
        for d in 0..N {
            shape[lead + d] = self.pooled(x.shape()[lead + d], d).unwrap_or(0);
        }
        if shape[lead..].contains(&0) {
            let listed = |shape: &[usize]| shape[lead.saturating_sub(1)..].iter().map(usize::to_string).collect::<Vec<_>>().join("x");
            bail!(
                Runtime,
                "{}(): Given input size: ({}). Calculated output size: ({}). Output size is too small: use a smaller kernel than {:?}, or more padding than {:?}",
                c.op.name(),
                listed(x.shape()),
                listed(&shape),
                self.kernel,
                self.padding
            );
        }
        Ok(shape)
    }

    fn windows(&self, input: &[usize], output: &[usize]) -> Pooling {
        let lead = input.len() - N;
        Pooling::sliding(
            input[..lead].iter().product(),
            three(&input[lead..], 1),
            three(&output[lead..], 1),
            three(&self.kernel, 1),
            three(&self.stride, 1),
            three(&self.padding, 0),
            three(&self.dilation, 1),
        )
    }
}

fn check_planes<const N: usize>(c: &Call, x: &Tensor) -> Result<()> {
    let spatial_and_channels = if x.ndim() == N + 2 { 1 } else { 0 };
    if !(N + 1..=N + 2).contains(&x.ndim()) || x.shape()[spatial_and_channels..].contains(&0) {
        bail!(
            Runtime,
            "{}(): Expected {}D or {}D (batch mode) tensor with optional 0 dim batch size for input, but got: {:?}",
            c.op.name(),
            N + 1,
            N + 2,
            x.shape()
        );
    }
    Ok(())
}

fn with_indices(x: &Tensor, shape: &[usize]) -> Metas {
    smallvec![like(x, shape, x.dtype()), like(x, shape, DType::I64)]
}

fn infer_max<const N: usize>(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    ordered(c, x)?;
    Ok(with_indices(x, &Sliding::<N>::of(c, 0, true)?.output(c, x)?))
}

fn run_max<const N: usize>(c: &Call, outs: &[Tensor]) -> Result<()> {
    let windows = Sliding::<N>::of(c, 0, true)?.windows(c.input(0)?.shape(), outs[0].shape());
    maxima(c, &windows, outs)
}

fn ordered(c: &Call, x: &Tensor) -> Result<()> {
    if x.dtype() == DType::Bool || x.dtype().is_complex() { Err(c.unsupported(x.dtype())) } else { Ok(()) }
}

fn maxima(c: &Call, windows: &Pooling, outs: &[Tensor]) -> Result<()> {
    let x = read(c.input(0)?, outs[0].dtype())?;
    match_dtype!(x.dtype(), T in [F32, F64, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64] => write(&outs[0], x.dtype(), |y| write(&outs[1], DType::I64, |at| {
        pooling::max_pool(windows, iter::slice::<T>(&x)?, iter::slice_mut::<T>(y)?, iter::slice_mut::<i64>(at)?);
        Ok(())
    })), else Err(c.unsupported(x.dtype())))
}

fn adaptive_shape<const N: usize>(c: &Call) -> Result<Dims> {
    let x = c.input(0)?;
    check_planes::<N>(c, x)?;
    let target = list::<N>(c, 0, "output_size")?;
    if target.iter().any(|&n| n < 0) {
        bail!(Runtime, "{}(): elements of output_size must be greater than or equal to 0 but received {target:?}", c.op.name());
    }
    let mut shape = Dims::from_slice(&x.shape()[..x.ndim() - N]);
    shape.extend(unsigned(&target));
    Ok(shape)
}

fn adaptive_windows(input: &[usize], output: &[usize], n: usize) -> Pooling {
    let lead = input.len() - n;
    Pooling::adaptive(input[..lead].iter().product(), three(&input[lead..], 1), three(&output[lead..], 1))
}

fn infer_adaptive_max<const N: usize>(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    ordered(c, x)?;
    Ok(with_indices(x, &adaptive_shape::<N>(c)?))
}

fn run_adaptive_max<const N: usize>(c: &Call, outs: &[Tensor]) -> Result<()> {
    maxima(c, &adaptive_windows(c.input(0)?.shape(), outs[0].shape(), N), outs)
}

fn scatter_gradient<const N: usize>(b: &Back) -> Result<crate::autograd::node::Grads> {
    grads![b; call1(&SCATTER, &[b.g()?, b.y(1)?], &[Arg::ints(&sizes(b.shape(0))), Arg::from(N as i64)])?]
}

fn infer_sized(c: &Call) -> Result<Metas> {
    let (g, shape) = (c.input(0)?, unsigned(&c.ints(0)?));
    working_type(c, g.dtype())?;
    Ok(smallvec![like(g, &shape, g.dtype())])
}

fn spatial(c: &Call, i: usize, x: &Tensor) -> Result<usize> {
    match c.int(i)? {
        n @ 1..=3 if x.ndim() >= n as usize => Ok(n as usize),
        n => bail!(Runtime, "{}(): {n} spatial dimensions do not fit a tensor of shape {:?}", c.op.name(), x.shape()),
    }
}

fn run_scatter(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (g, indices) = (c.input(0)?, read(c.input(1)?, DType::I64)?);
    let windows = adaptive_windows(outs[0].shape(), g.shape(), spatial(c, 1, g)?);
    let dtype = working_type(c, g.dtype())?;
    let g = read(g, dtype)?;
    write(&outs[0], dtype, |out| {
        match_float!(c, dtype, T => {
            pooling::max_pool_backward(&windows, iter::slice::<T>(&g)?, iter::slice::<i64>(&indices)?, iter::slice_mut::<T>(out)?);
            Ok(())
        })
    })
}

fn infer_gather(c: &Call) -> Result<Metas> {
    let (x, indices) = (c.input(0)?, c.input(1)?);
    working_type(c, x.dtype())?;
    Ok(smallvec![like(indices, indices.shape(), x.dtype())])
}

fn run_gather(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, indices) = (c.input(0)?, read(c.input(1)?, DType::I64)?);
    let windows = adaptive_windows(x.shape(), outs[0].shape(), spatial(c, 0, x)?);
    let dtype = working_type(c, x.dtype())?;
    let x = read(x, dtype)?;
    write(&outs[0], dtype, |out| {
        match_float!(c, dtype, T => {
            pooling::gather(&windows, iter::slice::<T>(&x)?, iter::slice::<i64>(&indices)?, iter::slice_mut::<T>(out)?);
            Ok(())
        })
    })
}

/// What sums are divided by, from argument `first` on.
fn divisor(c: &Call, first: usize) -> Result<Divisor> {
    match c.optional_scalar(first + 1).map(|s| s.to_i64()) {
        Some(0) => bail!(Runtime, "{}(): divisor must be not zero", c.op.name()),
        Some(n) => Ok(Divisor::Fixed(n)),
        None if c.flag(first) => Ok(Divisor::Padded),
        None => Ok(Divisor::Inside),
    }
}

fn infer_average<const N: usize>(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    divisor(c, 4)?;
    if x.dtype() != DType::I64 {
        working_type(c, x.dtype())?;
    }
    Ok(smallvec![like(x, &Sliding::<N>::of(c, 0, false)?.output(c, x)?, x.dtype())])
}

fn run_average<const N: usize>(c: &Call, outs: &[Tensor]) -> Result<()> {
    let windows = Sliding::<N>::of(c, 0, false)?.windows(c.input(0)?.shape(), outs[0].shape());
    averages(c, &windows, divisor(c, 4)?, &outs[0])
}

fn averages(c: &Call, windows: &Pooling, divisor: Divisor, out: &Tensor) -> Result<()> {
    let dtype = if out.dtype() == DType::I64 { DType::I64 } else { working_type(c, out.dtype())? };
    let x = read(c.input(0)?, dtype)?;
    match_dtype!(dtype, T in [F32, F64, I64] => write(out, dtype, |y| {
        pooling::avg_pool(windows, iter::slice::<T>(&x)?, iter::slice_mut::<T>(y)?, divisor);
        Ok(())
    }), else Err(c.unsupported(dtype)))
}

fn spread(c: &Call, windows: &Pooling, divisor: Divisor, out: &Tensor) -> Result<()> {
    let dtype = working_type(c, out.dtype())?;
    let g = read(c.input(0)?, dtype)?;
    match_float!(c, dtype, T => write(out, dtype, |x| {
        pooling::avg_pool_backward(windows, iter::slice::<T>(&g)?, iter::slice_mut::<T>(x)?, divisor);
        Ok(())
    }))
}

fn average_gradient<const N: usize>(b: &Back) -> Result<crate::autograd::node::Grads> {
    let mut args: Args = smallvec![Arg::ints(&sizes(b.shape(0))), Arg::from(N as i64)];
    args.extend(b.args.iter().cloned());
    grads![b; call1(&AVG_BACKWARD, &[b.g()?], &args)?]
}

fn run_average_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (input, output) = (outs[0].shape(), c.input(0)?.shape());
    let windows = match spatial(c, 1, c.input(0)?)? {
        1 => Sliding::<1>::of(c, 2, false)?.windows(input, output),
        2 => Sliding::<2>::of(c, 2, false)?.windows(input, output),
        _ => Sliding::<3>::of(c, 2, false)?.windows(input, output),
    };
    spread(c, &windows, divisor(c, 6)?, &outs[0])
}

fn infer_adaptive<const N: usize>(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    working_type(c, x.dtype())?;
    Ok(smallvec![like(x, &adaptive_shape::<N>(c)?, x.dtype())])
}

fn run_adaptive<const N: usize>(c: &Call, outs: &[Tensor]) -> Result<()> {
    averages(c, &adaptive_windows(c.input(0)?.shape(), outs[0].shape(), N), Divisor::Inside, &outs[0])
}

fn adaptive_gradient<const N: usize>(b: &Back) -> Result<crate::autograd::node::Grads> {
    grads![b; call1(&ADAPTIVE_AVG_BACKWARD, &[b.g()?], &[Arg::ints(&sizes(b.shape(0))), Arg::from(N as i64)])?]
}

fn run_adaptive_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let g = c.input(0)?;
    spread(c, &adaptive_windows(outs[0].shape(), g.shape(), spatial(c, 1, g)?), Divisor::Inside, &outs[0])
}
