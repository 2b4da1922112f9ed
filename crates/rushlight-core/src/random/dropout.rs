//! Dropout: a random mask of zeros, scaled so that the mean is kept.

use super::fill::{Fill, fill};
use super::{Source, lock};
use crate::layout::{Dims, Layout};
use crate::ops::copy::copy_layout;
use crate::ops::elementwise::binary::{ADD, DIV, MUL};
use crate::ops::{Op, call_in_place};
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{DType, MemoryFormat, Result, bail};
use smallvec::smallvec;

/// The limit of SELU towards minus infinity, negated.
const SELU_FLOOR: f64 = 1.758_099_340_847_376_6;

/// A form of dropout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropout {
    /// Drops whole slices of the first two dimensions (channels).
    pub features: bool,
    /// Puts SELU's floor instead of zero and corrects mean and variance (Klambauer et al., 2017).
    pub alpha: bool,
    /// Changes the input.
    pub in_place: bool,
}

/// Drops elements with probability `p`; outside training, the input itself.
pub fn dropout(x: &Tensor, p: f64, train: bool, form: Dropout, source: &Source) -> Result<Tensor> {
    if !(0.0..=1.0).contains(&p) {
        bail!(Runtime, "dropout probability has to be between 0 and 1, but got {p}");
    }
    if p == 0.0 || !train || x.numel() == 0 {
        return Ok(x.clone());
    }
    if p == 1.0 {
        return apply(x, &Tensor::zeros(&[], x.dtype(), x.device())?, &MUL, form);
    }
    let noise = mask(x, p, form.features, source)?;
    if !form.alpha {
        change(&noise, &DIV, 1.0 - p)?;
        return apply(x, &noise, &MUL, form);
    }
    let a = 1.0 / ((SELU_FLOOR * SELU_FLOOR * p + 1.0) * (1.0 - p)).sqrt();
    let shift = noise.add(-1i64)?;
    change(&shift, &MUL, SELU_FLOOR * a)?;
    change(&shift, &ADD, SELU_FLOOR * a * p)?;
    change(&noise, &MUL, a)?;
    apply(&apply(x, &noise, &MUL, form)?, &shift, &ADD, form)
}

fn mask(x: &Tensor, p: f64, features: bool, source: &Source) -> Result<Tensor> {
    let layout = if features { channels(x)? } else { copy_layout(x, MemoryFormat::Preserve)? };
    let noise = Tensor::empty_layout(layout, x.dtype().to_real(), x.device())?;
    fill(&noise, &Fill::Bernoulli { p: 1.0 - p }, &mut lock(source))?;
    Ok(noise)
}

/// One element per channel.
fn channels(x: &Tensor) -> Result<Layout> {
    if x.ndim() < 2 {
        bail!(Runtime, "Feature dropout requires at least 2 dimensions in the input");
    }
    let shape: Dims = x.shape().iter().enumerate().map(|(d, &n)| if d < 2 { n } else { 1 }).collect();
    Ok(Layout::contiguous(&shape))
}

fn apply(x: &Tensor, other: &Tensor, op: &'static Op, form: Dropout) -> Result<Tensor> {
    if form.in_place {
        return call_in_place(op, smallvec![Some(x.clone()), Some(other.clone())], smallvec![]);
    }
    crate::ops::call1(op, &[x, other], &[])
}

fn change(x: &Tensor, op: &'static Op, number: f64) -> Result<()> {
    call_in_place(op, smallvec![Some(x.clone()), Some(Tensor::wrapped(Scalar::Float(number))?)], smallvec![]).map(drop)
}

/// `native_dropout`: the result and the boolean mask of what was kept.
pub fn native_dropout(x: &Tensor, p: f64, train: bool, source: &Source) -> Result<(Tensor, Tensor)> {
    let mask = Tensor::empty_layout(copy_layout(x, MemoryFormat::Preserve)?, DType::Bool, x.device())?;
    if !train || x.numel() == 0 {
        crate::ops::copy::fill(&mask, true.into())?;
        return Ok((x.clone(), mask));
    }
    fill(&mask, &Fill::Bernoulli { p: 1.0 - p }, &mut lock(source))?;
    let scale = if p == 1.0 { 0.0 } else { 1.0 / (1.0 - p) };
    Ok((x.mul(&mask)?.mul(scale)?, mask))
}
