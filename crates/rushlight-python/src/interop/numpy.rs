//! NumPy arrays over tensors and tensors over NumPy arrays.

use super::{Owner, UntypedStorage, address, byte_strides, dtype_of_format, reach};
use crate::errors::OrRaise;
use crate::tensor::{PyTensor, wrap};
use numpy::npyffi::{NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, get_type_object, npy_intp};
use numpy::{Complex32, Complex64, Element, PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use rushlight_core::storage::Storage;
use rushlight_core::{DType, Layout, Tensor};
use smallvec::SmallVec;
use std::any::Any;

const CONVERTIBLE: &str = "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool.";

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

/// The dtype of NumPy's code; `name` is how NumPy calls the type.
fn from_typestr(text: &str, name: &str) -> PyResult<DType> {
    let known = |d: DType| typestr(d).is_ok_and(|t| text.get(1..) == t.get(1..));
    match DType::ALL.into_iter().find(|&d| known(d)) {
        Some(d) if d.size() == 1 || !text.starts_with('>') => Ok(d),
        Some(_) => Err(PyValueError::new_err(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is currently not supported.",
        )),
        None => Err(PyTypeError::new_err(format!("can't convert np.ndarray of type {name}. The only supported types are: {CONVERTIBLE}"))),
    }
}

/// NumPy's description of a dtype.
fn descriptor(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyArrayDescr>> {
    Ok(match dtype {
        DType::Bool => bool::get_dtype(py),
        DType::U8 => u8::get_dtype(py),
        DType::U16 => u16::get_dtype(py),
        DType::U32 => u32::get_dtype(py),
        DType::U64 => u64::get_dtype(py),
        DType::I8 => i8::get_dtype(py),
        DType::I16 => i16::get_dtype(py),
        DType::I32 => i32::get_dtype(py),
        DType::I64 => i64::get_dtype(py),
        DType::F16 => half::f16::get_dtype(py),
        DType::F32 => f32::get_dtype(py),
        DType::F64 => f64::get_dtype(py),
        DType::C64 => Complex32::get_dtype(py),
        DType::C128 => Complex64::get_dtype(py),
        DType::BF16 => return Err(PyTypeError::new_err("Got unsupported ScalarType BFloat16: NumPy has no such type, convert with .float() first")),
    })
}

/// A NumPy array over the memory of a tensor.
#[pyfunction]
fn _array<'py>(tensor: &Bound<'py, PyTensor>) -> PyResult<Bound<'py, PyAny>> {
    let (py, t) = (tensor.py(), tensor.get().get_tensor());
    if t.requires_grad() && rushlight_core::autograd::grad_enabled() {
        return Err(PyRuntimeError::new_err("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."));
    }
    if t.is_meta() {
        return Err(PyTypeError::new_err("can't convert meta device type tensor to numpy: it has no data"));
    }
    let mut shape: SmallVec<[npy_intp; 5]> = t.shape().iter().map(|&n| n as npy_intp).collect();
    let mut strides: SmallVec<[npy_intp; 5]> = byte_strides(t).collect();
    let descriptor = descriptor(py, t.dtype())?;
    let memory = Bound::new(py, UntypedStorage(t.storage().clone()))?;
    let flags = if t.storage().is_read_only() { 0 } else { NPY_ARRAY_WRITEABLE };
    // SAFETY: shape and strides describe memory that the storage, which becomes the array's base, keeps; NumPy takes over the
    // references to the descriptor and to the base.
    unsafe {
        let class = get_type_object(py, NpyTypes::PyArray_Type);
        let (dims, steps, data) = (shape.as_mut_ptr(), strides.as_mut_ptr(), address(t) as *mut _);
        let made = PY_ARRAY_API.PyArray_NewFromDescr(py, class, descriptor.into_dtype_ptr(), shape.len() as _, dims, steps, data, flags, std::ptr::null_mut());
        let array = Bound::from_owned_ptr_or_err(py, made)?;
        match PY_ARRAY_API.PyArray_SetBaseObject(py, made as _, memory.into_ptr()) {
            0 => Ok(array),
            _ => Err(PyErr::fetch(py)),
        }
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

/// The dtype of a NumPy array or scalar.
pub fn array_dtype(obj: &Bound<'_, PyAny>) -> PyResult<DType> {
    let dtype = obj.getattr("dtype")?;
    from_typestr(&dtype.getattr("str")?.extract::<String>()?, &scalar_name(&dtype)?)
}

/// `numpy.float32`.
fn scalar_name(dtype: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(format!("numpy.{}", dtype.getattr("type")?.getattr("__name__")?))
}

/// What an array says about itself.
struct Described {
    dtype: DType,
    shape: Vec<usize>,
    /// In bytes; absent for row-major arrays.
    strides: Option<Vec<isize>>,
    address: usize,
    read_only: bool,
}

impl Described {
    /// What NumPy's own structure says; absent if it is of another element type or byte order.
    fn of_array(array: &Bound<'_, PyUntypedArray>) -> Option<Described> {
        let element = array.dtype();
        let known = |d: DType| typestr(d).is_ok_and(|t| t.as_bytes()[1] == element.kind()) && d.size() == element.itemsize();
        let dtype = DType::ALL.into_iter().find(|&d| known(d)).filter(|_| element.is_native_byteorder() != Some(false))?;
        // SAFETY: the structure of a living array.
        let fields = unsafe { &(*array.as_array_ptr()).fields };
        Some(Described {
            dtype,
            shape: array.shape().to_vec(),
            strides: Some(array.strides().to_vec()),
            address: fields.data as usize,
            read_only: fields.flags & NPY_ARRAY_WRITEABLE == 0,
        })
    }

    /// Quicker than `read`; absent if the object offers no buffer of a known element type.
    fn of_buffer(view: &PyUntypedBuffer) -> Option<Described> {
        let dtype = dtype_of_format(view.format())?;
        Some(Described {
            dtype,
            shape: view.shape().to_vec(),
            strides: Some(view.strides().to_vec()),
            address: view.buf_ptr() as usize,
            read_only: view.readonly(),
        })
    }

    fn read(array: &Bound<'_, PyAny>) -> PyResult<Described> {
        let interface = array.getattr("__array_interface__")?;
        let text: String = interface.get_item("typestr")?.extract()?;
        let name = array.getattr("dtype").and_then(|d| scalar_name(&d)).unwrap_or_else(|_| text.clone());
        let dtype = from_typestr(&text, &name)?;
        let strides = interface.get_item("strides").ok().filter(|s| !s.is_none());
        let (address, read_only) = interface.get_item("data")?.extract()?;
        Ok(Described { dtype, shape: interface.get_item("shape")?.extract()?, strides: strides.map(|s| s.extract()).transpose()?, address, read_only })
    }

    /// A tensor over the memory, which the owner keeps alive.
    fn tensor(self, owner: Box<dyn Any + Send + Sync>) -> PyResult<Tensor> {
        let layout = self.layout()?;
        if !self.address.is_multiple_of(self.dtype.size().min(8)) {
            return Err(PyValueError::new_err("given numpy array is not aligned to its element size. Copy the numpy array to reallocate the memory."));
        }
        let bytes = reach(&layout, self.dtype.size());
        // SAFETY: the array describes `bytes` bytes at its address and is kept alive by its owner.
        let storage = unsafe { Storage::foreign(self.address as *mut u8, bytes, self.read_only, owner) };
        Tensor::from_storage(storage, layout, self.dtype).or_raise()
    }

    /// In elements; the strides of dimensions of size one are free, those of an empty array too.
    fn layout(&self) -> PyResult<Layout> {
        let mut layout = Layout::contiguous(&self.shape);
        let Some(strides) = self.strides.as_ref().filter(|_| !self.shape.contains(&0)) else { return Ok(layout) };
        let size = self.dtype.size() as isize;
        for ((out, &stride), &n) in layout.strides.iter_mut().zip(strides).zip(&self.shape) {
            if stride < 0 && n > 1 {
                return Err(PyValueError::new_err(
                    "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently supported. (You can probably work around this by making a copy of your array  with array.copy().) ",
                ));
            }
            if stride % size != 0 && n > 1 {
                return Err(PyValueError::new_err(
                    "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory.",
                ));
            }
            *out = (stride / size).max(0);
        }
        Ok(layout)
    }
}

/// A tensor over the memory of a NumPy array.
#[pyfunction]
fn from_numpy<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // NumPy's scalars describe themselves as arrays do, but have no items. Asking the type first spares NumPy a description.
    let has = |name: &str| -> PyResult<bool> { Ok(array.get_type().hasattr(name)? || array.hasattr(name)?) };
    if !array.is_instance_of::<PyUntypedArray>() && (!has("__array_interface__")? || has("item")? && !has("__setitem__")?) {
        return Err(PyTypeError::new_err(format!("expected np.ndarray (got {})", array.get_type().fully_qualified_name()?)));
    }
    wrap(array.py(), from_array(array)?)
}

/// A tensor over the memory of an object that describes itself as an array.
pub fn from_array(array: &Bound<'_, PyAny>) -> PyResult<Tensor> {
    if let Ok(known) = array.cast::<PyUntypedArray>()
        && let Some(described) = Described::of_array(known)
    {
        return described.tensor(Owner::boxed(array.clone().unbind()));
    }
    if let Ok(view) = PyUntypedBuffer::get(array)
        && let Some(described) = Described::of_buffer(&view)
    {
        return described.tensor(Owner::boxed(view));
    }
    Described::read(array)?.tensor(Owner::boxed(array.clone().unbind()))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(_array, m)?)?;
    m.add_function(wrap_pyfunction!(from_numpy, m)?)
}
