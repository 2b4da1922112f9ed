//! `__torch_function__`: subclasses of Tensor, and modes, that take calls into their own hands.

use crate::tensor::PyTensor;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Whether any instance of an overriding subclass was ever made, or any mode entered: until then nothing is checked.
static EVER: AtomicBool = AtomicBool::new(false);

/// Whether functions written in Python know of such an instance.
static NOTED: AtomicBool = AtomicBool::new(false);

/// Whether an argument that is no tensor has ever defined `__torch_function__`.
static OTHERS: AtomicBool = AtomicBool::new(false);

thread_local! {
    static DISABLED: Cell<u32> = const { Cell::new(0) };
    /// The modes that this thread is in, innermost last.
    static MODES: RefCell<Vec<Py<PyAny>>> = const { RefCell::new(Vec::new()) };
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
        if !NOTED.swap(true, Ordering::Relaxed) {
            cls.py().import("rushlight._ops.registry")?.getattr("overriding_classes")?.call_method1("append", (cls,))?;
        }
    }
    Ok(!disabled)
}

/// Whether calls must look for modes and overriding arguments now.
#[inline]
pub fn active() -> bool {
    EVER.load(Ordering::Relaxed) && (DISABLED.get() == 0 || in_mode())
}

/// Whether this thread is in a mode.
#[inline]
fn in_mode() -> bool {
    MODES.with(|modes| !modes.borrow().is_empty())
}

/// Whether a tensor, or with `others` any object, takes calls.
fn overrides(obj: &Bound<'_, PyAny>, others: bool) -> bool {
    match obj.cast::<PyTensor>() {
        Ok(t) => t.get().overrides,
        Err(_) => others && obj.get_type().hasattr("__torch_function__").unwrap_or(false),
    }
}

/// Asks arguments that are no tensors and yet define `__torch_function__`, for a call that found them in a tensor's place.
pub fn ask_others<'py>(
    func: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    args: &Bound<'py, PyTuple>,
    kwargs: &Bound<'py, PyDict>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if overriding(args.iter().chain(kwargs.values().into_iter()), true)?.is_empty() {
        return Ok(None);
    }
    EVER.store(true, Ordering::Relaxed);
    OTHERS.store(true, Ordering::Relaxed);
    intercept(func, args, Some(kwargs))
}

