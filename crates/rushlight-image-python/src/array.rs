//! NumPy arrays (and anything else with the buffer protocol) as slices, and new NumPy arrays to write results into.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

/// NumPy's name of an element type.
pub trait Sample: Element + Send + Sync {
    /// As `numpy.dtype` takes it.
    const NAME: &'static str;
}

impl Sample for u8 {
    const NAME: &'static str = "uint8";
}
impl Sample for u16 {
    const NAME: &'static str = "uint16";
}
impl Sample for f32 {
    const NAME: &'static str = "float32";
}

/// Whether a buffer whose format begins with this has bytes in the order that is not the machine's.
fn is_foreign(order: u8) -> bool {
    if cfg!(target_endian = "little") { matches!(order, b'>' | b'!') } else { order == b'<' }
}

/// Memory in the order of its indices that a Python object lends.
pub struct Array<T: Element> {
    buffer: PyBuffer<T>,
}

impl<T: Sample> Array<T> {
    /// Borrows the memory of `object`; an error unless its elements are `T`, in C order.
    pub fn borrow(object: &Bound<'_, PyAny>) -> PyResult<Array<T>> {
        let buffer = PyBuffer::get(object)?;
        if !buffer.is_c_contiguous() {
            return Err(PyValueError::new_err("the array is not contiguous: pass numpy.ascontiguousarray(array)"));
        }
        if size_of::<T>() > 1 && buffer.format().to_bytes().first().is_some_and(|&order| is_foreign(order)) {
            return Err(PyValueError::new_err("the bytes of the array's elements are in the other order: pass array.astype(array.dtype.newbyteorder(\"=\"))"));
        }
        Ok(Array { buffer })
    }

    /// Borrows memory to write to.
    pub fn borrow_mut(object: &Bound<'_, PyAny>) -> PyResult<Array<T>> {
        let array = Array::borrow(object)?;
        if array.buffer.readonly() {
            return Err(PyValueError::new_err("the array is read-only: pass one that can be written to"));
        }
        Ok(array)
    }

    /// A new NumPy array, not initialised, and its memory.
    pub fn empty<'py>(py: Python<'py>, shape: &[usize]) -> PyResult<(Bound<'py, PyAny>, Array<T>)> {
        static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let array = EMPTY.import(py, "numpy", "empty")?.call1((PyTuple::new(py, shape)?, T::NAME))?;
        let memory = Array::borrow_mut(&array)?;
        Ok((array, memory))
    }

    /// The lengths of the dimensions.
    pub fn shape(&self) -> &[usize] {
        self.buffer.shape()
    }

    /// The elements.
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: the buffer is C-contiguous, holds `item_count` elements of `T` and is kept by its owner as long as `self` borrows it.
        // As with NumPy itself, a program that writes to an array while another thread reads it gets the mixture.
        unsafe { std::slice::from_raw_parts(self.pointer(), self.buffer.item_count()) }
    }

    /// The elements, to write.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: as above; the buffer was borrowed as writable (`borrow_mut`, `empty`).
        unsafe { std::slice::from_raw_parts_mut(self.pointer(), self.buffer.item_count()) }
    }

    /// Arrays without elements may have no address.
    fn pointer(&self) -> *mut T {
        if self.buffer.item_count() == 0 { std::ptr::NonNull::dangling().as_ptr() } else { self.buffer.buf_ptr().cast() }
    }
}
