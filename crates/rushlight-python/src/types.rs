//! dtype, device, memory format, layout: small immutable objects.

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use rushlight_core::{DType, Device, MemoryFormat};

/// An element type.
#[pyclass(name = "dtype", module = "rushlight", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash)]
pub struct PyDType(pub DType);

#[pymethods]
impl PyDType {
    fn __repr__(&self) -> String {
        format!("torch.{}", self.0.name())
    }
    fn __reduce__(&self) -> &'static str {
        self.0.name()
    }
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
    #[getter]
    fn itemsize(&self) -> usize {
        self.0.size()
    }
    #[getter]
    fn is_floating_point(&self) -> bool {
        self.0.is_float()
    }
    #[getter]
    fn is_complex(&self) -> bool {
        self.0.is_complex()
    }
    #[getter]
    fn is_signed(&self) -> bool {
        self.0.is_signed()
    }
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn to_real(&self, py: Python<'_>) -> Py<PyDType> {
        dtype_object(py, self.0.to_real())
    }
    fn to_complex(&self, py: Python<'_>) -> Py<PyDType> {
        dtype_object(py, self.0.to_complex())
    }
}

static DTYPES: PyOnceLock<Vec<Py<PyDType>>> = PyOnceLock::new();

/// The one object of a dtype.
pub fn dtype_object(py: Python<'_>, dtype: DType) -> Py<PyDType> {
    DTYPES.get(py).map_or_else(|| unreachable_dtype(py, dtype), |all| all[dtype as usize].clone_ref(py))
}

#[cold]
fn unreachable_dtype(py: Python<'_>, dtype: DType) -> Py<PyDType> {
    Py::new(py, PyDType(dtype)).expect("memory for a dtype object")
}

/// A dtype given as such, or as Python's bool, int, float, complex.
pub fn extract_dtype(obj: &Bound<'_, PyAny>) -> Option<DType> {
    if let Ok(d) = obj.cast::<PyDType>() {
        return Some(d.get().0);
    }
    let ty = obj.cast::<PyType>().ok()?;
    let name = ty.name().ok()?;
    match name.to_str().ok()? {
        "float" => Some(DType::F64),
        "int" => Some(DType::I64),
        "bool" => Some(DType::Bool),
        "complex" => Some(DType::C128),
        _ => None,
    }
}

/// A place tensors live in.
#[pyclass(name = "device", module = "rushlight", frozen, eq, hash)]
#[derive(PartialEq, Eq, Hash, Clone)]
pub struct PyDevice {
    #[pyo3(get, name = "type")]
    pub kind: String,
    #[pyo3(get)]
    pub index: Option<i64>,
}

const KNOWN: [&str; 12] = ["cpu", "meta", "cuda", "mps", "xpu", "xla", "hip", "hpu", "mtia", "vulkan", "privateuseone", "ipu"];

impl PyDevice {
    pub fn parse(text: &str) -> PyResult<PyDevice> {
        let (kind, index) = match text.split_once(':') {
            Some((kind, index)) => match index.parse::<i64>() {
                Ok(i) if i >= 0 => (kind, Some(i)),
                _ => return Err(PyRuntimeError::new_err(format!("Invalid device string: '{text}'"))),
            },
            None => (text, None),
        };
        if !KNOWN.contains(&kind) {
            return Err(PyRuntimeError::new_err(format!("Expected one of {} device type at start of device string: {text}", KNOWN.join(", "))));
        }
        Ok(PyDevice { kind: kind.to_string(), index })
    }

    /// Where the core can put tensors.
    pub fn core(&self) -> PyResult<Device> {
        match self.kind.as_str() {
            "cpu" => Ok(Device::Cpu),
            "meta" => Ok(Device::Meta),
            "cuda" => Err(pyo3::exceptions::PyAssertionError::new_err("Torch not compiled with CUDA enabled: Rushlight computes on the CPU, use device='cpu'")),
            other => Err(PyRuntimeError::new_err(format!("Rushlight has no {other} device: use device='cpu'"))),
        }
    }
}

