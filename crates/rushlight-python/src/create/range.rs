//! `arange`.

use super::{finish, options, place};
use crate::errors::OrRaise;
use crate::override_::intercept_factory;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rushlight_core::tensor::default_dtype;
use rushlight_core::{DType, Scalar, Tensor, iter, ops};
use rushlight_kernels::{match_dtype, vectorized};

/// Numbers from start to end (excluded) at distance step.
#[pyfunction]
#[pyo3(signature = (*args, start=None, end=None, step=None, out=None, dtype=None, layout=None, device=None, requires_grad=false, pin_memory=false))]
pub(super) fn arange<'py>(
    py: Python<'py>,
    args: &Bound<'py, PyTuple>,
    start: Option<&Bound<'py, PyAny>>,
    end: Option<&Bound<'py, PyAny>>,
    step: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
    dtype: Option<&Bound<'py, PyAny>>,
    layout: Option<&Bound<'py, PyAny>>,
    device: Option<&Bound<'py, PyAny>>,
    requires_grad: bool,
    pin_memory: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = pin_memory;
    let named = [("start", start), ("end", end), ("step", step), ("out", out), ("dtype", dtype), ("layout", layout), ("device", device)];
    if let Some(made) = intercept_factory("arange", args, &named, requires_grad)? {
        return Ok(made);
    }
    let read = |obj: Option<&Bound<'py, PyAny>>| obj.map(crate::args::scalar).transpose().map(Option::flatten);
    let given: Vec<Scalar> =
        args.iter().map(|a| crate::args::scalar(&a)?.ok_or_else(|| PyTypeError::new_err("arange(): arguments must be Numbers"))).collect::<PyResult<_>>()?;
    let (mut a, mut b, mut s) = (read(start)?, read(end)?, read(step)?);
    match given.as_slice() {
        [] => {}
        [only] if b.is_none() => b = Some(*only),
        [first] => a = Some(*first),
        [first, second] => (a, b) = (Some(*first), Some(*second)),
        [first, second, third, ..] => (a, b, s) = (Some(*first), Some(*second), Some(*third)),
    }
    let (a, s) = (a.unwrap_or(Scalar::Int(0)), s.unwrap_or(Scalar::Int(1)));
    let b = b.ok_or_else(|| PyTypeError::new_err("arange() missing 1 required positional arguments: \"end\""))?;
    let o = options(dtype, layout, device)?;
    let whole = a.is_integral() && b.is_integral() && s.is_integral();
    let dtype = o.dtype.unwrap_or(if whole { DType::I64 } else { default_dtype() });
    let t = sequence(a, b, s, whole, dtype)?;
    if let Some(out) = out.filter(|o| !o.is_none()) {
        let fitted = crate::tensor::resize(out, t.shape())?;
        ops::copy::copy_into(&fitted, &t).or_raise()?;
        return Ok(out.clone());
    }
    finish(py, place(t, o.device)?, requires_grad)
}

fn sequence(a: Scalar, b: Scalar, s: Scalar, whole: bool, dtype: DType) -> PyResult<Tensor> {
    let (start, end, step) = (a.to_f64(), b.to_f64(), s.to_f64());
    if step == 0.0 {
        return Err(PyRuntimeError::new_err("step must be nonzero"));
    }
    if !start.is_finite() || !end.is_finite() {
        return Err(PyRuntimeError::new_err(format!("unsupported range: {start} -> {end}")));
    }
    if (step > 0.0 && start > end) || (step < 0.0 && start < end) {
        return Err(PyRuntimeError::new_err("upper bound and lower bound inconsistent with step sign"));
    }
    let n = if whole {
        let (x, y, d) = (a.to_i64() as i128, b.to_i64() as i128, s.to_i64() as i128);
        ((y - x + d - d.signum()) / d).max(0) as f64
    } else {
        ((end - start) / step).ceil().max(0.0)
    };
    if n > isize::MAX as f64 / 16.0 {
        return Err(PyRuntimeError::new_err("invalid size, possible overflow?"));
    }
    let n = n as usize;
    let out = Tensor::empty(&[n], dtype).or_raise()?;
    match dtype {
        d if d.is_int() || d == DType::Bool => match_dtype!(dtype, T => {
            let (x, d) = (a.to_i64(), s.to_i64());
            for (i, slot) in iter::slice_mut::<T>(&out).or_raise()?.iter_mut().enumerate() {
                *slot = Scalar::Int(x.wrapping_add(d.wrapping_mul(i as i64))).to::<T>();
            }
        }),
        DType::F32 => single_precision(start, step, iter::slice_mut(&out).or_raise()?),
        _ => match_dtype!(dtype, T => {
            for (i, slot) in iter::slice_mut::<T>(&out).or_raise()?.iter_mut().enumerate() {
                *slot = Scalar::Float(start + step * i as f64).to::<T>();
            }
        }),
    }
    Ok(out)
}

vectorized! {
    /// Numbers `step` apart. Products and sums are fused, in double precision, and rounded once; but PyTorch's vector loop takes pairs of eight numbers,
    /// and counts from the rounded first one of each eight.
    fn single_precision[](start: f64, step: f64, out: &mut [f32]) {
        let at = |i: usize| step.mul_add(i as f64, start) as f32;
        let paired = out.len() - out.len() % 16;
        let (blocks, _) = out[..paired].as_chunks_mut::<8>();
        for (block, eight) in blocks.iter_mut().enumerate() {
            let base = f64::from(at(8 * block));
            for (k, slot) in eight.iter_mut().enumerate() {
                *slot = step.mul_add(k as f64, base) as f32;
            }
        }
        for (i, slot) in out.iter_mut().enumerate().skip(paired) {
            *slot = at(i);
        }
    }
}
