//! Fills: one distribution with fixed parameters over a whole tensor, drawn in the order of memory.

use super::record::in_place;
use super::{Generator, Source, bounds, lock, unsupported};
use crate::layout::{Dims, Layout, Strides};
use crate::ops::copy::{copy_into, copy_layout};
use crate::tensor::Tensor;
use crate::{MemoryFormat, Result, bail, iter};
use rushlight_kernels::match_dtype;
use std::f64::consts::SQRT_2;

/// What a tensor is filled with; the fields are the parameters of PyTorch's method of that name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Fill {
    Uniform {
        from: f64,
        to: f64,
    },
    Normal {
        mean: f64,
        std: f64,
    },
    Bernoulli {
        p: f64,
    },
    Exponential {
        lambda: f64,
    },
    Cauchy {
        median: f64,
        sigma: f64,
    },
    LogNormal {
        mean: f64,
        std: f64,
    },
    Geometric {
        p: f64,
    },
    /// Whole numbers from `from` on, below `to` or up to the type's largest.
    Integers {
        from: i64,
        to: Option<i64>,
    },
    /// `random_()`: natural numbers up to the type's largest.
    Naturals,
}

impl Fill {
    /// PyTorch's name of the recorded operation.
    fn node_name(&self) -> &'static str {
        match self {
            Fill::Uniform { .. } => "UniformBackward0",
            Fill::Normal { .. } => "NormalBackward0",
            Fill::Bernoulli { .. } => "BernoulliBackward2",
            Fill::Exponential { .. } => "ExponentialBackward0",
            Fill::Cauchy { .. } => "CauchyBackward0",
            Fill::LogNormal { .. } => "LogNormalBackward0",
            Fill::Geometric { .. } => "GeometricBackward0",
            Fill::Integers { .. } => "RandomBackward0",
            Fill::Naturals => "RandomBackward2",
        }
    }

    /// Per component of a complex number: normal numbers share their variance between the two.
    fn component(self) -> Option<Fill> {
        match self {
            Fill::Uniform { .. } => Some(self),
            Fill::Normal { mean, std } => Some(Fill::Normal { mean, std: std / SQRT_2 }),
            _ => None,
        }
    }
}

/// Fills `x` as an in-place operation: checked, counted, recorded with a gradient of zero.
pub fn fill_in_place(x: &Tensor, what: &Fill, source: &Source) -> Result<()> {
    in_place(x, &[], what.node_name(), || fill(x, what, &mut lock(source)))
}

/// Fills `x` outside the graph, without counting a change. Meta tensors are checked and draw nothing.
pub fn fill(x: &Tensor, what: &Fill, g: &mut Generator) -> Result<()> {
    if x.dtype().is_complex()
        && let Some(component) = what.component()
    {
        bounds::check(what, x.dtype().to_real())?;
        return fill(&components(x), &component, g);
    }
    bounds::check(what, x.dtype())?;
    if x.is_meta() || x.numel() == 0 {
        return Ok(());
    }
    // Contiguous normal numbers come from another stream than those of every other layout.
    let row_major = x.is_contiguous();
    in_memory_order(x, |block| draw(block, what, row_major, g))
}

/// Complex numbers as pairs of real ones.
fn components(x: &Tensor) -> Tensor {
    let mut shape = Dims::from_slice(x.shape());
    let mut strides: Strides = x.strides().iter().map(|s| s * 2).collect();
    shape.push(2);
    strides.push(1);
    x.alias_as(Layout { shape, strides, offset: 2 * x.layout().offset }, x.dtype().to_real())
}

/// The same elements with the dimensions ordered as they lie in memory.
pub(super) fn sorted(x: &Tensor, order: &[usize]) -> Tensor {
    let shape = order.iter().map(|&d| x.shape()[d]).collect();
    let strides = order.iter().map(|&d| x.strides()[d]).collect();
    x.alias(Layout { shape, strides, offset: x.layout().offset })
}

/// Runs `draw` on a contiguous block: the tensor's own memory where it is dense, else a copy that is written back.
fn in_memory_order(x: &Tensor, draw: impl FnOnce(&Tensor) -> Result<()>) -> Result<()> {
    let block = sorted(x, &x.layout().memory_order());
    if block.is_contiguous() {
        return draw(&block);
    }
    let own = Tensor::empty(block.shape(), x.dtype())?;
    draw(&own)?;
    copy_into(&block, &own)
}

