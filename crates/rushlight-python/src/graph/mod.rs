//! The graph in Python: nodes, backward passes, custom functions, saved-tensor hooks, anomaly mode.

mod backward;
mod function;
mod node;
mod saved;

use pyo3::prelude::*;

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<node::PyNode>()?;
    m.add_class::<function::FunctionBase>()?;
    backward::register(m)?;
    saved::register(m)
}