/// The classes among the arguments that override, each once, subclasses before their bases.
fn overriding<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, others: bool) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut found: Vec<Bound<'py, PyAny>> = Vec::new();
    for obj in items {
        if overrides(&obj, others) {
            add(&mut found, obj)?;
        } else if obj.is_instance_of::<pyo3::types::PyList>() || obj.is_instance_of::<PyTuple>() {
            for inner in obj.try_iter()? {
                let inner = inner?;
                if overrides(&inner, others) {
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

/// Gives the call to the innermost mode, outside of which it then works.
fn ask_mode<'py>(
    func: &Bound<'py, PyAny>,
    types: &Bound<'py, PyTuple>,
    args: &Bound<'py, PyTuple>,
    kwargs: &Bound<'py, PyDict>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(mode) = MODES.with(|modes| modes.borrow_mut().pop()) else { return Ok(None) };
    let out = mode.bind(func.py()).call_method1("__torch_function__", (func, types, args, kwargs));
    MODES.with(|modes| modes.borrow_mut().push(mode));
    let out = out?;
    Ok(if out.is(func.py().NotImplemented()) { None } else { Some(out) })
}

/// Gives the call to a mode or an overriding argument, if there is one.
pub fn intercept<'py>(
    func: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !active() {
        return Ok(None);
    }
    let keyword = kwargs.map(|k| k.values().into_iter().collect::<Vec<_>>()).unwrap_or_default();
    let found = if DISABLED.get() == 0 { overriding(args.iter().chain(keyword), OTHERS.load(Ordering::Relaxed))? } else { Vec::new() };
    if found.is_empty() && !in_mode() {
        return Ok(None);
    }
    let py = args.py();
    let func = func()?;
    let types = PyTuple::new(py, found.iter().map(|f| f.get_type()))?;
    let empty = PyDict::new(py);
    let kwargs = kwargs.unwrap_or(&empty);
    let seen = in_mode();
    if let Some(out) = ask_mode(&func, &types, args, kwargs)? {
        return Ok(Some(out));
    }
    for obj in &found {
        let out = obj.call_method1("__torch_function__", (&func, &types, args, kwargs))?;
        if !out.is(py.NotImplemented()) {
            return Ok(Some(out));
        }
    }
    let by_mode = if seen { "\n\nThe mode that was entered returned it too." } else { "" };
    let listed: String = types.iter().map(|t| Ok(format!("\n\n  - tensor subclass {}", t.repr()?))).collect::<PyResult<_>>()?;
    Err(pyo3::exceptions::PyTypeError::new_err(format!(
        "Multiple dispatch failed for '{}'; all __torch_function__ handlers returned NotImplemented:{listed}{by_mode}\n\n\
         For more information, try re-running with TORCH_LOGS=not_implemented",
        public_name(&func)?
    )))
}

/// The name under which programs know a function.
fn public_name(func: &Bound<'_, PyAny>) -> PyResult<String> {
    let Ok(name) = func.getattr("__name__").and_then(|n| n.extract::<String>()) else { return Ok(func.repr()?.to_string()) };
    let method = func.py().get_type::<PyTensor>().getattr(name.as_str()).is_ok_and(|m| m.is(func));
    Ok(if method { format!("torch.Tensor.{name}") } else { format!("torch.{name}") })
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

/// The form for attributes: the function is the `__get__` of the one asked for.
pub fn intercept_property<'py>(slf: &Bound<'py, PyAny>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !active() {
        return Ok(None);
    }
    let py = slf.py();
    let args = PyTuple::new(py, [slf])?;
    intercept(|| py.get_type::<PyTensor>().getattr(name)?.getattr("__get__"), &args, None)
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

/// The form for factories after a tensor, which may be of an overriding class.
pub fn intercept_like<'py>(
    name: &str,
    positional: &Bound<'py, PyTuple>,
    named: &[(&str, Option<&Bound<'py, PyAny>>)],
    requires_grad: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !active() {
        return Ok(None);
    }
    intercept_named(name, positional, named, requires_grad)
}

/// The form for factories: what was given by position, and by name.
pub fn intercept_factory<'py>(
    name: &str,
    positional: &Bound<'py, PyTuple>,
    named: &[(&str, Option<&Bound<'py, PyAny>>)],
    requires_grad: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if !EVER.load(Ordering::Relaxed) || !in_mode() {
        return Ok(None);
    }
    intercept_named(name, positional, named, requires_grad)
}

fn intercept_named<'py>(
    name: &str,
    positional: &Bound<'py, PyTuple>,
    named: &[(&str, Option<&Bound<'py, PyAny>>)],
    requires_grad: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = positional.py();
    let kwargs = PyDict::new(py);
    for (key, value) in named {
        if let Some(value) = value {
            kwargs.set_item(key, value)?;
        }
    }
    if requires_grad {
        kwargs.set_item("requires_grad", true)?;
    }
    intercept(|| py.import("rushlight._C")?.getattr(name), positional, Some(&kwargs))
}

/// The form for functions written in Python: the result of a mode or an argument, or NotImplemented where none takes the call.
#[pyfunction]
fn _ask<'py>(func: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>, kwargs: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let out = intercept(|| Ok(func.clone()), args, Some(kwargs))?;
    Ok(out.unwrap_or_else(|| func.py().NotImplemented().into_bound(func.py())))
}

/// As `_ask`, outside of modes; in one NotImplemented, for the mode sees what the function calls.
#[pyfunction]
fn _ask_arguments<'py>(func: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>, kwargs: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    if in_mode() { Ok(func.py().NotImplemented().into_bound(func.py())) } else { _ask(func, args, kwargs) }
}

/// The form for functions written in Python that were given something else than a tensor.
#[pyfunction]
fn _ask_others<'py>(func: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>, kwargs: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let out = ask_others(|| Ok(func.clone()), args, kwargs)?;
    Ok(out.unwrap_or_else(|| func.py().NotImplemented().into_bound(func.py())))
}

/// Enters a mode on this thread.
#[pyfunction]
fn _push_mode(mode: Py<PyAny>) {
    EVER.store(true, Ordering::Relaxed);
    MODES.with(|modes| modes.borrow_mut().push(mode));
}

/// Leaves the innermost mode.
#[pyfunction]
fn _pop_mode() -> Option<Py<PyAny>> {
    MODES.with(|modes| modes.borrow_mut().pop())
}

/// The modes of this thread, innermost last.
#[pyfunction]
fn _modes(py: Python<'_>) -> Vec<Py<PyAny>> {
    MODES.with(|modes| modes.borrow().iter().map(|mode| mode.clone_ref(py)).collect())
}

/// While it is entered, neither subclasses nor modes override.
#[pyclass(name = "DisableTorchFunction", module = "rushlight._C", frozen)]
#[derive(Default)]
struct DisableAll {
    modes: Mutex<Vec<Py<PyAny>>>,
}

#[pymethods]
impl DisableAll {
    #[new]
    fn new() -> DisableAll {
        DisableAll::default()
    }
    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        DISABLED.set(DISABLED.get() + 1);
        *slf.get().hidden() = MODES.take();
        slf
    }
    #[pyo3(signature = (*_exc))]
    fn __exit__(&self, _exc: &Bound<'_, PyTuple>) {
        DISABLED.set(DISABLED.get().saturating_sub(1));
        MODES.set(std::mem::take(&mut self.hidden()));
    }
}

impl DisableAll {
    fn hidden(&self) -> MutexGuard<'_, Vec<Py<PyAny>>> {
        self.modes.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
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
    m.add_class::<DisableAll>()?;
    m.add_function(wrap_pyfunction!(_ask, m)?)?;
    m.add_function(wrap_pyfunction!(_ask_arguments, m)?)?;
    m.add_function(wrap_pyfunction!(_ask_others, m)?)?;
    m.add_function(wrap_pyfunction!(_push_mode, m)?)?;
    m.add_function(wrap_pyfunction!(_pop_mode, m)?)?;
    m.add_function(wrap_pyfunction!(_modes, m)?)?;
    m.add_function(wrap_pyfunction!(_disabled_torch_function_impl, m)?)
}
