//! The arguments of one call: PyTorch's calling forms are tried in turn, options are set apart.

use super::generator::source;
use crate::args::{Given, is_sequence};
use crate::create;
use crate::types::PyMemoryFormat;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rushlight_core::ops::schema::{Signature, Type};
use rushlight_core::ops::{Arg, Args, Inputs};
use rushlight_core::random::Source;
use rushlight_core::{DType, Device, MemoryFormat, Scalar, Tensor};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::Arc;

/// Keywords outside the calling forms.
#[derive(Default)]
struct Options<'py> {
    generator: Option<Bound<'py, PyAny>>,
    out: Option<Bound<'py, PyAny>>,
    dtype: Option<Bound<'py, PyAny>>,
    layout: Option<Bound<'py, PyAny>>,
    device: Option<Bound<'py, PyAny>>,
    memory_format: Option<Bound<'py, PyAny>>,
    requires_grad: Option<Bound<'py, PyAny>>,
    pin_memory: Option<Bound<'py, PyAny>>,
}

impl<'py> Options<'py> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<Bound<'py, PyAny>>> {
        Some(match name {
            "generator" => &mut self.generator,
            "out" => &mut self.out,
            "dtype" => &mut self.dtype,
            "layout" => &mut self.layout,
            "device" => &mut self.device,
            "memory_format" => &mut self.memory_format,
            "requires_grad" => &mut self.requires_grad,
            "pin_memory" => &mut self.pin_memory,
            _ => return None,
        })
    }
}

/// The arguments of one call.
pub struct Arguments<'py> {
    pub py: Python<'py>,
    name: &'static str,
    /// Which calling form fits.
    pub form: usize,
    inputs: Inputs,
    args: Args,
    first: Option<Bound<'py, PyAny>>,
    options: Options<'py>,
}

type Keywords<'a, 'py> = SmallVec<[(Cow<'a, str>, Bound<'py, PyAny>); 4]>;

