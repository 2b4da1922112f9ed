//! Every row as a function of `_C` and a method of Tensor: one generic entry, no code per operator.
//!
//! A function is a C function whose `self` is the number of its entry. A method descriptor has no such slot, so methods
//! go through trampolines, one per entry, that differ in a constant only.

use crate::args::{Given, Keyword};
use crate::errors::OrRaise;
use crate::override_;
use crate::tensor::{PyTensor, tensor_of, wrap};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyStringMethods, PyTuple};
use pyo3::{Borrowed, ffi};
use rushlight_core::ops::schema::{Signature, Type, parse};
use rushlight_core::ops::{self, Args, Inputs, Op, Outputs, Rule};
use rushlight_core::{Tensor, autograd};
use smallvec::SmallVec;
use std::ffi::{CString, c_int};
use std::sync::OnceLock;

/// A callable: a row as it is, or writing into its first operand.
struct Entry {
    op: &'static Op,
    signature: Signature,
    in_place: bool,
    name: &'static str,
}

fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let mut all: Vec<Entry> = ops::table().iter().map(|op| entry(op, false)).collect();
        all.extend(ops::table().iter().filter(|op| has_in_place(op)).map(|op| entry(op, true)));
        all
    })
}

fn entry(op: &'static Op, in_place: bool) -> Entry {
    let name: &'static str = if in_place { Box::leak(format!("{}_", op.name()).into_boxed_str()) } else { op.name() };
    Entry { op, signature: parse(op), in_place, name }
}

/// Whether `_C` has an in-place form. Views and composites have none; those PyTorch has (`squeeze_`) change the tensor's own layout.
fn has_in_place(op: &Op) -> bool {
    let first_is_tensor = parse(op).params.first().is_some_and(|p| matches!(p.ty, Type::Tensor | Type::Operand) && p.name == "self");
    first_is_tensor && parse(op).results == 1 && !matches!(op.rule, Rule::View(_) | Rule::Composite(_)) && (op.names.in_place || !op.name().starts_with('_'))
}

/// Operations over at least this many elements release the interpreter lock.
const RELEASE: usize = 32 * 1024;

/// Runs native work without the interpreter lock if it is long.
pub fn unlocked<T: Send>(py: Python<'_>, elements: usize, work: impl FnOnce() -> T + Send) -> T {
    if elements >= RELEASE { py.detach(work) } else { work() }
}

/// Arguments as a function written in Python takes them.
fn packed<'py>(py: Python<'py>, positional: &[Borrowed<'_, 'py, PyAny>], keywords: &[Keyword<'_, 'py>]) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let kwargs = PyDict::new(py);
    for (name, value) in keywords {
        kwargs.set_item(name, value)?;
    }
    Ok((PyTuple::new(py, positional)?, kwargs))
}

/// The function or method that was called.
fn public<'py>(py: Python<'py>, entry: &Entry, method: bool) -> PyResult<Bound<'py, PyAny>> {
    if method { py.get_type::<PyTensor>().getattr(entry.name) } else { py.import("rushlight._C")?.getattr(entry.name) }
}

/// What an argument that is no tensor makes of a call that failed for it, if one takes calls.
fn ask_others<'py>(
    py: Python<'py>,
    entry: &Entry,
    positional: &[Borrowed<'_, 'py, PyAny>],
    keywords: &[Keyword<'_, 'py>],
    out: Option<Borrowed<'_, 'py, PyAny>>,
    method: bool,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let asked = || {
        let (args, kwargs) = packed(py, positional, keywords)?;
        if let Some(out) = out {
            kwargs.set_item("out", out)?;
        }
        override_::ask_others(|| public(py, entry, method), &args, &kwargs)
    };
    asked().transpose()
}

fn call<'py>(
    py: Python<'py>,
    index: usize,
    positional: &[Borrowed<'_, 'py, PyAny>],
    mut keywords: SmallVec<[Keyword<'_, 'py>; 4]>,
    method: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let entry = &entries()[index];
    if override_::active() {
        let (args, kwargs) = packed(py, positional, &keywords)?;
        if let Some(out) = override_::intercept(|| public(py, entry, method), &args, Some(&kwargs))? {
            return Ok(out);
        }
    }
    let out = keywords.iter().position(|(name, _)| *name == "out").map(|i| keywords.remove(i).1).filter(|o| !o.is_none());
    let bound = Given::bind(&entry.signature, positional, &keywords).and_then(|given| Ok((given.convert()?, given)));
    let ((inputs, args), given) = match bound {
        Ok(bound) => bound,
        Err(error) => return ask_others(py, entry, positional, &keywords, out, method).unwrap_or(Err(error)),
    };
    if entry.in_place {
        let target = given.slots[0].ok_or_else(|| PyTypeError::new_err(format!("{}(): the tensor is missing", entry.name)))?;
        run(py, inputs, |inputs| ops::call_in_place(entry.op, inputs, args).map(drop))?;
        return Ok(target.to_owned());
    }
    if let Some(out) = out {
        return write_out(py, entry, inputs, args, out.to_owned());
    }
    let outputs = run(py, inputs, |inputs| ops::call(entry.op, inputs, args))?;
    results(py, entry, outputs)
}

