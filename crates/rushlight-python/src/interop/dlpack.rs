//! DLPack: memory shared with other tensor libraries through capsules (<https://dmlc.github.io/dlpack/latest/c_api.html>).

use super::{address, reach};
use crate::errors::OrRaise;
use crate::tensor::{PyTensor, wrap};
use pyo3::exceptions::*;
use pyo3::ffi;
use pyo3::prelude::*;
use rushlight_core::layout::{checked_numel, contiguous_strides};
use rushlight_core::storage::Storage;
use rushlight_core::{DType, Layout, Tensor};
use std::ffi::{CStr, c_void};
use std::ptr::NonNull;
use std::sync::Arc;

const CPU: i32 = 1;
const READ_ONLY: u64 = 1;
const COPIED: u64 = 2;
const VERSION: Version = Version { major: 1, minor: 1 };

#[repr(C)]
#[derive(Clone, Copy)]
struct Device {
    kind: i32,
    index: i32,
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq)]
struct Element {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
struct Array {
    data: *mut c_void,
    device: Device,
    ndim: i32,
    element: Element,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Version {
    major: u32,
    minor: u32,
}

/// `DLManagedTensor`, the form before version 1.
#[repr(C)]
struct Legacy {
    array: Array,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Legacy)>,
}

/// `DLManagedTensorVersioned`.
#[repr(C)]
struct Versioned {
    version: Version,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    flags: u64,
    array: Array,
}

/// One of the two forms a capsule can hold.
trait Managed: Sized + 'static {
    const NAME: &'static CStr;
    const USED: &'static CStr;

    fn new(array: Array, context: *mut c_void, flags: u64) -> Self;
    fn array(&self) -> &Array;
    fn context(&self) -> *mut c_void;
    fn read_only(&self) -> bool;
    fn check_version(&self) -> PyResult<()>;
    /// # Safety
    /// The tensor's memory is not used afterwards.
    unsafe fn delete(at: NonNull<Self>);
}

impl Managed for Legacy {
    const NAME: &'static CStr = c"dltensor";
    const USED: &'static CStr = c"used_dltensor";

    fn new(array: Array, context: *mut c_void, _flags: u64) -> Legacy {
        Legacy { array, context, deleter: Some(free::<Legacy>) }
    }
    fn array(&self) -> &Array {
        &self.array
    }
    fn context(&self) -> *mut c_void {
        self.context
    }
    fn read_only(&self) -> bool {
        false
    }
    fn check_version(&self) -> PyResult<()> {
        Ok(())
    }
    unsafe fn delete(at: NonNull<Legacy>) {
        // SAFETY: the producer's deleter on the producer's structure, called once.
        unsafe {
            if let Some(deleter) = at.as_ref().deleter {
                deleter(at.as_ptr())
            }
        }
    }
}

impl Managed for Versioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    const USED: &'static CStr = c"used_dltensor_versioned";

    fn new(array: Array, context: *mut c_void, flags: u64) -> Versioned {
        Versioned { version: VERSION, context, deleter: Some(free::<Versioned>), flags, array }
    }
    fn array(&self) -> &Array {
        &self.array
    }
    fn context(&self) -> *mut c_void {
        self.context
    }
    fn read_only(&self) -> bool {
        self.flags & READ_ONLY != 0
    }
    fn check_version(&self) -> PyResult<()> {
        let Version { major, minor } = self.version;
        if major == VERSION.major {
            Ok(())
        } else {
            Err(PyBufferError::new_err(format!("from_dlpack: the capsule has DLPack version {major}.{minor}; version 1 is understood")))
        }
    }
    unsafe fn delete(at: NonNull<Versioned>) {
        // SAFETY: as for the legacy form.
        unsafe {
            if let Some(deleter) = at.as_ref().deleter {
                deleter(at.as_ptr())
            }
        }
    }
}

/// What an exported structure points to.
struct Export {
    shape: Vec<i64>,
    strides: Vec<i64>,
    _memory: Arc<Storage>,
}

