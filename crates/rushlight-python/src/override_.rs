//! `__torch_function__`: subclasses of Tensor that take calls into their own hands.

use crate::tensor::PyTensor;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether any instance of an overriding subclass was ever made: until then nothing is checked.
static EVER: AtomicBool = AtomicBool::new(false);

thread_local! {
    static DISABLED: Cell<u32> = const { Cell::new(0) };
}

/// Notes the first instance of an overriding class.
pub fn note(cls: &Bound<'_, PyType>) -> PyResult<bool> {
    let base = cls.py().get_type::<PyTensor>();
    if cls.is(&base) {
        return Ok(false);
    }
    let Ok(handler) = cls.getattr("__torch_function__") else { return Ok(false) };
    let disabled = handler.getattr("_is_disabled").is_ok_and(|d| d.is_truthy().unwrap_or(false))
        || handler.getattr("__name__").is_ok_and(|n| n.extract::<String>().is_ok_and(|n| n == "_disabled_torch_function_impl"));
    if !disabled {
        EVER.store(true, Ordering::Relaxed);
    }
    Ok(!disabled)
}

/// Whether calls must look for overriding arguments now.
#[inline]
pub fn active() -> bool {
    EVER.load(Ordering::Relaxed) && DISABLED.get() == 0
}

fn overrides(obj: &Bound<'_, PyAny>) -> bool {
    obj.cast::<PyTensor>().is_ok_and(|t| t.get().overrides)
}

/// The classes among the arguments that override, each once, subclasses before their bases.
fn overriding<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut found: Vec<Bound<'py, PyAny>> = Vec::new();
    for obj in items {
        if overrides(&obj) {
            add(&mut found, obj)?;
        } else if obj.is_instance_of::<pyo3::types::PyList>() || obj.is_instance_of::<PyTuple>() {
            for inner in obj.try_iter()? {
                let inner = inner?;
                if overrides(&inner) {
                    add(&mut found, inner)?;
                }
            }
        }
    }
    Ok(found)
}

fn add<'py>(found: &mut Vec<Bound<'py, PyAny>>, obj: Bound<'py, PyAny>) -> PyResult<()> {
    let ty = obj.get_type();
    if found.iter().any(|f| f.get_type().is(&ty)) {
        return Ok(());
    }
    let mut at = found.len();
    for (i, f) in found.iter().enumerate() {
        if ty.is_subclass(&f.get_type())? {
            at = i;
            break;
        }
    }
    found.insert(at, obj);
    Ok(())
}

/// Gives the call to an overriding argument, if there is one.
pub fn intercept<'py>(
    func: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !active() {
        return Ok(None);
    }
    let keyword = kwargs.map(|k| k.values().into_iter().collect::<Vec<_>>()).unwrap_or_default();
    let found = overriding(args.iter().chain(keyword))?;
    if found.is_empty() {
        return Ok(None);
    }
    let py = args.py();
    let func = func()?;
    let types = PyTuple::new(py, found.iter().map(|f| f.get_type()))?;
    let empty = PyDict::new(py);
    let kwargs = kwargs.unwrap_or(&empty);
    for obj in &found {
        let out = obj.call_method1("__torch_function__", (&func, &types, args, kwargs))?;
        if !out.is(py.NotImplemented()) {
            return Ok(Some(out));
        }
    }
    Err(pyo3::exceptions::PyTypeError::new_err(format!(
        "no implementation found for '{}' on types that implement __torch_function__: {}",
        func.repr()?,
        types.repr()?
    )))
}

/// The bound form for methods written in Rust: `Tensor.name` with `self` first.
pub fn intercept_method<'py>(slf: &Bound<'py, PyAny>, name: &str, rest: &[&Bound<'py, PyAny>]) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !active() {
        return Ok(None);
    }
    let py = slf.py();
    let args = PyTuple::new(py, [&[slf], rest].concat())?;
    intercept(|| py.get_type::<PyTensor>().getattr(name), &args, None)
}

/// The form for functions of one tensor written in Rust.
pub fn intercept_function<'py>(name: &str, input: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !active() {
        return Ok(None);
    }
    let py = input.py();
    let args = PyTuple::new(py, [input])?;
    intercept(|| py.import("rushlight._C")?.getattr(name), &args, None)
}

/// While it is entered, subclasses do not override.
#[pyclass(name = "DisableTorchFunctionSubclass", module = "rushlight._C")]
struct Disable;

#[pymethods]
impl Disable {
    #[new]
    fn new() -> Disable {
        Disable
    }
    fn __enter__(slf: Py<Self>) -> Py<Self> {
        DISABLED.set(DISABLED.get() + 1);
        slf
    }
    #[pyo3(signature = (*_exc))]
    fn __exit__(&self, _exc: &Bound<'_, PyTuple>) {
        DISABLED.set(DISABLED.get().saturating_sub(1));
    }
}

/// Assigned as `__torch_function__`, switches overriding off for a class.
#[pyfunction]
#[pyo3(signature = (func, _types, args, kwargs=None))]
fn _disabled_torch_function_impl<'py>(
    func: &Bound<'py, PyAny>,
    _types: &Bound<'py, PyAny>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    DISABLED.set(DISABLED.get() + 1);
    let out = func.call(args.clone(), kwargs);
    DISABLED.set(DISABLED.get().saturating_sub(1));
    out
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Disable>()?;
    m.add("DisableTorchFunction", m.getattr("DisableTorchFunctionSubclass")?)?;
    m.add_function(wrap_pyfunction!(_disabled_torch_function_impl, m)?)
}
