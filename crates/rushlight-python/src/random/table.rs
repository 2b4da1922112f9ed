//! The list of random functions and methods, and how they become attributes of the module and of Tensor.

use super::arguments::Arguments;
use super::{dropouts, factories, fills, hook, samples};
use crate::override_;
use crate::tensor::PyTensor;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rushlight_core::ops::schema::{Signature, parse};
use rushlight_core::ops::{Op, Rule};
use std::ffi::CString;
use std::sync::OnceLock;

type Run = for<'py> fn(&Arguments<'py>) -> PyResult<Bound<'py, PyAny>>;

/// One function or method: its calling forms, the keywords beside them, and what it does.
struct Row {
    forms: &'static [&'static str],
    options: &'static [&'static str],
    kind: Kind,
    run: Run,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A function without tensors, which a hook may stand in for.
    Factory,
    Function,
    Method,
    Both,
}
use Kind::*;

const NEW: &[&str] = &["generator", "out", "dtype", "layout", "device", "pin_memory", "requires_grad"];
const LIKE: &[&str] = &["generator", "dtype", "layout", "device", "pin_memory", "requires_grad", "memory_format"];
const SAMPLE: &[&str] = &["generator", "out"];
const GENERATOR: &[&str] = &["generator"];

const fn row(kind: Kind, options: &'static [&'static str], run: Run, forms: &'static [&'static str]) -> Row {
    Row { forms, options, kind, run }
}

