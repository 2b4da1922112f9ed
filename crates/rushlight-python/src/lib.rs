//! Python bindings: conversion of arguments and results, nothing else.
#![allow(unsafe_code)]
// The module is named as PyTorch names its own.
#![allow(non_snake_case)]

mod args;
mod create;
mod data;
mod dispatch;
mod errors;
mod graph;
mod index;
mod interop;
mod modes;
mod optim;
mod override_;
mod random;
mod tensor;
mod types;

use pyo3::prelude::*;

/// The native half of Rushlight.
#[pymodule]
#[pyo3(name = "_C")]
fn native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::register(m)?;
    types::register(m)?;
    tensor::register(m)?;
    dispatch::register(m)?;
    create::register(m)?;
    modes::register(m)?;
    optim::register(m)?;
    graph::register(m)?;
    interop::register(m)?;
    override_::register(m)?;
    random::register(m)?;
    rushlight_image_python::register(m)
}