macro_rules! filled {
    ($x:ident as $kernel:literal in [$($t:ident),*], |$out:ident| $draw:expr) => {
        match_dtype!($x.dtype(), T in [$($t),*] => { let $out = iter::slice_mut::<T>($x)?; $draw }, else return Err(unsupported($kernel, $x.dtype())))
    };
}

fn draw(x: &Tensor, what: &Fill, row_major: bool, g: &mut Generator) -> Result<()> {
    match *what {
        Fill::Uniform { from, to } => filled!(x as "check_uniform_bounds" in [F16, BF16, F32, F64], |out| g.uniform(out, from, to)),
        Fill::Normal { mean, std } if row_major => filled!(x as "normal_kernel_cpu" in [F16, BF16, F32, F64], |out| g.normal(out, mean, std)),
        Fill::Normal { mean, std } => filled!(x as "normal_kernel_cpu" in [F16, BF16, F32, F64], |out| g.normal_each(out, mean, std)),
        Fill::Exponential { lambda } => filled!(x as "exponential_cpu" in [F16, BF16, F32, F64], |out| g.exponential(out, lambda)),
        Fill::Cauchy { median, sigma } => filled!(x as "cauchy_cpu" in [F16, BF16, F32, F64], |out| g.cauchy(out, median, sigma)),
        Fill::LogNormal { mean, std } => filled!(x as "log_normal_cpu" in [F16, BF16, F32, F64], |out| g.log_normal(out, mean, std)),
        Fill::Geometric { p } => filled!(x as "geometric_cpu" in [U8, I8, I16, I32, I64, F16, BF16, F32, F64], |out| g.geometric(out, p)),
        Fill::Bernoulli { p } => {
            filled!(x as "bernoulli_scalar_cpu_" in [Bool, U8, I8, I16, I32, I64, F16, BF16, F32, F64], |out| g.bernoulli(out, p))
        }
        Fill::Integers { from: i64::MIN, to: None } => filled!(x as "random_full_64_bits_range_kernel_cpu" in [I64, BF16, F32, F64], |out| g.random_full(out)),
        Fill::Integers { from, to } => {
            let (from, range) = bounds::range(from, to, x.dtype())?;
            filled!(x as "random_from_to_kernel_cpu" in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64], |out| g.random_from_to(out, range, from))
        }
        Fill::Naturals => filled!(x as "random_kernel_cpu" in [Bool, U8, I8, I16, I32, I64, F16, BF16, F32, F64], |out| g.random_natural(out)),
    }
    Ok(())
}

/// `x.bernoulli_(p)`: ones with the probability that `p`, broadcast to `x`, gives each element.
pub fn bernoulli_in_place(x: &Tensor, p: &Tensor, source: &Source) -> Result<()> {
    in_place(x, &[p], "BernoulliBackward1", || bernoulli_each(x, p, &mut lock(source)))
}

pub(super) fn bernoulli_each(x: &Tensor, p: &Tensor, g: &mut Generator) -> Result<()> {
    if !p.dtype().is_float() {
        return Err(unsupported("bernoulli_tensor_cpu_p_", p.dtype()));
    }
    let p = p.detach()?.expand(x.shape())?;
    if x.is_meta() || p.is_meta() || x.numel() == 0 {
        return Ok(());
    }
    let order = x.layout().memory_order();
    let given = sorted(&p, &order);
    // A copy: it lies in the order of `x`, and is not overwritten while it is read.
    let p = Tensor::empty_layout(copy_layout(&given, MemoryFormat::Contiguous)?, p.dtype(), p.device())?;
    copy_into(&p, &given)?;
    match_dtype!(p.dtype(), P in [F16, BF16, F32, F64] => {
        let p = iter::slice::<P>(&p)?;
        check_probabilities(p.iter().map(|&p| f64::from(p)))?;
        in_memory_order(x, |block| {
            filled!(block as "bernoulli_tensor_cpu_self_" in [Bool, U8, I8, I16, I32, I64, F16, BF16, F32, F64], |out| g.bernoulli_each(out, p));
            Ok(())
        })
    }, else Err(unsupported("bernoulli_tensor_cpu_p_", p.dtype())))
}

fn check_probabilities(mut p: impl Iterator<Item = f64>) -> Result<()> {
    match p.find(|p| !(0.0..=1.0).contains(p)) {
        Some(p) => bail!(Runtime, "Expected p_in >= 0 && p_in <= 1 to be true, but got p_in = {p}"),
        None => Ok(()),
    }
}