#[pymethods]
impl PyDevice {
    #[new]
    #[pyo3(signature = (r#type, index=None))]
    fn new(r#type: &Bound<'_, PyAny>, index: Option<i64>) -> PyResult<PyDevice> {
        if let Ok(d) = r#type.cast::<PyDevice>() {
            return Ok(d.get().clone());
        }
        if let Ok(i) = r#type.extract::<i64>() {
            return Ok(PyDevice { kind: "cuda".into(), index: Some(i) });
        }
        let text: String = r#type.extract()?;
        let mut device = PyDevice::parse(&text)?;
        if index.is_some() {
            if device.index.is_some() {
                return Err(PyRuntimeError::new_err(format!("type (string) must not include an index because index was passed explicitly: {text}")));
            }
            device.index = index;
        }
        Ok(device)
    }
    fn __repr__(&self) -> String {
        match self.index {
            Some(i) => format!("device(type='{}', index={i})", self.kind),
            None => format!("device(type='{}')", self.kind),
        }
    }
    fn __str__(&self) -> String {
        match self.index {
            Some(i) => format!("{}:{i}", self.kind),
            None => self.kind.clone(),
        }
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyType>, (String, Option<i64>))> {
        Ok((py.get_type::<PyDevice>(), (self.kind.clone(), self.index)))
    }
    fn __enter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("rushlight._device_mode")?.call_method1("enter", (slf,))
    }
    #[pyo3(signature = (*_exc))]
    fn __exit__<'py>(slf: &Bound<'py, Self>, _exc: &Bound<'py, pyo3::types::PyTuple>) -> PyResult<()> {
        slf.py().import("rushlight._device_mode")?.call_method1("leave", (slf,)).map(drop)
    }
}

/// The object of a core device.
pub fn device_object(py: Python<'_>, device: Device) -> PyResult<Py<PyDevice>> {
    static CPU: PyOnceLock<Py<PyDevice>> = PyOnceLock::new();
    let make = |kind: &str| Py::new(py, PyDevice { kind: kind.into(), index: None });
    match device {
        Device::Cpu => Ok(CPU.get_or_try_init(py, || make("cpu"))?.clone_ref(py)),
        Device::Meta => make("meta"),
    }
}

/// A device given as such, by name, or not at all.
pub fn extract_device(obj: &Bound<'_, PyAny>) -> PyResult<Device> {
    if let Ok(d) = obj.cast::<PyDevice>() {
        return d.get().core();
    }
    if let Ok(text) = obj.extract::<String>() {
        return PyDevice::parse(&text)?.core();
    }
    if obj.extract::<i64>().is_ok() {
        return PyDevice { kind: "cuda".into(), index: None }.core();
    }
    Err(PyTypeError::new_err(format!("device must be a torch.device or str, not {}", obj.get_type().name()?)))
}

/// The order of dimensions in memory.
#[pyclass(name = "memory_format", module = "rushlight", frozen)]
pub struct PyMemoryFormat(pub MemoryFormat);

fn format_name(format: MemoryFormat) -> &'static str {
    match format {
        MemoryFormat::Contiguous => "contiguous_format",
        MemoryFormat::Preserve => "preserve_format",
        MemoryFormat::ChannelsLast => "channels_last",
        MemoryFormat::ChannelsLast3d => "channels_last_3d",
    }
}

#[pymethods]
impl PyMemoryFormat {
    fn __repr__(&self) -> String {
        format!("torch.{}", format_name(self.0))
    }
    fn __reduce__(&self) -> &'static str {
        format_name(self.0)
    }
}

/// How elements are stored; here always strided.
#[pyclass(name = "layout", module = "rushlight", frozen)]
pub struct PyLayout(&'static str);

#[pymethods]
impl PyLayout {
    fn __repr__(&self) -> String {
        format!("torch.{}", self.0)
    }
    fn __reduce__(&self) -> &'static str {
        self.0
    }
}

/// The layout object of dense tensors.
pub fn strided(py: Python<'_>) -> PyResult<Py<PyLayout>> {
    static STRIDED: PyOnceLock<Py<PyLayout>> = PyOnceLock::new();
    Ok(STRIDED.get_or_try_init(py, || Py::new(py, PyLayout("strided")))?.clone_ref(py))
}

/// Refuses the layouts of sparse and nested tensors.
pub fn check_dense(layout: &Bound<'_, PyAny>) -> PyResult<()> {
    match layout.cast::<PyLayout>() {
        Ok(found) if found.get().0 == "strided" => Ok(()),
        Ok(found) => Err(PyRuntimeError::new_err(format!("only strided tensors are supported, not layout torch.{}: leave `layout` out", found.get().0))),
        Err(_) => Err(PyTypeError::new_err(format!("argument 'layout' must be torch.layout, not {}", layout.get_type().name()?))),
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = m.py();
    m.add_class::<PyDType>()?;
    m.add_class::<PyDevice>()?;
    m.add_class::<PyMemoryFormat>()?;
    m.add_class::<PyLayout>()?;
    let mut all = Vec::new();
    for dtype in DType::ALL {
        let object = Py::new(py, PyDType(dtype))?;
        m.add(dtype.name(), object.clone_ref(py))?;
        all.push(object);
    }
    let _ = DTYPES.set(py, all);
    for format in [MemoryFormat::Contiguous, MemoryFormat::Preserve, MemoryFormat::ChannelsLast, MemoryFormat::ChannelsLast3d] {
        m.add(format_name(format), Py::new(py, PyMemoryFormat(format))?)?;
    }
    m.add("strided", strided(py)?)?;
    for name in ["sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged", "_mkldnn"] {
        m.add(name, Py::new(py, PyLayout(name))?)?;
    }
    Ok(())
}