fn run<T: Send>(py: Python<'_>, inputs: Inputs, work: impl FnOnce(Inputs) -> rushlight_core::Result<T> + Send) -> PyResult<T> {
    let elements = inputs.iter().flatten().map(Tensor::numel).max().unwrap_or(0);
    unlocked(py, elements, move || work(inputs)).or_raise()
}

/// One tensor, a tuple of a fixed number, or a tuple of however many there are.
fn results<'py>(py: Python<'py>, entry: &Entry, outputs: Outputs) -> PyResult<Bound<'py, PyAny>> {
    if entry.signature.results == 1 && outputs.len() == 1 {
        return match outputs.into_iter().next() {
            Some(x) => wrap(py, x),
            None => Ok(py.None().into_bound(py)),
        };
    }
    let items = outputs.into_iter().map(|x| wrap(py, x)).collect::<PyResult<Vec<_>>>()?;
    Ok(PyTuple::new(py, items)?.into_any())
}

/// The `out=` form: results are written into given tensors, which are resized to fit.
fn write_out<'py>(py: Python<'py>, entry: &Entry, inputs: Inputs, args: Args, out: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let targets: Vec<Bound<'py, PyAny>> = if out.is_instance_of::<PyTensor>() { vec![out.clone()] } else { out.try_iter()?.collect::<PyResult<_>>()? };
    let mut outs = Vec::new();
    for target in &targets {
        outs.push(
            tensor_of(target).ok_or_else(|| PyTypeError::new_err(format!("{}(): argument 'out' must be Tensor, not {}", entry.name, target.get_type())))?,
        );
    }
    if autograd::grad_enabled() && inputs.iter().flatten().chain(&outs).any(Tensor::requires_grad) {
        return Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
            "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.",
            entry.name
        )));
    }
    for (out, input) in outs.iter().flat_map(|out| inputs.iter().flatten().map(move |input| (out, input))) {
        ops::copy::refuse_partial_overlap(out, input).or_raise()?;
    }
    if let [target] = &outs[..]
        && run(py, inputs.clone(), |inputs| ops::call_into(entry.op, &inputs, &args, target))?
    {
        return Ok(out);
    }
    let outputs = run(py, inputs, |inputs| ops::call(entry.op, inputs, args))?;
    if outputs.len() != outs.len() {
        return Err(PyTypeError::new_err(format!("{}(): expected {} tensors in out, got {}", entry.name, outputs.len(), outs.len())));
    }
    let place = |x: &Tensor| if x.is_meta() { "meta" } else { "cpu" };
    for ((result, out), target) in outputs.iter().zip(&outs).zip(&targets) {
        if result.device() != out.device() {
            return Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
                "{}(): Expected all tensors to be on the same device, but the result is on {} and out is on {}",
                entry.name,
                place(result),
                place(out)
            )));
        }
        if entry.op.exact_out && result.dtype() != out.dtype() {
            let (from, to) = (ops::type_name(result.dtype()), ops::type_name(out.dtype()));
            return Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
                "{}(): Expected the dtype for input and out to match, but got {from} for input's dtype and {to} for out's dtype.",
                entry.name
            )));
        }
        if !rushlight_core::promotion::can_cast(result.dtype(), out.dtype()) {
            return Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
                "result type {} can't be cast to the desired output type {}",
                ops::type_name(result.dtype()),
                ops::type_name(out.dtype())
            )));
        }
        let fitted = if result.shape() == out.shape() { out.clone() } else { crate::tensor::resize(target, result.shape())? };
        autograd::inplace::check(&fitted, false).or_raise()?;
        ops::copy::copy_into(&fitted, result).or_raise()?;
        fitted.bump_version();
    }
    if out.is_instance_of::<PyTensor>() { Ok(out) } else { Ok(PyTuple::new(py, targets)?.into_any()) }
}

