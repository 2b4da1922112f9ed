//! Core errors as Python exceptions.

use pyo3::create_exception;
use pyo3::exceptions::*;
use pyo3::prelude::*;
use rushlight_core::{Error, Kind};

create_exception!(rushlight, _LinAlgError, PyRuntimeError, "A matrix has no inverse, is not positive definite, or a decomposition did not converge.");

/// A Python exception travelling through the core.
pub struct Raised(pub PyErr);

/// The exception an error becomes.
pub fn raise(error: Error) -> PyErr {
    let message = error.message().to_string();
    match error.kind() {
        Kind::Runtime => PyRuntimeError::new_err(message),
        Kind::Index => PyIndexError::new_err(message),
        Kind::Type => PyTypeError::new_err(message),
        Kind::Value => PyValueError::new_err(message),
        Kind::NotImplemented => PyNotImplementedError::new_err(message),
        Kind::Memory => PyMemoryError::new_err(message),
        Kind::Overflow => PyOverflowError::new_err(message),
        Kind::LinAlg => _LinAlgError::new_err(message),
        Kind::Foreign => match error.into_payload().map(|p| p.downcast::<Raised>()) {
            Some(Ok(raised)) => raised.0,
            _ => PyRuntimeError::new_err(message),
        },
    }
}

/// Carries a Python exception through the core.
pub fn carry(error: PyErr) -> Error {
    Error::foreign(error.to_string(), Box::new(Raised(error)))
}

/// `?` on core results.
pub trait OrRaise<T> {
    /// Converts the error.
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for rushlight_core::Result<T> {
    #[inline]
    fn or_raise(self) -> PyResult<T> {
        self.map_err(raise)
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("LinAlgError", m.py().get_type::<_LinAlgError>())
}
