//! Python's buffer protocol: tensors over `bytes`, `bytearray`, `mmap`; and `memoryview(tensor)`.

use super::{Owner, address, byte_strides};
use crate::errors::OrRaise;
use crate::tensor::{PyTensor, wrap};
use crate::types::extract_dtype;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::*;
use pyo3::ffi;
use pyo3::prelude::*;
use rushlight_core::storage::Storage;
use rushlight_core::{DType, Layout, Tensor};
use std::ffi::{CStr, c_int, c_long, c_void};
use std::sync::Arc;

/// A tensor over an object with the buffer protocol, kept alive.
#[pyfunction]
#[pyo3(signature = (buffer, dtype, count=-1, offset=0))]
fn _from_buffer<'py>(buffer: &Bound<'py, PyAny>, dtype: &Bound<'py, PyAny>, count: i64, offset: i64) -> PyResult<Bound<'py, PyAny>> {
    let dtype = extract_dtype(dtype).ok_or_else(|| PyTypeError::new_err("dtype must be torch.dtype"))?;
    let view = PyUntypedBuffer::get(buffer).map_err(|_| PyValueError::new_err("object does not implement Python buffer protocol."))?;
    let (offset, n) = part(view.len_bytes(), dtype.size(), count, offset)?;
    let at = view.buf_ptr() as usize + offset;
    if !at.is_multiple_of(dtype.size().min(8)) {
        return Err(PyValueError::new_err("the buffer is not aligned to its element size: copy it first"));
    }
    let read_only = view.readonly();
    // SAFETY: the view keeps the bytes at the address valid while it lives; `part` checked the range.
    let storage = unsafe { Storage::foreign(at as *mut u8, n * dtype.size(), read_only, Owner::boxed(view)) };
    wrap(buffer.py(), Tensor::from_storage(storage, Layout::contiguous(&[n]), dtype).or_raise()?)
}

/// The first byte and the number of elements asked for, if the buffer has them.
fn part(available: usize, size: usize, count: i64, offset: i64) -> PyResult<(usize, usize)> {
    if available == 0 {
        return Err(PyValueError::new_err(format!("both buffer length ({available}) and count ({count}) must not be 0")));
    }
    if count == 0 {
        return Err(PyValueError::new_err(format!("both buffer length ({available}) and count ({count}) must not be 0")));
    }
    let Some(offset) = usize::try_from(offset).ok().filter(|&o| o < available) else {
        return Err(PyValueError::new_err(format!(
            "offset ({offset} bytes) must be non-negative and no greater than buffer length ({available} bytes) minus 1"
        )));
    };
    let rest = available - offset;
    let Ok(n) = usize::try_from(count) else {
        return match rest % size {
            0 => Ok((offset, rest / size)),
            _ => Err(PyValueError::new_err(format!("buffer length ({rest} bytes) after offset ({offset} bytes) must be a multiple of element size ({size})"))),
        };
    };
    if n.checked_mul(size).is_none_or(|bytes| bytes > rest) {
        return Err(PyValueError::new_err(format!(
            "requested buffer length ({n} * {size} bytes) after offset ({offset} bytes) must not be greater than actual buffer length ({available} bytes)"
        )));
    }
    Ok((offset, n))
}

/// The code of an element in the language of the `struct` module.
fn format(dtype: DType) -> PyResult<&'static CStr> {
    Ok(match dtype {
        DType::Bool => c"?",
        DType::U8 => c"B",
        DType::I8 => c"b",
        DType::I16 => c"h",
        DType::I32 => c"i",
        // The code NumPy knows its default integer by.
        DType::I64 if size_of::<c_long>() == 8 => c"l",
        DType::I64 => c"q",
        DType::U16 => c"H",
        DType::U32 => c"I",
        DType::U64 if size_of::<c_long>() == 8 => c"L",
        DType::U64 => c"Q",
        DType::F16 => c"e",
        DType::F32 => c"f",
        DType::F64 => c"d",
        DType::C64 => c"Zf",
        DType::C128 => c"Zd",
        DType::BF16 => return Err(PyBufferError::new_err("the buffer protocol has no bfloat16: use tensor.view(torch.int16) or tensor.float()")),
    })
}

