//! Memory shared with NumPy and with anything that offers the buffer protocol; storages.

use crate::errors::OrRaise;
use crate::tensor::{PyTensor, scalar_object, wrap};
use crate::types::extract_dtype;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use rushlight_core::storage::Storage;
use rushlight_core::{DType, Layout, Tensor, iter};
use rushlight_kernels::match_dtype;
use std::sync::Arc;

/// NumPy's code of a dtype.
fn typestr(dtype: DType) -> PyResult<&'static str> {
    Ok(match dtype {
        DType::Bool => "|b1",
        DType::U8 => "|u1",
        DType::I8 => "|i1",
        DType::I16 => "<i2",
        DType::I32 => "<i4",
        DType::I64 => "<i8",
        DType::U16 => "<u2",
        DType::U32 => "<u4",
        DType::U64 => "<u8",
        DType::F16 => "<f2",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::C64 => "<c8",
        DType::C128 => "<c16",
        DType::BF16 => return Err(PyTypeError::new_err("Got unsupported ScalarType BFloat16: NumPy has no such type, convert with .float() first")),
    })
}

fn from_typestr(text: &str) -> PyResult<DType> {
    let native = !text.starts_with('>');
    let found = DType::ALL.into_iter().filter(|&d| d != DType::BF16).find(|&d| typestr(d).is_ok_and(|t| t[1..] == text[1..]));
    match found {
        Some(d) if native || d.size() == 1 => Ok(d),
        Some(_) => Err(PyValueError::new_err("given numpy array has byte order different from the native byte order. Conversion between byte orders is currently not supported.")),
        None => Err(PyTypeError::new_err(format!("can't convert np.ndarray of type {text}. The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."))),
    }
}

/// An object that NumPy sees as an array over the tensor's memory.
#[pyclass(name = "_ArrayView", module = "rushlight._C", frozen)]
struct ArrayView(Tensor);

#[pymethods]
impl ArrayView {
    #[new]
    fn new(tensor: &Bound<'_, PyTensor>) -> ArrayView {
        ArrayView(tensor.get().get_tensor().clone())
    }
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let t = &self.0;
        let out = PyDict::new(py);
        out.set_item("version", 3)?;
        out.set_item("shape", PyTuple::new(py, t.shape())?)?;
        out.set_item("typestr", typestr(t.dtype())?)?;
        out.set_item("data", (iter::pointer(t) as usize, t.storage().is_read_only()))?;
        out.set_item("strides", PyTuple::new(py, t.strides().iter().map(|&s| s * t.dtype().size() as isize))?)?;
        Ok(out)
    }
}

/// A NumPy array (or something that describes itself as one), if the object is that.
pub fn array_like<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if obj.hasattr("__array_interface__")? {
        return Ok(Some(obj.clone()));
    }
    if obj.hasattr("__array__")? {
        return obj.call_method0("__array__").map(Some);
    }
    Ok(None)
}

/// Keeps a Python object alive from native memory.
struct Owner(#[allow(dead_code)] Option<Py<PyAny>>);

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            Python::attach(|_| drop(object));
        }
    }
}

/// A tensor over the memory of a NumPy array.
#[pyfunction]
pub fn from_numpy<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    if !array.hasattr("__array_interface__")? {
        return Err(PyTypeError::new_err(format!("expected np.ndarray (got {})", array.get_type().name()?)));
    }
    let interface = array.getattr("__array_interface__")?;
    let text: String = interface.get_item("typestr")?.extract()?;
    let dtype = from_typestr(&text)?;
    let shape: Vec<usize> = interface.get_item("shape")?.extract()?;
    let (address, read_only): (usize, bool) = interface.get_item("data")?.extract()?;
    let size = dtype.size() as isize;
    let strides: Vec<isize> = match interface.get_item("strides") {
        Ok(s) if !s.is_none() => s.extract()?,
        _ => rushlight_core::layout::contiguous_strides(&shape).iter().map(|s| s * size).collect(),
    };
    let empty = shape.contains(&0);
    if !empty && strides.iter().zip(&shape).any(|(&s, &n)| s < 0 && n > 1) {
        return Err(PyValueError::new_err("At least one stride in the given numpy array is negative, and tensors with negative strides are not currently supported. (You can probably work around this by making a copy of your array with array.copy().)"));
    }
    if !empty && strides.iter().zip(&shape).any(|(&s, &n)| s % size != 0 && n > 1) || address % dtype.size().min(8) != 0 {
        return Err(PyValueError::new_err("given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory."));
    }
    let strides = if empty { rushlight_core::layout::contiguous_strides(&shape).to_vec() } else { strides.iter().map(|&s| (s / size).max(0)).collect() };
    let layout = Layout { shape: shape.into_iter().collect(), strides: strides.into_iter().collect(), offset: 0 };
    let bytes = layout.span().map_or(0, |(_, end)| end * dtype.size());
    // SAFETY: the array describes `bytes` bytes at its address and is kept alive by the storage.
    let storage = unsafe { Storage::foreign(address as *mut u8, bytes, read_only, Box::new(Owner(Some(array.clone().unbind())))) };
    wrap(py, Tensor::from_storage(storage, layout, dtype).or_raise()?)
}