impl<'py> Arguments<'py> {
    /// Sorts the arguments of a call into one of the forms and the options it allows.
    pub fn read(forms: &[Signature], allowed: &[&str], positional: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Self> {
        let (py, name) = (positional.py(), forms[0].name);
        let mut options = Options::default();
        let mut keywords = Keywords::new();
        for (key, value) in kwargs.into_iter().flatten() {
            let key: String = key.extract()?;
            match options.slot(&key).filter(|_| allowed.contains(&key.as_str())) {
                Some(slot) => *slot = Some(value).filter(|v| !v.is_none()),
                None => keywords.push((Cow::Owned(key), value)),
            }
        }
        let positional: Vec<Bound<'py, PyAny>> = positional.iter().collect();
        let mut problem = None;
        for (form, signature) in forms.iter().enumerate() {
            match fit(signature, &positional, &keywords) {
                Ok((inputs, args)) => return Ok(Arguments { py, name, form, inputs, args, first: positional.first().cloned(), options }),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        match problem {
            Some(error) if forms.len() == 1 => Err(error),
            _ => Err(no_form(forms, &positional, &keywords)),
        }
    }

    /// The object of the first argument.
    pub fn object(&self) -> PyResult<Bound<'py, PyAny>> {
        self.first.clone().ok_or_else(|| self.missing("input"))
    }

    /// Tensor argument `i`.
    pub fn tensor(&self, i: usize) -> PyResult<Tensor> {
        self.inputs.get(i).cloned().flatten().ok_or_else(|| self.missing("input"))
    }

    /// Argument `i` as a real number.
    pub fn float(&self, i: usize) -> PyResult<f64> {
        match self.args.get(i) {
            Some(Arg::Scalar(Scalar::Complex(..))) => Err(PyTypeError::new_err(format!("{}(): arguments must be float, not complex", self.name))),
            Some(Arg::Scalar(s)) => Ok(s.to_f64()),
            _ => Err(self.missing("number")),
        }
    }

    /// Argument `i` as a whole number, if given.
    pub fn optional_int(&self, i: usize) -> Option<i64> {
        match self.args.get(i) {
            Some(Arg::Scalar(s)) => Some(s.to_i64()),
            _ => None,
        }
    }

    /// Argument `i` as a whole number.
    pub fn int(&self, i: usize) -> PyResult<i64> {
        self.optional_int(i).ok_or_else(|| self.missing("number"))
    }

    /// Argument `i` as a truth value, if given.
    pub fn flag(&self, i: usize) -> Option<bool> {
        self.optional_int(i).map(|v| v != 0)
    }

    /// Argument `i` as a shape.
    pub fn shape(&self, i: usize) -> PyResult<Vec<usize>> {
        let sizes = match self.args.get(i) {
            Some(Arg::Ints(sizes)) => sizes.to_vec(),
            Some(Arg::Scalar(s)) => vec![s.to_i64()],
            _ => return Err(self.missing("size")),
        };
        let negative = |n: i64| PyRuntimeError::new_err(format!("Trying to create tensor with negative dimension {n}: {sizes:?}"));
        sizes.iter().map(|&n| usize::try_from(n).map_err(|_| negative(n))).collect()
    }

    fn missing(&self, what: &str) -> PyErr {
        PyTypeError::new_err(format!("{}() missing 1 required positional arguments: \"{what}\"", self.name))
    }

    /// What the numbers are drawn from.
    pub fn source(&self) -> PyResult<Arc<Source>> {
        source(self.py, self.options.generator.as_ref(), self.name)
    }

    /// The `out=` tensor.
    pub fn out(&self) -> Option<&Bound<'py, PyAny>> {
        self.options.out.as_ref()
    }

    /// The dtype asked for, and the device asked for or the default one.
    pub fn place(&self) -> PyResult<(Option<DType>, Device)> {
        let options = create::options(self.options.dtype.as_ref(), self.options.layout.as_ref(), self.options.device.as_ref())?;
        Ok((options.dtype, options.device))
    }

    /// Whether a device was named.
    pub fn has_device(&self) -> bool {
        self.options.device.is_some()
    }

    /// The memory format asked for.
    pub fn format(&self) -> PyResult<MemoryFormat> {
        match &self.options.memory_format {
            Some(format) => Ok(format.cast::<PyMemoryFormat>()?.get().0),
            None => Ok(MemoryFormat::Preserve),
        }
    }

    /// Whether the result is to be a leaf that requires gradients.
    pub fn requires_grad(&self) -> PyResult<bool> {
        self.options.requires_grad.as_ref().map_or(Ok(false), |r| r.is_truthy())
    }
}

/// Binds the arguments to one form; sizes must be sequences unless they come last.
fn fit<'py>(signature: &Signature, positional: &[Bound<'py, PyAny>], keywords: &Keywords<'_, 'py>) -> PyResult<(Inputs, Args)> {
    let positional: SmallVec<[_; 4]> = positional.iter().map(Bound::as_borrowed).collect();
    let keywords: SmallVec<[_; 4]> = keywords.iter().map(|(name, value)| (name.as_ref(), value.as_borrowed())).collect();
    let given = Given::bind(signature, &positional, &keywords)?;
    for (i, (param, slot)) in signature.params.iter().zip(&given.slots).enumerate() {
        if let (Type::Ints, Some(value)) = (param.ty, slot)
            && !is_sequence(value)
        {
            let found = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "{}(): argument '{}' (position {}) must be tuple of ints, not {found}",
                signature.name,
                param.name,
                i + 1
            )));
        }
    }
    given.convert()
}

fn no_form(forms: &[Signature], positional: &[Bound<'_, PyAny>], keywords: &Keywords) -> PyErr {
    let kind = |value: &Bound<'_, PyAny>| value.get_type().name().map_or_else(|_| "object".into(), |n| n.to_string());
    let named = keywords.iter().map(|(name, value)| format!("{name}={}", kind(value)));
    let got: Vec<String> = positional.iter().map(kind).chain(named).collect();
    let expected: Vec<String> = forms.iter().map(|form| format!(" * ({})", form.params.iter().map(|p| p.name).collect::<Vec<_>>().join(", "))).collect();
    PyTypeError::new_err(format!(
        "{}() received an invalid combination of arguments - got ({}), but expected one of:\n{}",
        forms[0].name,
        got.join(", "),
        expected.join("\n")
    ))
}
