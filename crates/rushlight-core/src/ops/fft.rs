//! Discrete Fourier transforms along one or more dimensions, one after the other.
//!
//! `normalization`: 0 leaves sums as they are, 1 divides by the root of the number of points, 2 by the number. `forward`
//! is the sign of the exponent, minus if true.

use super::backward::Back;
use super::index::plain;
use super::shape::pad::CONSTANT_PAD;
use super::{Arg, Call, Meta, Metas, Op, Rule, call1, copy};
use crate::layout::{Dims, wrap_dims};
use crate::tensor::Tensor;
use crate::{DType, Error, Result, bail, err, grads, iter, rows};
use rushlight_kernels::match_dtype;
use rushlight_linalg::LinalgError;
use rushlight_linalg::fft::{self, Direction};
use smallvec::smallvec;

rows! {
    C2C = Op::new("fft_c2c(Tensor self, int[] dim, int normalization, bool forward) -> Tensor", Rule::Kernel { infer: infer_c2c, run: run_c2c }).vjp(0, 0, |b| grads![b; c2c(b.g()?, b.call().arg(0), b.call().int(1)?, !b.call().flag(2))?]).doc("Fourier transform of a complex signal");
    R2C = Op::new("fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor", Rule::Kernel { infer: infer_r2c, run: run_r2c }).vjp(0, 0, |b| grads![b; r2c_gradient(b)?]).doc("Fourier transform of a real signal: all of it, or half of the last dimension");
    C2R = Op::new("fft_c2r(Tensor self, int[] dim, int normalization, int last_dim_size) -> Tensor", Rule::Kernel { infer: infer_c2r, run: run_c2r }).vjp(0, 0, |b| grads![b; c2r_gradient(b)?]).doc("Real signal of a Hermitian spectrum given by half of its last dimension");
}

fn c2c(x: &Tensor, dims: &Arg, normalization: i64, forward: bool) -> Result<Tensor> {
    call1(&C2C, &[x], &[dims.clone(), Arg::from(normalization), Arg::from(forward)])
}

/// The dimensions of a call, counted from the front; the last one is halved where a signal is real.
fn dims_of(c: &Call, x: &Tensor) -> Result<Dims> {
    let dims = wrap_dims(&c.ints(0)?, x.ndim())?;
    if dims.iter().any(|&d| d >= x.ndim()) {
        bail!(Index, "{}: Dimension specified but tensor has no dimensions", c.op.name());
    }
    match dims.iter().find(|&&d| x.shape()[d] == 0) {
        Some(&d) => bail!(Runtime, "{}: Invalid number of data points (0) specified for dimension {d} of shape {:?}", c.op.name(), x.shape()),
        None => Ok(dims),
    }
}

fn last(c: &Call, dims: &Dims) -> Result<usize> {
    dims.last().copied().ok_or_else(|| err!(Runtime, "{} must transform at least one axis", c.op.name()))
}

fn require(c: &Call, x: &Tensor, kinds: [DType; 2]) -> Result<()> {
    if kinds.contains(&x.dtype()) { Ok(()) } else { Err(c.unsupported(x.dtype())) }
}

fn infer_c2c(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    require(c, x, [DType::C64, DType::C128])?;
    dims_of(c, x)?;
    Ok(smallvec![Meta::new(x.shape(), x.dtype())])
}

fn infer_r2c(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    require(c, x, [DType::F32, DType::F64])?;
    let d = last(c, &dims_of(c, x)?)?;
    let mut shape = Dims::from_slice(x.shape());
    if c.flag(2) {
        shape[d] = shape[d] / 2 + 1;
    }
    Ok(smallvec![Meta::new(&shape, x.dtype().to_complex())])
}

fn infer_c2r(c: &Call) -> Result<Metas> {
    let (x, n) = (c.input(0)?, c.int(2)?);
    require(c, x, [DType::C64, DType::C128])?;
    let d = last(c, &dims_of(c, x)?)?;
    if n < 1 {
        bail!(Runtime, "Invalid number of data points ({n}) specified");
    }
    let mut shape = Dims::from_slice(x.shape());
    if shape[d] != n as usize / 2 + 1 {
        bail!(Runtime, "fft_c2r: {} coefficients in dimension {d} of shape {:?}, but {n} points need {}", shape[d], x.shape(), n / 2 + 1);
    }
    shape[d] = n as usize;
    Ok(smallvec![Meta::new(&shape, x.dtype().to_real())])
}

/// The factor of the whole transform.
fn factor(c: &Call, sizes: &[usize], dims: &[usize]) -> Result<f64> {
    let points: f64 = dims.iter().map(|&d| sizes[d] as f64).product();
    match c.int(1)? {
        0 => Ok(1.0),
        1 => Ok(1.0 / points.sqrt()),
        2 => Ok(1.0 / points),
        other => bail!(Runtime, "{}: normalization must be 0, 1 or 2, got {other}", c.op.name()),
    }
}

fn failed(c: &Call, error: LinalgError) -> Error {
    err!(Runtime, "{}: {error}", c.op.name())
}

