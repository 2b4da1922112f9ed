//! `Generator`: a source of random numbers with a state that can be saved.

use crate::errors::OrRaise;
use crate::tensor::{tensor_of, wrap};
use crate::types::{PyDevice, device_object, extract_device};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyInt, PyType};
use rushlight_core::random::{self, Generator, Source};
use rushlight_core::{DType, Device, Tensor};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// A source of random numbers; `Generator(device='cpu')`.
#[pyclass(name = "Generator", module = "rushlight", frozen, subclass)]
#[derive(Clone)]
pub struct PyGenerator(pub Arc<Source>);

impl PyGenerator {
    fn of(generator: Generator) -> PyGenerator {
        PyGenerator(Arc::new(Source::new(generator)))
    }

    fn seed_with(&self, seed: u64) {
        random::lock(&self.0).manual_seed(seed);
    }
}

/// The seed of an integer: negative ones count from 2^64 down.
fn seed_of(seed: &Bound<'_, PyAny>) -> PyResult<u64> {
    if !seed.is_instance_of::<PyInt>() || seed.is_instance_of::<PyBool>() {
        let found = seed.get_type().name()?;
        return Err(PyRuntimeError::new_err(format!("manual_seed expected a long, but got {found}")));
    }
    let signed = seed.extract::<i64>().map(|s| s as u64);
    signed.or_else(|_| seed.extract::<u64>()).map_err(|_| PyValueError::new_err("Overflow when unpacking long long"))
}

#[pymethods]
impl PyGenerator {
    #[new]
    #[pyo3(signature = (device=None))]
    fn new(device: Option<&Bound<'_, PyAny>>) -> PyResult<PyGenerator> {
        match device.map(extract_device).transpose()? {
            None | Some(Device::Cpu) => Ok(PyGenerator::of(Generator::default())),
            Some(Device::Meta) => Err(PyRuntimeError::new_err("Generator: the meta device draws no numbers, use device='cpu'")),
        }
    }

    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<Py<PyDevice>> {
        device_object(py, Device::Cpu)
    }

    /// Starts anew with a seed in [-2^63, 2^64).
    fn manual_seed<'py>(slf: &Bound<'py, Self>, seed: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        slf.get().seed_with(seed_of(seed)?);
        Ok(slf.clone())
    }

    /// Starts anew with a seed of the system's, which is returned.
    fn seed(&self) -> u64 {
        let seed = RandomState::new().hash_one(std::time::SystemTime::now());
        self.seed_with(seed);
        seed
    }

    /// The seed it was started with.
    fn initial_seed(&self) -> u64 {
        random::lock(&self.0).initial_seed()
    }

    /// The state as a uint8 tensor.
    fn get_state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = random::lock(&self.0).get_state();
        wrap(py, Tensor::of(&bytes, &[bytes.len()]).or_raise()?)
    }

    /// Continues from a state of `get_state`.
    fn set_state<'py>(slf: &Bound<'py, Self>, new_state: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let Some(state) = tensor_of(new_state) else {
            return Err(PyTypeError::new_err(format!("expected a torch.ByteTensor, but got {}", new_state.get_type().name()?)));
        };
        if state.dtype() != DType::U8 || state.is_meta() {
            return Err(PyTypeError::new_err("RNG state must be a torch.ByteTensor"));
        }
        let bytes = state.to_vec::<u8>().or_raise()?;
        random::lock(&slf.get().0).set_state(&bytes).map_err(|e| PyRuntimeError::new_err(e.to_string()))?;
        Ok(slf.clone())
    }

    /// A generator of its own with the same state.
    fn clone_state(&self) -> PyGenerator {
        PyGenerator::of(random::lock(&self.0).clone())
    }

    /// Another handle on this generator: the two draw from one state.
    fn graphsafe_get_state(&self) -> PyGenerator {
        self.clone()
    }

    fn __copy__(&self) -> PyGenerator {
        self.clone_state()
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyGenerator {
        self.clone_state()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, (Py<PyDevice>,), Bound<'py, PyAny>)> {
        let py = slf.py();
        Ok((slf.get_type(), (device_object(py, Device::Cpu)?,), slf.get().get_state(py)?))
    }

    fn __setstate__(slf: &Bound<'_, Self>, state: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::set_state(slf, state).map(drop)
    }
}

/// The generator of everything that is not given one.
fn default_generator(py: Python<'_>) -> PyResult<&'static Py<PyGenerator>> {
    static DEFAULT: PyOnceLock<Py<PyGenerator>> = PyOnceLock::new();
    DEFAULT.get_or_try_init(py, || Py::new(py, PyGenerator::of(Generator::default())))
}

/// The source of a `generator=` argument.
pub fn source(py: Python<'_>, generator: Option<&Bound<'_, PyAny>>, name: &str) -> PyResult<Arc<Source>> {
    match generator {
        None => Ok(default_generator(py)?.get().0.clone()),
        Some(g) => match g.cast::<PyGenerator>() {
            Ok(g) => Ok(g.get().0.clone()),
            Err(_) => Err(PyTypeError::new_err(format!("{name}(): argument 'generator' must be torch.Generator, not {}", g.get_type().name()?))),
        },
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyGenerator>()?;
    m.add("default_generator", default_generator(m.py())?)
}