/// The deleter of what is exported here: needs no interpreter lock.
unsafe extern "C" fn free<M: Managed>(at: *mut M) {
    if at.is_null() {
        return;
    }
    // SAFETY: made by `export`, called once by the consumer.
    unsafe {
        let managed = Box::from_raw(at);
        drop(Box::from_raw(managed.context() as *mut Export));
    }
}

/// A capsule that nobody took is freed with its structure.
unsafe extern "C" fn forget<M: Managed>(capsule: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter on a capsule made by `export`; a consumer renames it.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, M::NAME.as_ptr()) == 1
            && let Some(at) = NonNull::new(ffi::PyCapsule_GetPointer(capsule, M::NAME.as_ptr()) as *mut M)
        {
            M::delete(at);
        }
    }
}

fn element(dtype: DType) -> Element {
    let code = match dtype {
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => 0,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => 1,
        DType::F16 | DType::F32 | DType::F64 => 2,
        DType::BF16 => 4,
        DType::C64 | DType::C128 => 5,
        DType::Bool => 6,
    };
    Element { code, bits: (dtype.size() * 8) as u8, lanes: 1 }
}

fn export<'py, M: Managed>(py: Python<'py>, t: &Tensor, flags: u64) -> PyResult<Bound<'py, PyAny>> {
    let context = Box::into_raw(Box::new(Export {
        shape: t.shape().iter().map(|&n| n as i64).collect(),
        // The stride of a dimension of size one says nothing; some consumers want it to be one.
        strides: t.strides().iter().zip(t.shape()).map(|(&s, &n)| if n < 2 { 1 } else { s as i64 }).collect(),
        _memory: t.storage().clone(),
    }));
    // SAFETY: the context was just made.
    let (shape, strides) = unsafe { ((*context).shape.as_mut_ptr(), (*context).strides.as_mut_ptr()) };
    let data = if t.numel() == 0 { std::ptr::null_mut() } else { address(t) as *mut c_void };
    let array = Array { data, device: Device { kind: CPU, index: 0 }, ndim: t.ndim() as i32, element: element(t.dtype()), shape, strides, byte_offset: 0 };
    let managed = Box::into_raw(Box::new(M::new(array, context as *mut c_void, flags)));
    // SAFETY: the capsule takes the structure; `forget` frees it unless a consumer took it.
    let capsule = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyCapsule_New(managed as *mut c_void, M::NAME.as_ptr(), Some(forget::<M>))) };
    if capsule.is_err() {
        // SAFETY: no capsule took it.
        unsafe { free(managed) };
    }
    capsule
}

/// A capsule over the tensor's memory; `copy` makes a copy of its own.
#[pyfunction]
#[pyo3(signature = (tensor, versioned, copy=false, read_only=false))]
fn _to_dlpack<'py>(tensor: &Bound<'py, PyTensor>, versioned: bool, copy: bool, read_only: bool) -> PyResult<Bound<'py, PyAny>> {
    let py = tensor.py();
    let t = tensor.get().get_tensor().clone();
    if t.is_meta() {
        return Err(PyBufferError::new_err("Cannot pack tensors on meta"));
    }
    let t = if copy { t.detach().or_raise()?.copied().or_raise()? } else { t };
    let read_only = read_only || t.storage().is_read_only();
    if versioned {
        return export::<Versioned>(py, &t, (read_only as u64 * READ_ONLY) | (copy as u64 * COPIED));
    }
    if read_only {
        return Err(PyBufferError::new_err("the tensor's memory is read-only, which DLPack can say since version 1 only: pass max_version=(1, 0) or higher"));
    }
    export::<Legacy>(py, &t, 0)
}

/// A foreign structure, freed when the storage over its memory is.
struct Imported<M: Managed>(NonNull<M>);

// SAFETY: the structure is not looked at any more; the protocol wants deleters to work from any thread.
unsafe impl<M: Managed> Send for Imported<M> {}
// SAFETY: as above.
unsafe impl<M: Managed> Sync for Imported<M> {}

impl<M: Managed> Drop for Imported<M> {
    fn drop(&mut self) {
        // SAFETY: this is the only owner.
        unsafe { M::delete(self.0) }
    }
}