/// A tensor over an object with the buffer protocol (bytes, bytearray, mmap, memoryview), kept alive.
#[pyfunction]
#[pyo3(signature = (buffer, dtype, count=-1, offset=0))]
fn _from_buffer<'py>(buffer: &Bound<'py, PyAny>, dtype: &Bound<'py, PyAny>, count: i64, offset: usize) -> PyResult<Bound<'py, PyAny>> {
    let dtype = extract_dtype(dtype).ok_or_else(|| PyTypeError::new_err("dtype must be torch.dtype"))?;
    let view = PyUntypedBuffer::get(buffer)?;
    let available = view.len_bytes();
    if available == 0 || offset >= available && count != 0 {
        return Err(PyValueError::new_err(format!("offset ({offset} bytes) must be non-negative and no greater than buffer length ({available} bytes) minus 1")));
    }
    let n = if count < 0 { (available - offset) / dtype.size() } else { count as usize };
    if count < 0 && (available - offset) % dtype.size() != 0 {
        return Err(PyValueError::new_err(format!("buffer length ({} bytes) after offset ({offset} bytes) must be a multiple of element size ({})", available - offset, dtype.size())));
    }
    if n.checked_mul(dtype.size()).is_none_or(|bytes| bytes > available - offset) {
        return Err(PyValueError::new_err(format!("requested buffer length ({n} * {} bytes) after offset ({offset} bytes) must not be greater than actual buffer length ({available} bytes)", dtype.size())));
    }
    let address = view.buf_ptr() as usize + offset;
    if address % dtype.size().min(8) != 0 {
        return Err(PyValueError::new_err("the buffer is not aligned to its element size: copy it first"));
    }
    let read_only = view.readonly();
    let bytes = n * dtype.size();
    let keep: Box<dyn std::any::Any + Send + Sync> = Box::new(BufferOwner(Some(view)));
    // SAFETY: the buffer view keeps `bytes` bytes at the address valid while it lives.
    let storage = unsafe { Storage::foreign(address as *mut u8, bytes, read_only, keep) };
    wrap(buffer.py(), Tensor::from_storage(storage, Layout::contiguous(&[n]), dtype).or_raise()?)
}

/// Releases a buffer view with the interpreter lock held.
struct BufferOwner(Option<PyUntypedBuffer>);

// SAFETY: the view is only dropped, with the interpreter lock held.
unsafe impl Send for BufferOwner {}
// SAFETY: as above.
unsafe impl Sync for BufferOwner {}

impl Drop for BufferOwner {
    fn drop(&mut self) {
        if let Some(view) = self.0.take() {
            Python::attach(|_| drop(view));
        }
    }
}

/// The block of memory behind a tensor.
#[pyclass(name = "UntypedStorage", module = "rushlight", frozen)]
pub struct UntypedStorage(pub Arc<Storage>);

#[pymethods]
impl UntypedStorage {
    #[new]
    #[pyo3(signature = (bytes=0))]
    fn new(bytes: usize) -> PyResult<UntypedStorage> {
        Ok(UntypedStorage(Storage::zeroed(bytes).or_raise()?))
    }
    fn nbytes(&self) -> usize {
        self.0.bytes()
    }
    fn size(&self) -> usize {
        self.0.bytes()
    }
    fn __len__(&self) -> usize {
        self.0.bytes()
    }
    fn data_ptr(&self) -> usize {
        self.0.ptr() as usize
    }
    #[getter]
    fn _cdata(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<Py<crate::types::PyDevice>> {
        crate::types::device_object(py, rushlight_core::Device::Cpu)
    }
    fn __eq__(&self, other: &Bound<'_, UntypedStorage>) -> bool {
        Arc::ptr_eq(&self.0, &other.get().0)
    }
    fn __hash__(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let out = PyDict::new(py);
        out.set_item("version", 3)?;
        out.set_item("shape", (self.0.bytes(),))?;
        out.set_item("typestr", "|u1")?;
        out.set_item("data", (self.0.ptr() as usize, self.0.is_read_only()))?;
        Ok(out)
    }
}

#[pyfunction]
fn _storage<'py>(tensor: &Bound<'py, PyTensor>) -> UntypedStorage {
    UntypedStorage(tensor.get().get_tensor().storage().clone())
}

/// Nested lists of numbers.
pub fn to_list<'py>(py: Python<'py>, t: &Tensor) -> PyResult<Bound<'py, PyAny>> {
    if t.is_meta() {
        return Err(PyNotImplementedError::new_err("Cannot copy out of meta tensor; no data!"));
    }
    if t.ndim() == 0 {
        return scalar_object(py, t.item().or_raise()?);
    }
    let flat = t.detach().or_raise()?.contiguous().or_raise()?;
    match_dtype!(flat.dtype(), T => {
        let values = iter::slice::<T>(&flat).or_raise()?;
        nested(py, t.shape(), &mut values.iter().map(|&v| rushlight_core::Scalar::of(v)))
    })
}

/// One dimension after another, values taken in order.
fn nested<'py>(py: Python<'py>, shape: &[usize], values: &mut dyn Iterator<Item = rushlight_core::Scalar>) -> PyResult<Bound<'py, PyAny>> {
    let Some((&n, rest)) = shape.split_first() else {
        return scalar_object(py, values.next().unwrap_or(rushlight_core::Scalar::Int(0)));
    };
    let out = PyList::empty(py);
    for _ in 0..n {
        out.append(nested(py, rest, values)?)?;
    }
    Ok(out.into_any())
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<ArrayView>()?;
    m.add_class::<UntypedStorage>()?;
    m.add_function(wrap_pyfunction!(from_numpy, m)?)?;
    m.add_function(wrap_pyfunction!(_from_buffer, m)?)?;
    m.add_function(wrap_pyfunction!(_storage, m)?)?;
    Ok(())
}
