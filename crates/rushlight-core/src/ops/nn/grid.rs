//! Sampling of images and volumes at the points of a grid.

use super::{match_float, read, read_optional, working_type, write};
use crate::ops::backward::Back;
use crate::ops::{Args, Call, Inputs, Meta, Metas, Op, Rule, call};
use crate::tensor::Tensor;
use crate::{Dims, Result, bail, iter, rows};
use rushlight_kernels::vision::{Grid, Interpolation, Padding, Upper, grid_sample, grid_sample_backward, grid_sample_backward_twice};
use smallvec::smallvec;

rows! {
    GRID_SAMPLER_2D = Op::new("grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor", Rule::Kernel { infer, run }).vjp(3, 0, gradients).autocast(crate::ops::Autocast::Raise).doc("An image (N, C, H, W) at points (N, H', W', 2)");
    GRID_SAMPLER_3D = Op::new("grid_sampler_3d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor", Rule::Kernel { infer, run }).vjp(3, 0, gradients).autocast(crate::ops::Autocast::Raise).doc("A volume (N, C, D, H, W) at points (N, D', H', W', 3)");
    BACKWARD = Op::new("grid_sampler_backward(Tensor grad, Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners, bool need_input, bool need_grid) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_backward, run: run_backward }).vjp(7, 0, second_gradients).internal().doc("Gradients of grid_sampler_2d and grid_sampler_3d");
    TWICE = Op::new("_grid_sampler_backward_twice(Tensor? upper_input, Tensor? upper_grid, Tensor grad, Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_twice, run: run_twice }).doc("Gradients of grid_sampler_backward");
}

fn infer(c: &Call) -> Result<Metas> {
    let (x, grid) = (c.input(0)?, c.input(1)?);
    let ndim = if c.op.name().ends_with("3d") { 5 } else { 4 };
    if x.ndim() != ndim || grid.ndim() != ndim || grid.shape()[ndim - 1] != ndim - 2 || x.shape()[0] != grid.shape()[0] {
        bail!(
            Runtime,
            "{}(): expected {ndim}D input and grid with same batch size and a last grid dimension of {}, but got input of sizes {:?} and grid of sizes {:?}",
            c.op.name(),
            ndim - 2,
            x.shape(),
            grid.shape()
        );
    }
    if x.shape()[2..].contains(&0) {
        bail!(Runtime, "{}(): expected input to have non-empty spatial dimensions, but input has sizes {:?}", c.op.name(), x.shape());
    }
    if x.shape()[2..].iter().product::<usize>() >= u32::MAX as usize {
        bail!(Runtime, "{}(): images of 2^32 pixels are not supported, but input has sizes {:?}", c.op.name(), x.shape());
    }
    if x.dtype() != grid.dtype() {
        bail!(
            Runtime,
            "{}(): expected input and grid to have same dtype, but input has {} and grid has {}",
            c.op.name(),
            x.dtype().name(),
            grid.dtype().name()
        );
    }
    working_type(c, x.dtype())?;
    let mut shape: Dims = smallvec![x.shape()[0], x.shape()[1]];
    shape.extend_from_slice(&grid.shape()[1..ndim - 1]);
    Ok(smallvec![Meta::new(&shape, x.dtype())])
}

fn geometry(c: &Call, x: &Tensor, grid: &Tensor) -> Result<Grid> {
    let interpolation = match c.int(0)? {
        0 => Interpolation::Linear,
        1 => Interpolation::Nearest,
        2 => Interpolation::Cubic,
        n => bail!(Runtime, "{}(): interpolation_mode must be 0 (bilinear), 1 (nearest) or 2 (bicubic), got {n}", c.op.name()),
    };
    let padding = match c.int(1)? {
        0 => Padding::Zeros,
        1 => Padding::Border,
        2 => Padding::Reflection,
        n => bail!(Runtime, "{}(): padding_mode must be 0 (zeros), 1 (border) or 2 (reflection), got {n}", c.op.name()),
    };
    let coordinates = x.ndim() - 2;
    Ok(Grid {
        batch: x.shape()[0],
        channels: x.shape()[1],
        input: super::three(&x.shape()[2..], 1),
        points: grid.shape()[1..grid.ndim() - 1].iter().product(),
        coordinates,
        interpolation,
        padding,
        align_corners: c.flag(2),
        single: grid.dtype() != crate::DType::F64,
    })
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let geometry = geometry(c, c.input(0)?, c.input(1)?)?;
    let dtype = working_type(c, outs[0].dtype())?;
    let (x, grid) = (read(c.input(0)?, dtype)?, read(c.input(1)?, dtype)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |y| {
        grid_sample(&geometry, iter::slice::<T>(&x)?, iter::slice::<T>(&grid)?, iter::slice_mut::<T>(y)?);
        Ok(())
    }))
}

fn gradients(b: &Back) -> Result<crate::autograd::node::Grads> {
    let inputs: Inputs = smallvec![Some(b.g()?.clone()), Some(b.x(0)?.clone()), Some(b.x(1)?.clone())];
    let mut args = Args::from(b.args);
    args.extend([b.needs(0).into(), b.needs(1).into()]);
    Ok(call(&BACKWARD, inputs, args)?.into_iter().enumerate().map(|(i, g)| b.needs(i).then_some(g)).collect())
}

/// Gradients of input and grid, empty where not wanted.
fn infer_backward(c: &Call) -> Result<Metas> {
    let part = |i: usize| c.input(i).map(|x| Meta::new(if c.flag(i + 2) { x.shape() } else { &[0] }, x.dtype()));
    Ok(smallvec![part(1)?, part(2)?])
}

fn run_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let geometry = geometry(c, c.input(1)?, c.input(2)?)?;
    let dtype = working_type(c, outs[0].dtype())?;
    let (g, x, grid) = (read(c.input(0)?, dtype)?, read(c.input(1)?, dtype)?, read(c.input(2)?, dtype)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |gx| write(&outs[1], dtype, |gg| {
        let gx = if c.flag(3) { Some(iter::slice_mut::<T>(gx)?) } else { None };
        let gg = if c.flag(4) { Some(iter::slice_mut::<T>(gg)?) } else { None };
        grid_sample_backward(&geometry, iter::slice::<T>(&g)?, iter::slice::<T>(&x)?, iter::slice::<T>(&grid)?, gx, gg);
        Ok(())
    })))
}

