//! The rules for parameters, with PyTorch's texts, and the range of whole numbers a type holds.

use super::{Fill, unsupported};
use crate::ops::{self, c_name};
use crate::{DType, Result, bail};
use rushlight_kernels::half::{bf16, f16};

/// Refuses parameters outside a distribution's domain.
pub(super) fn check(what: &Fill, dtype: DType) -> Result<()> {
    match *what {
        Fill::Uniform { .. } if !dtype.is_float() => Err(unsupported("check_uniform_bounds", dtype)),
        Fill::Uniform { from, to } => uniform(from, to, dtype),
        Fill::Normal { std, .. } if std < 0.0 || std.is_nan() => bail!(Runtime, "normal expects std >= 0.0, but found std {std}"),
        Fill::Bernoulli { p } if !(0.0..=1.0).contains(&p) => bail!(Runtime, "bernoulli_ expects p to be in [0, 1], but got p={p}"),
        Fill::Exponential { lambda } => {
            continuous("Exponential", dtype, ops::type_name(dtype))?;
            positive("exponential_", "lambda", lambda)
        }
        Fill::Cauchy { sigma, .. } => {
            positive("cauchy_", "sigma", sigma)?;
            continuous("Cauchy", dtype, c_name(dtype))
        }
        Fill::LogNormal { std, .. } => positive("log_normal_", "std", std),
        Fill::Geometric { p } if !(p > 0.0 && p < 1.0) => bail!(Runtime, "geometric_ expects p to be in (0, 1), but got p={p}"),
        Fill::Integers { from, to } => range(from, to, dtype).map(drop),
        _ => Ok(()),
    }
}

fn positive(name: &str, parameter: &str, value: f64) -> Result<()> {
    if value > 0.0 {
        return Ok(());
    }
    bail!(Runtime, "{name} expects {parameter} > 0.0, but found {parameter}={value}")
}

fn continuous(name: &str, dtype: DType, found: &str) -> Result<()> {
    if dtype.is_float() {
        return Ok(());
    }
    bail!(Runtime, "{name} distribution is a continuous probability distribution. dtype must be a floating point but you specified {found}")
}

fn uniform(from: f64, to: f64, dtype: DType) -> Result<()> {
    let largest = largest_float(dtype);
    for (name, value) in [("from", from), ("to", to)] {
        if !(-largest..=largest).contains(&value) {
            bail!(Runtime, "{name} is out of bounds for {}", c_name(dtype));
        }
    }
    if from > to {
        bail!(Runtime, "uniform_ expects to return a [from, to) range, but found from={from} > to={to}");
    }
    if to - from > largest {
        bail!(
            Runtime,
            "uniform_ expects to-from <= std::numeric_limits<{}>::max(), but found to={to} and from={from} which result in to-from to exceed the limit",
            ops::type_name(dtype)
        );
    }
    Ok(())
}

/// The first whole number and how many there are, for `random_(from, to)`; `to` of `None` is the type's largest plus one.
pub(super) fn range(from: i64, to: Option<i64>, dtype: DType) -> Result<(i64, u64)> {
    if dtype.is_complex() {
        bail!(Runtime, "check_random_bounds handles only integral, floating-point and boolean types");
    }
    let (smallest, largest) = limits(dtype);
    let Some(to) = to else {
        within("from", from as i128, smallest, largest, dtype)?;
        return Ok((from, (largest.min(i64::MAX as i128) - from as i128 + 1) as u64));
    };
    if from >= to {
        bail!(Runtime, "random_ expects 'from' to be less than 'to', but got from={from} >= to={to}");
    }
    let (first, end) = if dtype.is_float() { (rounded_up(from, dtype), rounded_down(to, dtype)) } else { (from, to) };
    if first >= end {
        bail!(Runtime, "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from={first} >= to={end}");
    }
    if dtype == DType::F16 || !dtype.is_float() {
        let (smallest, largest) = if dtype.is_float() { (-65504, 65504) } else { (smallest, largest) };
        within("from", first as i128, smallest, largest, dtype)?;
        within("to - 1", end as i128 - 1, smallest, largest, dtype)?;
    }
    Ok((first, end.wrapping_sub(first) as u64))
}

fn within(name: &str, value: i128, smallest: i128, largest: i128, dtype: DType) -> Result<()> {
    if (smallest..=largest).contains(&value) {
        return Ok(());
    }
    bail!(Runtime, "{name} is out of bounds for {}", c_name(dtype))
}

/// The smallest and largest whole number that may be drawn in a type; of floating types, those with exact neighbours.
fn limits(dtype: DType) -> (i128, i128) {
    match dtype {
        DType::Bool => (0, 1),
        dtype if dtype.is_float() => (-(1 << digits(dtype)), 1 << digits(dtype)),
        dtype => {
            let bits = 8 * dtype.size() as u32;
            if dtype.is_signed() { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
        }
    }
}

/// Bits of a significand.
fn digits(dtype: DType) -> u32 {
    match dtype {
        DType::F16 => 11,
        DType::BF16 => 8,
        DType::F32 => 24,
        _ => 53,
    }
}

fn largest_float(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => f16::MAX.into(),
        DType::BF16 => bf16::MAX.into(),
        DType::F32 => f32::MAX.into(),
        _ => f64::MAX,
    }
}

/// The whole number a type makes of another one.
fn through(value: i64, dtype: DType) -> i64 {
    match dtype {
        DType::F16 => f16::from_f32(value as f32).to_f32() as i64,
        DType::BF16 => bf16::from_f32(value as f32).to_f32() as i64,
        DType::F32 => value as f32 as i64,
        _ => value as f64 as i64,
    }
}

/// Distance of neighbours in a floating type around a whole number beyond its exact ones.
fn step(value: i64, dtype: DType) -> i64 {
    1i64.checked_shl((value.unsigned_abs().max(1).ilog2() + 1).saturating_sub(digits(dtype))).unwrap_or(0)
}

/// The smallest number of a floating type whose draws do not round below `from`.
fn rounded_up(from: i64, dtype: DType) -> i64 {
    let next = through(from.wrapping_add(1), dtype);
    if next < from { next.wrapping_add(step(from.wrapping_add(1), dtype)) } else { from }
}

/// The largest end whose draws do not round to `to` or above.
fn rounded_down(to: i64, dtype: DType) -> i64 {
    let previous = through(to.wrapping_sub(1), dtype);
    if previous >= to { previous.wrapping_sub(step(to.wrapping_sub(1), dtype)) } else { to }
}
