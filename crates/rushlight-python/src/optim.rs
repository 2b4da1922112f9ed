//! Fused optimizer steps.

use crate::errors::OrRaise;
use crate::tensor::tensor_of;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rushlight_core::Tensor;
use rushlight_core::fused::{self, optim};

/// A list of tensors.
struct Tensors(Vec<Tensor>);

impl<'a, 'py> FromPyObject<'a, 'py> for Tensors {
    type Error = PyErr;
    fn extract(obj: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        obj.try_iter()?
            .map(|x| tensor_of(&x?).ok_or_else(|| PyTypeError::new_err("optimizer: expected a list of Tensors")))
            .collect::<PyResult<_>>()
            .map(Tensors)
    }
}

/// An empty list stands for an absent one.
fn given(list: &Tensors) -> Option<&[Tensor]> {
    (!list.0.is_empty()).then_some(&list.0)
}

fn unlocked(py: Python<'_>, p: &Tensors, step: impl FnOnce() -> rushlight_core::Result<bool> + Send) -> PyResult<bool> {
    let elements = p.0.iter().map(Tensor::numel).sum();
    crate::dispatch::unlocked(py, elements, step).or_raise()
}

#[pyfunction]
fn _fused_sgd(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    buffers: Option<Tensors>,
    lr: f64,
    momentum: f64,
    dampening: f64,
    nesterov: bool,
    weight_decay: f64,
    maximize: bool,
    first: bool,
) -> PyResult<bool> {
    let o = optim::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first };
    unlocked(py, &p, || fused::sgd(&p.0, &g.0, buffers.as_ref().map(|b| b.0.as_slice()), &o))
}

#[pyfunction]
fn _fused_adam(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    m: Tensors,
    v: Tensors,
    largest: Tensors,
    steps: Vec<f64>,
    lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    amsgrad: bool,
    maximize: bool,
    decoupled: bool,
) -> PyResult<bool> {
    let o = optim::Adam { step: 1.0, lr, beta1, beta2, eps, weight_decay, decoupled, maximize };
    unlocked(py, &p, || fused::adam(&p.0, &g.0, &m.0, &v.0, given(&largest).filter(|_| amsgrad), &steps, &o))
}

#[pyfunction]
fn _fused_adamax(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    m: Tensors,
    u: Tensors,
    steps: Vec<f64>,
    lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    maximize: bool,
) -> PyResult<bool> {
    let o = optim::Adam { step: 1.0, lr, beta1, beta2, eps, weight_decay, decoupled: false, maximize };
    unlocked(py, &p, || fused::adamax(&p.0, &g.0, &m.0, &u.0, &steps, &o))
}

#[pyfunction]
fn _fused_nadam(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    m: Tensors,
    v: Tensors,
    products: Vec<f64>,
    steps: Vec<f64>,
    lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    momentum_decay: f64,
    maximize: bool,
    decoupled: bool,
) -> PyResult<bool> {
    let adam = optim::Adam { step: 1.0, lr, beta1, beta2, eps, weight_decay, decoupled, maximize };
    let o = optim::NAdam { adam, momentum_decay, mu_product: 1.0 };
    unlocked(py, &p, || fused::nadam(&p.0, &g.0, &m.0, &v.0, &products, &steps, &o))
}

#[pyfunction]
fn _fused_radam(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    m: Tensors,
    v: Tensors,
    steps: Vec<f64>,
    lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    maximize: bool,
    decoupled: bool,
) -> PyResult<bool> {
    let o = optim::Adam { step: 1.0, lr, beta1, beta2, eps, weight_decay, decoupled, maximize };
    unlocked(py, &p, || fused::radam(&p.0, &g.0, &m.0, &v.0, &steps, &o))
}

#[pyfunction]
fn _fused_adagrad(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    sums: Tensors,
    steps: Vec<f64>,
    lr: f64,
    lr_decay: f64,
    eps: f64,
    weight_decay: f64,
    maximize: bool,
) -> PyResult<bool> {
    let o = optim::Adagrad { step: 1.0, lr, lr_decay, weight_decay, eps, maximize };
    unlocked(py, &p, || fused::adagrad(&p.0, &g.0, &sums.0, &steps, &o))
}

#[pyfunction]
fn _fused_adadelta(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    squares: Tensors,
    deltas: Tensors,
    lr: f64,
    rho: f64,
    eps: f64,
    weight_decay: f64,
    maximize: bool,
) -> PyResult<bool> {
    let o = optim::Adadelta { lr, rho, eps, weight_decay, maximize };
    unlocked(py, &p, || fused::adadelta(&p.0, &g.0, &squares.0, &deltas.0, &o))
}

#[pyfunction]
fn _fused_rmsprop(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    squares: Tensors,
    means: Tensors,
    buffers: Tensors,
    lr: f64,
    alpha: f64,
    eps: f64,
    weight_decay: f64,
    momentum: f64,
    centered: bool,
    maximize: bool,
) -> PyResult<bool> {
    let o = optim::RmsProp { lr, alpha, eps, weight_decay, momentum, maximize };
    unlocked(py, &p, || fused::rmsprop(&p.0, &g.0, &squares.0, given(&means).filter(|_| centered), given(&buffers), &o))
}

#[pyfunction]
fn _fused_rprop(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    previous: Tensors,
    sizes: Tensors,
    eta_minus: f64,
    eta_plus: f64,
    step_min: f64,
    step_max: f64,
    maximize: bool,
) -> PyResult<bool> {
    let o = optim::Rprop { eta_minus, eta_plus, step_min, step_max, maximize };
    unlocked(py, &p, || fused::rprop(&p.0, &g.0, &previous.0, &sizes.0, &o))
}

#[pyfunction]
fn _fused_asgd(
    py: Python<'_>,
    p: Tensors,
    g: Tensors,
    averages: Tensors,
    etas: Vec<f64>,
    mus: Vec<f64>,
    lambd: f64,
    weight_decay: f64,
    maximize: bool,
) -> PyResult<bool> {
    let o = optim::Asgd { eta: 0.0, mu: 1.0, lambd, weight_decay, maximize };
    unlocked(py, &p, || fused::asgd(&p.0, &g.0, &averages.0, &etas, &mus, &o))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    macro_rules! add {
        ($($f:ident)*) => { $(m.add_function(wrap_pyfunction!($f, m)?)?;)* };
    }
    add!(_fused_sgd _fused_adam _fused_adamax _fused_nadam _fused_radam _fused_adagrad _fused_adadelta _fused_rmsprop _fused_rprop _fused_asgd);
    Ok(())
}
