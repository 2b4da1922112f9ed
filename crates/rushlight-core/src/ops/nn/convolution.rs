//! Convolutions and their transposes in one to three spatial dimensions.
//!
//! A convolution is linear in the input and in the weight, so three rows are closed under differentiation: the
//! convolution, its transpose, and [`WEIGHT`], the gradient of the weight.

use super::{like, match_float, per_dim, read, read_optional, sizes, three, unsigned, working_type, write};
use crate::ops::backward::Back;
use crate::ops::{Arg, Autocast, Call, Inputs, Meta, Metas, Op, Rule, c_name, call, call1, elementwise};
use crate::tensor::Tensor;
use crate::{DType, Dims, Result, bail, err, grads, iter, rows};
use rushlight_kernels::conv::{self, ConvShape};
use rushlight_kernels::match_dtype;
use smallvec::{SmallVec, smallvec};

rows! {
    CONVOLUTION = Op::new("convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, bool transposed, int[] output_padding, int groups) -> Tensor", Rule::Kernel { infer: infer_convolution, run: run_convolution }).vjp(3, 0, convolution_gradients).autocast(Autocast::Lower).doc("Convolution of (N, C, ...) with (O, C / groups, ...), or its transpose");
    WEIGHT = Op::new("_convolution_weight(Tensor large, Tensor small, int[] kernel, int[] stride, int[] padding, int[] dilation, int groups) -> Tensor", Rule::Kernel { infer: infer_weight, run: run_weight }).vjp(3, 0, weight_gradients).autocast(Autocast::Lower).doc("Gradient of a convolution's weight from input and output gradient, or of its transpose's from output gradient and input");
}

type Sizes = SmallVec<[usize; 4]>;

/// The arguments of a convolution with `n` spatial dimensions, as sizes.
struct Geometry {
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: usize,
}

impl Geometry {
    fn of(c: &Call, n: usize) -> Result<Geometry> {
        let (stride, padding, dilation) = (per_dim(c, 0, "stride", n)?, per_dim(c, 1, "padding", n)?, per_dim(c, 2, "dilation", n)?);
        let (output_padding, groups) = (per_dim(c, 4, "output_padding", n)?, c.int(5)?);
        let rules = [
            (groups <= 0, "non-positive groups is not supported"),
            (padding.iter().any(|&p| p < 0), "negative padding is not supported"),
            (output_padding.iter().any(|&p| p < 0), "negative output_padding is not supported"),
            (stride.iter().any(|&s| s <= 0), "non-positive stride is not supported"),
            (dilation.iter().any(|&d| d <= 0), "dilation should be greater than zero"),
        ];
        if let Some((_, text)) = rules.iter().find(|(broken, _)| *broken) {
            bail!(
                Runtime,
                "{text}: convolution with stride={:?}, padding={:?}, dilation={:?}, groups={groups}",
                stride.as_slice(),
                padding.as_slice(),
                dilation.as_slice()
            );
        }
        Ok(Geometry {
            stride: unsigned(&stride),
            padding: unsigned(&padding),
            dilation: unsigned(&dilation),
            transposed: c.flag(3),
            output_padding: unsigned(&output_padding),
            groups: groups as usize,
        })
    }

    /// Positions one kernel reaches over, in dimension `d`.
    fn reach(&self, kernel: usize, d: usize) -> usize {
        self.dilation[d] * kernel.saturating_sub(1) + 1
    }