/// The dtype and layout a structure describes, and where its first element lies.
fn described(array: &Array) -> PyResult<(DType, Layout, usize)> {
    if array.device.kind != CPU {
        return Err(PyBufferError::new_err(format!("from_dlpack: the memory is on a device of DLPack type {}: move it to the CPU first", array.device.kind)));
    }
    let Element { code, bits, lanes } = array.element;
    let Some(dtype) = DType::ALL.into_iter().find(|&d| element(d) == array.element) else {
        return Err(PyBufferError::new_err(format!("from_dlpack: no dtype has DLPack type code {code} with {bits} bits and {lanes} lanes")));
    };
    let ndim = usize::try_from(array.ndim).unwrap_or(0);
    // SAFETY: the producer gives `ndim` sizes and, unless the pointer is null, as many strides.
    let numbers = |at: *mut i64| if at.is_null() || ndim == 0 { &[] } else { unsafe { std::slice::from_raw_parts(at, ndim) } };
    let shape: Vec<usize> = numbers(array.shape)
        .iter()
        .map(|&n| usize::try_from(n).map_err(|_| PyBufferError::new_err(format!("from_dlpack: negative size {n}"))))
        .collect::<PyResult<_>>()?;
    let n = checked_numel(&shape).or_raise()?;
    let mut layout = Layout::contiguous(&shape);
    for (out, (&stride, &size)) in layout.strides.iter_mut().zip(numbers(array.strides).iter().zip(&shape)) {
        if stride < 0 && size > 1 {
            return Err(PyBufferError::new_err("from_dlpack: negative strides are not supported: copy the array first"));
        }
        if size > 1 {
            *out = stride as isize;
        }
    }
    if n == 0 {
        layout.strides = contiguous_strides(&shape);
    }
    let start = (array.data as usize).wrapping_add(array.byte_offset as usize);
    if n > 0 && (array.data.is_null() || !start.is_multiple_of(dtype.size().min(8))) {
        return Err(PyBufferError::new_err("from_dlpack: the memory is missing or not aligned to its element size: copy the array first"));
    }
    Ok((dtype, layout, start))
}

/// Takes the structure out of a capsule of the form `M`, if it is one.
fn import<M: Managed>(capsule: &Bound<'_, PyAny>) -> PyResult<Option<Tensor>> {
    // SAFETY: the capsule's name says what it points to; it stays alive during the call.
    let Some(at) = (unsafe {
        if ffi::PyCapsule_IsValid(capsule.as_ptr(), M::NAME.as_ptr()) == 0 {
            None
        } else {
            NonNull::new(ffi::PyCapsule_GetPointer(capsule.as_ptr(), M::NAME.as_ptr()) as *mut M)
        }
    }) else {
        return Ok(None);
    };
    // SAFETY: as above.
    let managed = unsafe { at.as_ref() };
    managed.check_version()?;
    let (dtype, layout, start) = described(managed.array())?;
    let read_only = managed.read_only();
    // SAFETY: renaming takes the structure from the capsule, as the protocol demands.
    if unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), M::USED.as_ptr()) } != 0 {
        return Err(PyErr::fetch(capsule.py()));
    }
    let bytes = reach(&layout, dtype.size());
    // SAFETY: the producer keeps the memory valid until its deleter is called.
    let storage = unsafe { Storage::foreign(start as *mut u8, bytes, read_only, Box::new(Imported(at))) };
    Tensor::from_storage(storage, layout, dtype).map(Some).or_raise()
}

/// A tensor over the memory of a DLPack capsule.
#[pyfunction]
fn _from_dlpack<'py>(capsule: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let found = match import::<Versioned>(capsule)? {
        Some(t) => Some(t),
        None => import::<Legacy>(capsule)?,
    };
    match found {
        Some(t) => wrap(capsule.py(), t),
        None => Err(PyRuntimeError::new_err(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have already constructed a tensor from it once.",
        )),
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(_to_dlpack, m)?)?;
    m.add_function(wrap_pyfunction!(_from_dlpack, m)?)
}