/// The dtype of a code; native alignment and byte order only.
pub fn dtype_of_format(code: &CStr) -> Option<DType> {
    let same = |d: DType| format(d).is_ok_and(|f| f == code);
    match code.to_bytes() {
        b"q" => Some(DType::I64),
        b"Q" => Some(DType::U64),
        _ => DType::ALL.into_iter().find(|&d| same(d)),
    }
}

/// What an exported view points to; it outlives changes of the tensor object (`set_`, `resize_`).
struct Export {
    shape: Vec<isize>,
    strides: Vec<isize>,
    _memory: Arc<Storage>,
}

/// Whether the consumer must not, or cannot, have the tensor's memory.
fn check(obj: &Bound<'_, PyTensor>, flags: c_int) -> PyResult<()> {
    let t = obj.get().get_tensor();
    let refuse = |text: &str| Err(PyBufferError::new_err(text.to_string()));
    let wants = |flag: c_int| flags & flag == flag;
    let columns = || {
        rushlight_core::Layout { shape: t.shape().iter().rev().copied().collect(), strides: t.strides().iter().rev().copied().collect(), offset: 0 }
            .is_contiguous()
    };
    if t.requires_grad() {
        return refuse("Can't export tensors that require gradient, use tensor.detach()");
    }
    if t.is_meta() {
        return refuse("a meta tensor has no data to export");
    }
    if wants(ffi::PyBUF_WRITABLE) && t.storage().is_read_only() {
        return refuse("the tensor's memory is read-only");
    }
    let contiguous = t.is_contiguous();
    if !contiguous && (!wants(ffi::PyBUF_STRIDES) || wants(ffi::PyBUF_C_CONTIGUOUS)) {
        return refuse("the tensor is not contiguous: use tensor.contiguous()");
    }
    if wants(ffi::PyBUF_F_CONTIGUOUS) && !columns() || wants(ffi::PyBUF_ANY_CONTIGUOUS) && !contiguous && !columns() {
        return refuse("the tensor is not contiguous in Fortran's order");
    }
    let py = obj.py();
    // A subclass that turns itself into an array in its own way must be asked in that way.
    if !obj.get_type().getattr("__array__")?.is(&py.get_type::<PyTensor>().getattr("__array__")?) {
        return refuse("the tensor's class defines __array__: use numpy.asarray(tensor)");
    }
    Ok(())
}

/// Fills in a view of the tensor's memory.
///
/// # Safety
/// `view` points to a `Py_buffer` to be filled in.
pub unsafe fn export(obj: Bound<'_, PyTensor>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
    check(&obj, flags)?;
    let t = obj.get().get_tensor().clone();
    let code = format(t.dtype())?;
    let export = Export { shape: t.shape().iter().map(|&n| n as isize).collect(), strides: byte_strides(&t).collect(), _memory: t.storage().clone() };
    let export = Box::into_raw(Box::new(export));
    let given = |flag: c_int| flags & flag == flag;
    // SAFETY: the caller's view; the export lives until `release`.
    unsafe {
        let out = &mut *view;
        out.buf = address(&t) as *mut c_void;
        out.len = (t.numel() * t.dtype().size()) as isize;
        out.itemsize = t.dtype().size() as isize;
        out.readonly = t.storage().is_read_only() as c_int;
        out.ndim = t.ndim() as c_int;
        out.format = if given(ffi::PyBUF_FORMAT) { code.as_ptr() as *mut _ } else { std::ptr::null_mut() };
        out.shape = if given(ffi::PyBUF_ND) { (*export).shape.as_mut_ptr() } else { std::ptr::null_mut() };
        out.strides = if given(ffi::PyBUF_STRIDES) { (*export).strides.as_mut_ptr() } else { std::ptr::null_mut() };
        out.suboffsets = std::ptr::null_mut();
        out.internal = export as *mut c_void;
        out.obj = obj.into_ptr();
    }
    Ok(())
}

/// Lets go of what `export` allocated.
///
/// # Safety
/// `view` was filled in by `export` and is released once.
pub unsafe fn release(view: *mut ffi::Py_buffer) {
    // SAFETY: `internal` is the export's own box.
    drop(unsafe { Box::from_raw((*view).internal as *mut Export) });
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(_from_buffer, m)?)
}