    /// Spatial sizes of the result.
    fn output(&self, x: &Tensor, kernel: &[usize]) -> Result<Sizes> {
        let input = &x.shape()[2..];
        let padded: Sizes = (0..kernel.len()).map(|d| input[d] + 2 * self.padding[d]).collect();
        if !self.transposed {
            let reach: Sizes = (0..kernel.len()).map(|d| self.reach(kernel[d], d)).collect();
            if kernel.contains(&0) || (0..kernel.len()).any(|d| padded[d] < reach[d]) {
                bail!(
                    Runtime,
                    "Calculated padded input size per channel: {}. Kernel size: {}. Kernel size can't be greater than actual input size",
                    crossed(&padded),
                    crossed(&reach)
                );
            }
            return Ok((0..kernel.len()).map(|d| (padded[d] - reach[d]) / self.stride[d] + 1).collect());
        }
        if let Some(d) = (0..kernel.len()).find(|&d| self.output_padding[d] >= self.stride[d].max(self.dilation[d])) {
            bail!(
                Runtime,
                "output padding must be smaller than either stride or dilation, but got output_padding {}, stride {} and dilation {} in spatial dimension {d}",
                self.output_padding[d],
                self.stride[d],
                self.dilation[d]
            );
        }
        let full = |d: usize| input[d].saturating_sub(1) * self.stride[d] + self.reach(kernel[d], d) + self.output_padding[d];
        if let Some(d) = (0..kernel.len()).find(|&d| full(d) <= 2 * self.padding[d]) {
            bail!(
                Runtime,
                "Given input size per channel: {input:?}. Calculated output size per channel in spatial dimension {d}: {}. Output size is too small: use less padding",
                full(d) as i64 - 2 * self.padding[d] as i64
            );
        }
        Ok((0..kernel.len()).map(|d| full(d) - 2 * self.padding[d]).collect())
    }

    /// The convolution from a tensor of shape `large` to one of shape `small`.
    fn shape(&self, large: &[usize], small: &[usize], kernel: &[usize]) -> ConvShape {
        ConvShape {
            batch: large[0],
            c_in: large[1],
            c_out: small[1],
            groups: self.groups,
            input: three(&large[2..], 1),
            kernel: three(kernel, 1),
            stride: three(&self.stride, 1),
            padding: three(&self.padding, 0),
            dilation: three(&self.dilation, 1),
            output: three(&small[2..], 1),
        }
    }
}

/// `(3 x 5)`
fn crossed(sizes: &[usize]) -> String {
    format!("({})", sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" x "))
}

fn check_channels(c: &Call, geometry: &Geometry) -> Result<usize> {
    let (x, w, groups) = (c.input(0)?, c.input(1)?, geometry.groups);
    let (xs, ws) = (x.shape(), w.shape());
    if ws[0] < groups {
        bail!(Runtime, "Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size {ws:?} instead");
    }
    if ws[0] % groups != 0 {
        bail!(Runtime, "Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size {ws:?} instead");
    }
    let (expected, out) = if geometry.transposed { (ws[0], ws[1] * groups) } else { (ws[1] * groups, ws[0]) };
    let given = if geometry.transposed { "transposed=1".to_string() } else { format!("groups={groups}") };
    if xs[1] != expected {
        bail!(Runtime, "Given {given}, weight of size {ws:?}, expected input{xs:?} to have {expected} channels, but got {} channels instead", xs[1]);
    }
    match c.optional(2) {
        Some(b) if b.shape() != [out] => {
            bail!(Runtime, "Given weight of size {ws:?}, expected bias to be 1-dimensional with {out} elements, but got bias of size {:?} instead", b.shape())
        }
        _ => Ok(out),
    }
}

fn check_types(c: &Call) -> Result<DType> {
    let (x, w) = (c.input(0)?.dtype(), c.input(1)?.dtype());
    if x != w {
        bail!(Runtime, "Input type ({}) and weight type ({}) should be the same: convert one of them with .to(dtype)", c_name(x), c_name(w));
    }
    match c.optional(2) {
        Some(b) if b.dtype() != x => {
            bail!(Runtime, "Input type ({}) and bias type ({}) should be the same: convert one of them with .to(dtype)", c_name(x), c_name(b.dtype()))
        }
        _ => Ok(x),
    }
}