/// Reads the arguments of a C call.
///
/// # Safety
/// The arguments are those the interpreter passes to a fastcall function.
unsafe fn enter(
    index: usize,
    first: Option<*mut ffi::PyObject>,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with the lock held.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: `args` points to `count` positional arguments followed by those named in `names`, all borrowed.
    let borrow = |i: usize| unsafe { Borrowed::from_ptr(py, *args.add(i)) };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // SAFETY: the method's own object, borrowed.
        let slf = first.map(|first| unsafe { Borrowed::from_ptr(py, first) });
        let positional: SmallVec<[Borrowed<'_, '_, PyAny>; 6]> = slf.into_iter().chain((0..count as usize).map(borrow)).collect();
        let mut named: SmallVec<[Bound<'_, PyString>; 4]> = SmallVec::new();
        if !names.is_null() {
            // SAFETY: a tuple of names.
            for name in unsafe { Bound::from_borrowed_ptr(py, names) }.try_iter()? {
                named.push(name?.cast_into()?);
            }
        }
        let keyword = |(i, name)| PyResult::Ok((PyStringMethods::to_str(name)?, borrow(count as usize + i)));
        let keywords = named.iter().enumerate().map(keyword).collect::<PyResult<_>>()?;
        call(py, index, &positional, keywords, first.is_some())
    }));
    let error = match result {
        Ok(Ok(value)) => return value.into_ptr(),
        Ok(Err(error)) => error,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
            pyo3::exceptions::PyRuntimeError::new_err(format!("{}: internal error: {text}", entries()[index].name))
        }
    };
    error.restore(py);
    std::ptr::null_mut()
}

unsafe extern "C" fn function(
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: `self` is the number the function was made with.
    unsafe { enter(ffi::PyLong_AsSize_t(slf), None, args, count, names) }
}

unsafe extern "C" fn method<const I: usize>(
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter's own call.
    unsafe { enter(I, Some(slf), args, count, names) }
}

type Fast = unsafe extern "C" fn(*mut ffi::PyObject, *const *mut ffi::PyObject, ffi::Py_ssize_t, *mut ffi::PyObject) -> *mut ffi::PyObject;

macro_rules! trampolines {
    ($($block:literal)*) => { [$(trampolines!(@16 $block * 16)),*] };
    (@16 $b:expr) => { [method::<{ $b }> as Fast, method::<{ $b + 1 }>, method::<{ $b + 2 }>, method::<{ $b + 3 }>, method::<{ $b + 4 }>, method::<{ $b + 5 }>, method::<{ $b + 6 }>, method::<{ $b + 7 }>, method::<{ $b + 8 }>, method::<{ $b + 9 }>, method::<{ $b + 10 }>, method::<{ $b + 11 }>, method::<{ $b + 12 }>, method::<{ $b + 13 }>, method::<{ $b + 14 }>, method::<{ $b + 15 }>] };
}

static METHODS: [[Fast; 16]; 64] = trampolines!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);

/// A method definition that lives as long as the process.
fn definition(name: &str, doc: &str, entry: Fast) -> PyResult<*mut ffi::PyMethodDef> {
    let text = |s: &str| CString::new(s).map(CString::into_raw).map_err(|e| PyTypeError::new_err(e.to_string()));
    Ok(Box::into_raw(Box::new(ffi::PyMethodDef {
        ml_name: text(name)?,
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: entry },
        ml_flags: (ffi::METH_FASTCALL | ffi::METH_KEYWORDS) as c_int,
        ml_doc: text(doc)?,
    })))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = m.py();
    let class = py.get_type::<PyTensor>();
    let module_name = m.name()?;
    for (i, entry) in entries().iter().enumerate() {
        let doc = format!("{}\n\n{}.", entry.op.schema, entry.op.doc);
        let number = i.into_pyobject(py)?;
        let def = definition(entry.name, &doc, function)?;
        // SAFETY: the definition is never freed; the number is an object.
        let f: Bound<'_, PyAny> = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyCFunction_NewEx(def, number.as_ptr(), module_name.as_ptr()))? };
        m.add(entry.name, f)?;
        let takes_self = entry.signature.params.first().is_some_and(|p| p.name == "self" && p.ty.is_tensor());
        let native = class.hasattr(entry.name)? && !entry.in_place;
        let shown = if entry.in_place { entry.op.shown().in_place } else { entry.op.shown().method };
        if takes_self && !native && shown {
            let fast = METHODS.get(i / 16).map(|block| block[i % 16]).ok_or_else(|| PyTypeError::new_err("more rows than method trampolines"))?;
            let def = definition(entry.name, &doc, fast)?;
            // SAFETY: as above; the class lives as long as the process.
            let descriptor: Bound<'_, PyAny> =
                unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyDescr_NewMethod(class.as_ptr() as *mut ffi::PyTypeObject, def))? };
            class.setattr(entry.name, descriptor)?;
        }
    }
    Ok(())
}

/// The names of all rows, in order of the table.
pub fn names() -> Vec<&'static str> {
    ops::table().iter().map(|op| op.name()).collect()
}

/// The names of the rows that are functions of the package.
pub fn functions() -> Vec<&'static str> {
    ops::table().iter().filter(|op| op.shown().function).map(|op| op.name()).collect()
}
