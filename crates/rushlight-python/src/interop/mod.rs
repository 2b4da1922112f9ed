//! Memory shared with the world outside: NumPy, DLPack, the buffer protocol, storages; and nested lists.

mod buffer;
mod dlpack;
mod lists;
mod numpy;
mod storage;

use buffer::dtype_of_format;
pub use buffer::{export, release};
pub use lists::to_list;
pub use numpy::{array_dtype, array_like, from_array};
pub use storage::UntypedStorage;

use pyo3::prelude::*;
use rushlight_core::{Layout, Tensor, iter};

/// A Python object that keeps memory alive; it is let go with the interpreter lock held, or kept if there is no
/// interpreter any more.
struct Owner<T: Send>(Option<T>);

// SAFETY: the object is never looked at, only dropped, with the interpreter lock held.
unsafe impl<T: Send> Sync for Owner<T> {}

impl<T: Send> Owner<T> {
    fn boxed(object: T) -> Box<Owner<T>> {
        Box::new(Owner(Some(object)))
    }
}

impl<T: Send> Drop for Owner<T> {
    fn drop(&mut self) {
        let object = self.0.take();
        if Python::try_attach(|_| ()).is_none() {
            std::mem::forget(object);
            return;
        }
        Python::attach(|_| drop(object));
    }
}

/// Where the first element lies.
fn address(t: &Tensor) -> usize {
    iter::pointer(t) as usize
}

/// Distances in bytes, as NumPy and the buffer protocol count them.
fn byte_strides(t: &Tensor) -> impl ExactSizeIterator<Item = isize> {
    let size = t.dtype().size() as isize;
    t.strides().iter().map(move |&s| s * size)
}

/// The bytes from the first element to the end of the last one.
fn reach(layout: &Layout, size: usize) -> usize {
    layout.span().map_or(0, |(_, end)| end * size)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    numpy::register(m)?;
    dlpack::register(m)?;
    buffer::register(m)?;
    storage::register(m)
}