fn infer_convolution(c: &Call) -> Result<Metas> {
    let (x, w) = (c.input(0)?, c.input(1)?);
    if !(3..=5).contains(&w.ndim()) {
        bail!(Runtime, "convolution: expected a weight of 3, 4 or 5 dimensions, but got weight of size {:?}", w.shape());
    }
    if x.ndim() != w.ndim() {
        bail!(
            Runtime,
            "Expected {}-dimensional input for {}-dimensional weight {:?}, but got {}-dimensional input of size {:?} instead",
            w.ndim(),
            w.ndim(),
            w.shape(),
            x.ndim(),
            x.shape()
        );
    }
    let geometry = Geometry::of(c, w.ndim() - 2)?;
    let mut shape: Dims = smallvec![x.shape()[0], check_channels(c, &geometry)?];
    shape.extend(geometry.output(x, &w.shape()[2..])?);
    let dtype = check_types(c)?;
    sum_type(c, dtype)?;
    Ok(smallvec![like(x, &shape, dtype)])
}

/// The type sums are computed in: integers in their own.
fn sum_type(c: &Call, dtype: DType) -> Result<DType> {
    match dtype {
        DType::U8 | DType::I8 | DType::I16 | DType::I32 | DType::I64 => Ok(dtype),
        other => working_type(c, other),
    }
}

/// Runs an expression for a type of floating-point or whole numbers, with the kernels of a convolution and its transpose.
macro_rules! with_kernels {
    ($call:expr, $dtype:expr, $t:ident, $forward:ident, $transposed:ident => $e:expr) => {
        match $dtype {
            DType::F32 | DType::F64 => match_float!($call, $dtype, $t => { let ($forward, $transposed) = (conv::conv_forward, conv::conv_backward_input); $e }),
            _ => match_dtype!($dtype, $t in [U8, I8, I16, I32, I64] => { let ($forward, $transposed) = (conv::whole_forward, conv::whole_transposed); $e }, else Err($call.unsupported($dtype))),
        }
    };
}

fn run_convolution(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, w, out) = (c.input(0)?, c.input(1)?, &outs[0]);
    let geometry = Geometry::of(c, w.ndim() - 2)?;
    let (large, small) = if geometry.transposed { (out, x) } else { (x, out) };
    let shape = geometry.shape(large.shape(), small.shape(), &w.shape()[2..]);
    let dtype = sum_type(c, x.dtype())?;
    let (x, w, bias) = (read(x, dtype)?, read(w, dtype)?, read_optional(c.optional(2), dtype)?);
    write(out, dtype, |out| {
        with_kernels!(c, dtype, T, forward, transposed => {
            let (x, w) = (iter::slice::<T>(&x)?, iter::slice::<T>(&w)?);
            if geometry.transposed {
                transposed(&shape, x, w, iter::slice_mut::<T>(out)?);
            } else {
                let bias = bias.as_ref().map(iter::slice::<T>).transpose()?;
                forward(&shape, x, w, bias, iter::slice_mut::<T>(out)?);
            }
            Ok(())
        })?;
        match &bias {
            Some(bias) if geometry.transposed => elementwise::add_in_place(out, &per_channel(bias, out.ndim())?),
            _ => Ok(()),
        }
    })
}

/// A vector over channels, to broadcast with (N, C, ...).
fn per_channel(bias: &Tensor, ndim: usize) -> Result<Tensor> {
    let mut shape: SmallVec<[i64; 6]> = smallvec![1; ndim - 1];
    shape[0] = -1;
    bias.reshape(&shape)
}

/// The convolution of `x` with `w`, or its transpose fitted to the spatial sizes `output`.
fn convolve_to(x: &Tensor, w: &Tensor, geometry: &Geometry, transposed: bool, output: &[usize]) -> Result<Tensor> {
    let kernel = &w.shape()[2..];
    let natural = |d: usize| (x.shape()[d + 2].saturating_sub(1) * geometry.stride[d] + geometry.reach(kernel[d], d)) as i64 - 2 * geometry.padding[d] as i64;
    let extra: SmallVec<[i64; 4]> = (0..kernel.len()).map(|d| if transposed { output[d] as i64 - natural(d) } else { 0 }).collect();
    let args = smallvec![
        Arg::ints(&sizes(&geometry.stride)),
        Arg::ints(&sizes(&geometry.padding)),
        Arg::ints(&sizes(&geometry.dilation)),
        Arg::from(transposed),
        Arg::from(extra.as_slice()),
        Arg::from(geometry.groups as i64),
    ];
    let inputs: Inputs = smallvec![Some(x.clone()), Some(w.clone()), None];
    let mut out = call(&CONVOLUTION, inputs, args)?.pop().ok_or_else(|| err!(Runtime, "convolution: no result"))?;
    // An output padding of the stride or more makes room for windows that gave nothing.
    for (d, &n) in output.iter().enumerate() {
        if out.shape()[d + 2] > n {
            out = out.slice(d as i64 + 2, 0, n as i64)?;
        }
    }
    Ok(out)
}