static ROWS: [Row; 32] = [
    row(Factory, NEW, factories::rand, &["rand(int[...] size) -> Tensor"]),
    row(Factory, NEW, factories::randn, &["randn(int[...] size) -> Tensor"]),
    row(Factory, NEW, factories::randint, &["randint(int high, int[] size) -> Tensor", "randint(int low, int high, int[] size) -> Tensor"]),
    row(Factory, NEW, factories::randperm, &["randperm(int n) -> Tensor"]),
    row(Function, LIKE, factories::rand_like, &["rand_like(Tensor self) -> Tensor"]),
    row(Function, LIKE, factories::randn_like, &["randn_like(Tensor self) -> Tensor"]),
    row(Function, LIKE, factories::randint_like, &["randint_like(Tensor self, int high) -> Tensor", "randint_like(Tensor self, int low, int high) -> Tensor"]),
    row(
        Factory,
        NEW,
        samples::normal,
        &["normal(Tensor mean, Operand std=1) -> Tensor", "normal(float mean, Tensor std) -> Tensor", "normal(float mean, float std, int[] size) -> Tensor"],
    ),
    row(Both, SAMPLE, samples::bernoulli, &["bernoulli(Tensor self) -> Tensor", "bernoulli(Tensor self, float p) -> Tensor"]),
    row(Both, SAMPLE, samples::multinomial, &["multinomial(Tensor self, int num_samples, bool replacement=False) -> Tensor"]),
    row(Function, GENERATOR, samples::poisson, &["poisson(Tensor self) -> Tensor"]),
    row(Function, GENERATOR, samples::binomial, &["binomial(Tensor count, Tensor prob) -> Tensor"]),
    row(Function, GENERATOR, samples::standard_gamma, &["_standard_gamma(Tensor self) -> Tensor"]),
    row(Function, &[], samples::standard_gamma_grad, &["_standard_gamma_grad(Tensor self, Tensor output) -> Tensor"]),
    row(Function, GENERATOR, samples::dirichlet, &["_sample_dirichlet(Tensor self) -> Tensor"]),
    row(Method, GENERATOR, fills::uniform, &["uniform_(Tensor self, float from=0, float to=1) -> Tensor"]),
    row(Method, GENERATOR, fills::normal, &["normal_(Tensor self, float mean=0, float std=1) -> Tensor"]),
    row(Method, GENERATOR, fills::bernoulli, &["bernoulli_(Tensor self, Tensor p) -> Tensor", "bernoulli_(Tensor self, float p=0.5) -> Tensor"]),
    row(Method, GENERATOR, fills::exponential, &["exponential_(Tensor self, float lambd=1) -> Tensor"]),
    row(Method, GENERATOR, fills::cauchy, &["cauchy_(Tensor self, float median=0, float sigma=1) -> Tensor"]),
    row(Method, GENERATOR, fills::log_normal, &["log_normal_(Tensor self, float mean=1, float std=2) -> Tensor"]),
    row(Method, GENERATOR, fills::geometric, &["geometric_(Tensor self, float p) -> Tensor"]),
    row(
        Method,
        GENERATOR,
        fills::integers,
        &["random_(Tensor self) -> Tensor", "random_(Tensor self, int to) -> Tensor", "random_(Tensor self, int from, int? to) -> Tensor"],
    ),
    row(Function, &[], dropouts::dropout, &["dropout(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::dropout_, &["dropout_(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::feature_dropout, &["feature_dropout(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::feature_dropout_, &["feature_dropout_(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::alpha_dropout, &["alpha_dropout(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::alpha_dropout_, &["alpha_dropout_(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::feature_alpha_dropout, &["feature_alpha_dropout(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::feature_alpha_dropout_, &["feature_alpha_dropout_(Tensor self, float p, bool train) -> Tensor"]),
    row(Function, &[], dropouts::native_dropout, &["native_dropout(Tensor self, float p, bool? train) -> Tensor"]),
];

impl Row {
    fn name(&self) -> &'static str {
        self.forms[0].split('(').next().unwrap_or_default()
    }
}

/// The calling forms of every row, parsed once.
fn signatures(index: usize) -> &'static [Signature] {
    static ALL: OnceLock<Vec<Vec<Signature>>> = OnceLock::new();
    let signature = |form: &&'static str| parse(&Op::new(form, Rule::Composite(|c| Err(c.unsupported(rushlight_core::DType::F32)))));
    &ALL.get_or_init(|| ROWS.iter().map(|row| row.forms.iter().map(signature).collect()).collect())[index]
}

fn call<'py>(index: usize, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>, method: bool) -> PyResult<Bound<'py, PyAny>> {
    let (row, py) = (&ROWS[index], args.py());
    let func = || if method { py.get_type::<PyTensor>().getattr(row.name()) } else { py.import("rushlight._C")?.getattr(row.name()) };
    if let Some(out) = override_::intercept(func, args, kwargs)? {
        return Ok(out);
    }
    if row.kind == Factory && !args.iter().any(|a| a.is_instance_of::<PyTensor>()) {
        let empty = PyDict::new(py);
        if let Some(out) = hook::intercept(func, args, kwargs.unwrap_or(&empty))? {
            return Ok(out);
        }
    }
    (row.run)(&Arguments::read(signatures(index), row.options, args, kwargs)?)
}

/// Turns a C call into a Rust one.
///
/// # Safety
/// `args` is a tuple and `kwargs` a dictionary or null, both borrowed, as the interpreter passes them.
unsafe fn enter(index: usize, object: Option<*mut ffi::PyObject>, args: *mut ffi::PyObject, kwargs: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called by the interpreter with the lock held.
    let py = unsafe { Python::assume_attached() };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // SAFETY: borrowed objects of the interpreter's call.
        let args = unsafe { Bound::from_borrowed_ptr(py, args) }.cast_into::<PyTuple>()?;
        // SAFETY: as above; null stands for no keywords.
        let kwargs = unsafe { Bound::from_borrowed_ptr_or_opt(py, kwargs) }.map(Bound::cast_into::<PyDict>).transpose()?;
        // SAFETY: the method's own object, borrowed.
        let object = object.map(|o| unsafe { Bound::from_borrowed_ptr(py, o) });
        let method = object.is_some();
        let args = if method { PyTuple::new(py, object.into_iter().chain(args.iter()).collect::<Vec<_>>())? } else { args };
        call(index, &args, kwargs.as_ref(), method)
    }));
    match result {
        Ok(Ok(value)) => return value.into_ptr(),
        Ok(Err(error)) => error.restore(py),
        Err(_) => PyRuntimeError::new_err(format!("{}: internal error", ROWS[index].name())).restore(py),
    }
    std::ptr::null_mut()
}

unsafe extern "C" fn function(index: *mut ffi::PyObject, args: *mut ffi::PyObject, kwargs: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: `self` is the number the function was made with; the rest is the interpreter's own call.
    unsafe { enter(ffi::PyLong_AsSize_t(index), None, args, kwargs) }
}

unsafe extern "C" fn method<const I: usize>(object: *mut ffi::PyObject, args: *mut ffi::PyObject, kwargs: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the interpreter's own call.
    unsafe { enter(I, Some(object), args, kwargs) }
}

type Entry = unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

macro_rules! methods {
    ($($i:literal)*) => { [$(method::<$i> as Entry),*] };
}
static METHODS: [Entry; ROWS.len()] = methods!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

/// A method definition that lives as long as the process.
fn definition(row: &Row, entry: Entry) -> PyResult<*mut ffi::PyMethodDef> {
    let text = |s: String| CString::new(s).map(CString::into_raw).map_err(|e| PyTypeError::new_err(e.to_string()));
    Ok(Box::into_raw(Box::new(ffi::PyMethodDef {
        ml_name: text(row.name().into())?,
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: entry },
        ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
        ml_doc: text(format!("{}\n\nKeywords: {}.", row.forms.join("\n"), row.options.join(", ")))?,
    })))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let (py, class, module) = (m.py(), m.py().get_type::<PyTensor>(), m.name()?);
    for (i, row) in ROWS.iter().enumerate() {
        if row.kind != Method {
            let (number, def) = (i.into_pyobject(py)?, definition(row, function)?);
            // SAFETY: the definition is never freed; the number is an object.
            let f: Bound<'_, PyAny> = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyCFunction_NewEx(def, number.as_ptr(), module.as_ptr()))? };
            m.add(row.name(), f)?;
        }
        if matches!(row.kind, Method | Both) {
            let def = definition(row, METHODS[i])?;
            // SAFETY: as above; the class lives as long as the process.
            let descriptor: Bound<'_, PyAny> =
                unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyDescr_NewMethod(class.as_ptr() as *mut ffi::PyTypeObject, def))? };
            class.setattr(row.name(), descriptor)?;
        }
    }
    Ok(())
}