/// A copy with one dimension last, row-major.
fn rows_along(x: &Tensor, d: usize) -> Result<Tensor> {
    x.detach()?.transpose(d as i64, -1)?.copied()?.contiguous()
}

/// Transforms the dimensions of a complex signal, each in a copy that holds it last.
fn transform(c: &Call, x: Tensor, dims: &[usize], forward: bool, factor: f64) -> Result<Tensor> {
    let direction = if forward { Direction::Forward } else { Direction::Backward };
    let mut x = x;
    for (i, &d) in dims.iter().enumerate() {
        let (rows, scale) = (rows_along(&x, d)?, if i == 0 { factor } else { 1.0 });
        let n = rows.shape()[rows.ndim() - 1];
        match x.dtype() {
            DType::C64 => fft::complex_rows(iter::slice_mut::<num_complex::Complex<f32>>(&rows)?, n, direction, scale as f32),
            _ => fft::complex_rows(iter::slice_mut::<num_complex::Complex<f64>>(&rows)?, n, direction, scale),
        }
        .map_err(|e| failed(c, e))?;
        x = rows.transpose(d as i64, -1)?;
    }
    Ok(x)
}

fn run_c2c(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = c.input(0)?.detach()?;
    let dims = dims_of(c, &x)?;
    let factor = factor(c, x.shape(), &dims)?;
    copy::copy_into(&outs[0], &transform(c, x, &dims, c.flag(2), factor)?)
}

fn run_r2c(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, out) = (c.input(0)?.detach()?, &outs[0]);
    let dims = dims_of(c, &x)?;
    let factor = factor(c, x.shape(), &dims)?;
    if !c.flag(2) {
        return copy::copy_into(out, &transform(c, x.to_dtype(out.dtype())?, &dims, true, factor)?);
    }
    let d = last(c, &dims)?;
    let rows = plain(&x.transpose(d as i64, -1)?)?;
    let mut shape = Dims::from_slice(rows.shape());
    let n = shape.pop().unwrap_or(1);
    shape.push(n / 2 + 1);
    let half = match_dtype!(x.dtype(), T in [F32, F64] => Tensor::of(&fft::real_to_complex(iter::slice::<T>(&rows)?, n, factor as T).map_err(|e| failed(c, e))?, &shape), else Err(c.unsupported(x.dtype())))?;
    let half = half.transpose(d as i64, -1)?;
    copy::copy_into(out, &transform(c, half, &dims[..dims.len() - 1], true, 1.0)?)
}

fn run_c2r(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, out) = (c.input(0)?.detach()?, &outs[0]);
    let dims = dims_of(c, &x)?;
    let (d, factor) = (last(c, &dims)?, factor(c, out.shape(), &dims)?);
    let half = transform(c, x, &dims[..dims.len() - 1], false, 1.0)?;
    let rows = plain(&half.transpose(d as i64, -1)?)?;
    let (n, mut shape) = (out.shape()[d], Dims::from_slice(rows.shape()));
    shape.pop();
    shape.push(n);
    let real = match_dtype!(out.dtype(), T in [F32, F64] => Tensor::of(&fft::complex_to_real(iter::slice::<num_complex::Complex<T>>(&rows)?, n, factor as T).map_err(|e| failed(c, e))?, &shape), else Err(c.unsupported(out.dtype())))?;
    copy::copy_into(out, &real.transpose(d as i64, -1)?)
}

/// The coefficients that were left out got no gradient: the real part of the backward transform of the padded rest.
fn r2c_gradient(b: &Back) -> Result<Tensor> {
    let (g, c) = (b.g()?, b.call());
    let d = last(&c, &wrap_dims(&c.ints(0)?, b.shape(0).len())?)?;
    let mut padding = vec![0i64; 2 * g.ndim()];
    padding[2 * (g.ndim() - 1 - d) + 1] = (b.shape(0)[d] - g.shape()[d]) as i64;
    let whole = if c.flag(2) { call1(&CONSTANT_PAD, &[g], &[Arg::ints(&padding), Arg::from(0i64)])? } else { g.clone() };
    c2c(&whole, c.arg(0), c.int(1)?, false)?.real()
}

/// Every coefficient but the first (and the last of an even length) stands for two.
fn c2r_gradient(b: &Back) -> Result<Tensor> {
    let (g, c) = (b.g()?, b.call());
    let half = call1(&R2C, &[g], &[c.arg(0).clone(), Arg::from(c.int(1)?), Arg::from(true)])?;
    let d = last(&c, &wrap_dims(&c.ints(0)?, g.ndim())?)?;
    let (width, twice) = (half.shape()[d], g.shape()[d] - half.shape()[d]);
    let mut shape = vec![1; g.ndim()];
    shape[d] = width;
    let weights = Tensor::full(&shape, 1.0.into(), g.dtype(), g.device())?;
    copy::fill(&weights.slice(d as i64, 1, 1 + twice as i64)?, 2.0.into())?;
    half.mul(weights)
}