fn weight_of(large: &Tensor, small: &Tensor, kernel: &[usize], geometry: &Geometry) -> Result<Tensor> {
    let list = |values: &[usize]| Arg::ints(&sizes(values));
    call1(
        &WEIGHT,
        &[large, small],
        &[list(kernel), list(&geometry.stride), list(&geometry.padding), list(&geometry.dilation), Arg::from(geometry.groups as i64)],
    )
}

fn convolution_gradients(b: &Back) -> Result<crate::autograd::node::Grads> {
    let (g, x, w) = (b.g()?, b.x(0)?, b.x(1)?);
    let geometry = Geometry::of(&b.call(), w.ndim() - 2)?;
    let (large, small) = if geometry.transposed { (g, x) } else { (x, g) };
    grads![b;
        convolve_to(g, w, &geometry, !geometry.transposed, &x.shape()[2..])?,
        weight_of(large, small, &w.shape()[2..], &geometry)?,
        g.sum(&(0..g.ndim() as i64).filter(|&d| d != 1).collect::<SmallVec<[i64; 5]>>(), false)?,
    ]
}

fn weight_geometry(c: &Call, n: usize) -> Result<Geometry> {
    let list = |i| per_dim(c, i, "sizes", n).map(|v| unsigned(&v));
    Ok(Geometry {
        stride: list(1)?,
        padding: list(2)?,
        dilation: list(3)?,
        transposed: false,
        output_padding: smallvec![0; n],
        groups: c.int(4)?.max(1) as usize,
    })
}

fn infer_weight(c: &Call) -> Result<Metas> {
    let (large, small) = (c.input(0)?, c.input(1)?);
    let (kernel, groups) = (unsigned(&c.ints(0)?), c.int(4)?.max(1) as usize);
    let fits = |x: &Tensor| x.ndim() == kernel.len() + 2 && (3..=5).contains(&x.ndim()) && x.shape()[1].is_multiple_of(groups);
    if !fits(large) || !fits(small) || large.shape()[0] != small.shape()[0] {
        bail!(
            Runtime,
            "_convolution_weight: shapes {:?} and {:?} do not belong to one convolution with kernel {:?} and groups {groups}",
            large.shape(),
            small.shape(),
            kernel.as_slice()
        );
    }
    working_type(c, large.dtype())?;
    let mut shape: Dims = smallvec![small.shape()[1], large.shape()[1] / groups];
    shape.extend(kernel);
    Ok(smallvec![Meta::new(&shape, large.dtype())])
}

fn run_weight(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (large, small) = (c.input(0)?, c.input(1)?);
    let kernel = unsigned(&c.ints(0)?);
    let shape = weight_geometry(c, kernel.len())?.shape(large.shape(), small.shape(), &kernel);
    let dtype = working_type(c, large.dtype())?;
    let (large, small) = (read(large, dtype)?, read(small, dtype)?);
    write(&outs[0], dtype, |out| {
        match_float!(c, dtype, T => {
            conv::conv_backward_weight(&shape, iter::slice::<T>(&large)?, iter::slice::<T>(&small)?, iter::slice_mut::<T>(out)?);
            Ok(())
        })
    })
}

fn weight_gradients(b: &Back) -> Result<crate::autograd::node::Grads> {
    let (g, large, small) = (b.g()?, b.x(0)?, b.x(1)?);
    let geometry = weight_geometry(&b.call(), g.ndim() - 2)?;
    grads![b;
        convolve_to(small, g, &geometry, true, &large.shape()[2..])?,
        convolve_to(large, g, &geometry, false, &small.shape()[2..])?,
    ]
}
