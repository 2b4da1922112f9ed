//! Optimizer steps over all parameters of a group in one call.
//!
//! A step declines (`Ok(false)`, nothing touched) unless every operand is a row-major CPU tensor of one type, float32 or
//! float64; the caller then applies its formula tensor by tensor.

use crate::iter::{slice, slice_mut};
use crate::tensor::Tensor;
use crate::{DType, Result};
pub use rushlight_kernels::optim;

/// Tensors of a group, one per parameter.
pub type List<'a> = &'a [Tensor];

/// The common type of the operands of a step, if it may run on slices: `written` lists are changed, `read` are not.
fn common(written: &[List], read: &[List]) -> Option<DType> {
    let first = written[0].first()?;
    let dtype = first.dtype();
    let fits = |x: &Tensor, model: &Tensor| x.dtype() == dtype && !x.is_meta() && x.is_contiguous() && x.numel() == model.numel();
    let models = written[0];
    let agree = written.iter().chain(read).all(|list| list.len() == models.len() && list.iter().zip(models).all(|(x, m)| fits(x, m)));
    let writable = written.iter().all(|list| list.iter().all(|x| !x.storage().is_read_only() && !x.layout().overlaps_itself()));
    (agree && writable && matches!(dtype, DType::F32 | DType::F64)).then_some(dtype)
}

fn changed(lists: &[List]) {
    lists.iter().flat_map(|list| list.iter()).for_each(Tensor::bump_version);
}

/// Runs a step for every parameter: `step!(written, read; i, T => body)`.
macro_rules! step {
    ([$($written:expr),*], [$($read:expr),*]; $i:ident, $t:ident => $body:expr) => {{
        let Some(dtype) = common(&[$($written),*], &[$($read),*]) else { return Ok(false) };
        let count = [$($written),*][0].len();
        match dtype {
            DType::F64 => { type $t = f64; for $i in 0..count { $body } }
            _ => { type $t = f32; for $i in 0..count { $body } }
        }
        changed(&[$($written),*]);
        Ok(true)
    }};
}

/// SGD; `buffers` is absent without momentum.
pub fn sgd(p: List, g: List, buffers: Option<List>, options: &optim::Sgd) -> Result<bool> {
    match buffers {
        None => step!([p], [g]; i, T => optim::sgd_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, None, options)),
        Some(b) => step!([p, b], [g]; i, T => optim::sgd_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, Some(slice_mut(&b[i])?), options)),
    }
}

/// Adam and AdamW; `largest` is absent without amsgrad; `steps` counts from one.
pub fn adam(p: List, g: List, m: List, v: List, largest: Option<List>, steps: &[f64], options: &optim::Adam) -> Result<bool> {
    let at = |i: usize| optim::Adam { step: steps.get(i).copied().unwrap_or(1.0), ..*options };
    match largest {
        None => step!([p, m, v], [g]; i, T => optim::adam_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&m[i])?, slice_mut(&v[i])?, None, &at(i))),
        Some(x) => {
            step!([p, m, v, x], [g]; i, T => optim::adam_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&m[i])?, slice_mut(&v[i])?, Some(slice_mut(&x[i])?), &at(i)))
        }
    }
}

/// Adamax.
pub fn adamax(p: List, g: List, m: List, u: List, steps: &[f64], options: &optim::Adamax) -> Result<bool> {
    let at = |i: usize| optim::Adam { step: steps.get(i).copied().unwrap_or(1.0), ..*options };
    step!([p, m, u], [g]; i, T => optim::adamax_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&m[i])?, slice_mut(&u[i])?, &at(i)))
}

/// NAdam; `products` are those of the momenta so far.
pub fn nadam(p: List, g: List, m: List, v: List, products: &[f64], steps: &[f64], options: &optim::NAdam) -> Result<bool> {
    let at = |i: usize| optim::NAdam {
        adam: optim::Adam { step: steps.get(i).copied().unwrap_or(1.0), ..options.adam },
        mu_product: products.get(i).copied().unwrap_or(1.0),
        ..*options
    };
    step!([p, m, v], [g]; i, T => optim::nadam_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&m[i])?, slice_mut(&v[i])?, &at(i)))
}

/// RAdam.
pub fn radam(p: List, g: List, m: List, v: List, steps: &[f64], options: &optim::RAdam) -> Result<bool> {
    let at = |i: usize| optim::Adam { step: steps.get(i).copied().unwrap_or(1.0), ..*options };
    step!([p, m, v], [g]; i, T => optim::radam_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&m[i])?, slice_mut(&v[i])?, &at(i)))
}

/// Adagrad.
pub fn adagrad(p: List, g: List, sums: List, steps: &[f64], options: &optim::Adagrad) -> Result<bool> {
    let at = |i: usize| optim::Adagrad { step: steps.get(i).copied().unwrap_or(1.0), ..*options };
    step!([p, sums], [g]; i, T => optim::adagrad_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&sums[i])?, &at(i)))
}

/// Adadelta.
pub fn adadelta(p: List, g: List, squares: List, deltas: List, options: &optim::Adadelta) -> Result<bool> {
    step!([p, squares, deltas], [g]; i, T => optim::adadelta_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&squares[i])?, slice_mut(&deltas[i])?, options))
}

/// RMSprop; `means` only when centred, `buffers` only with momentum.
pub fn rmsprop(p: List, g: List, squares: List, means: Option<List>, buffers: Option<List>, options: &optim::RmsProp) -> Result<bool> {
    match (means, buffers) {
        (None, None) => {
            step!([p, squares], [g]; i, T => optim::rmsprop_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&squares[i])?, None, None, options))
        }
        (Some(a), None) => {
            step!([p, squares, a], [g]; i, T => optim::rmsprop_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&squares[i])?, Some(slice_mut(&a[i])?), None, options))
        }
        (None, Some(b)) => {
            step!([p, squares, b], [g]; i, T => optim::rmsprop_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&squares[i])?, None, Some(slice_mut(&b[i])?), options))
        }
        (Some(a), Some(b)) => {
            step!([p, squares, a, b], [g]; i, T => optim::rmsprop_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&squares[i])?, Some(slice_mut(&a[i])?), Some(slice_mut(&b[i])?), options))
        }
    }
}

/// Rprop.
pub fn rprop(p: List, g: List, previous: List, sizes: List, options: &optim::Rprop) -> Result<bool> {
    step!([p, previous, sizes], [g]; i, T => optim::rprop_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&previous[i])?, slice_mut(&sizes[i])?, options))
}

/// ASGD; `etas` and `mus` are the present step size and averaging weight of each parameter.
pub fn asgd(p: List, g: List, averages: List, etas: &[f64], mus: &[f64], options: &optim::Asgd) -> Result<bool> {
    let at = |i: usize| optim::Asgd { eta: etas.get(i).copied().unwrap_or(0.0), mu: mus.get(i).copied().unwrap_or(1.0), ..*options };
    step!([p, averages], [g]; i, T => optim::asgd_step(slice_mut::<T>(&p[i])?, slice(&g[i])?, slice_mut(&averages[i])?, &at(i)))
}