fn second_gradients(b: &Back) -> Result<crate::autograd::node::Grads> {
    let upper = |i: usize| b.grad(i).filter(|_| b.call().flag(i + 3)).cloned();
    let inputs: Inputs = smallvec![upper(0), upper(1), Some(b.x(0)?.clone()), Some(b.x(1)?.clone()), Some(b.x(2)?.clone())];
    Ok(call(&TWICE, inputs, b.args[..3].into())?.into_iter().map(Some).collect())
}

fn infer_twice(c: &Call) -> Result<Metas> {
    (2..5).map(|i| c.input(i).map(|x| Meta::new(x.shape(), x.dtype()))).collect()
}

fn run_twice(c: &Call, outs: &[Tensor]) -> Result<()> {
    let geometry = geometry(c, c.input(3)?, c.input(4)?)?;
    let dtype = working_type(c, outs[0].dtype())?;
    let (upper_x, upper_grid) = (read_optional(c.optional(0), dtype)?, read_optional(c.optional(1), dtype)?);
    let (g, x, grid) = (read(c.input(2)?, dtype)?, read(c.input(3)?, dtype)?, read(c.input(4)?, dtype)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |to_y| write(&outs[1], dtype, |to_x| write(&outs[2], dtype, |to_grid| {
        let upper = Upper { x: upper_x.as_ref().map(iter::slice::<T>).transpose()?, grid: upper_grid.as_ref().map(iter::slice::<T>).transpose()? };
        let out = [iter::slice_mut::<T>(to_y)?, iter::slice_mut::<T>(to_x)?, iter::slice_mut::<T>(to_grid)?];
        grid_sample_backward_twice(&geometry, upper, iter::slice::<T>(&g)?, iter::slice::<T>(&x)?, iter::slice::<T>(&grid)?, out);
        Ok(())
    }))))
}
