//! Stochastic gradient descent.

use super::Float;
use super::drive::update;
use super::float::Gradient;

/// Options of `torch.optim.SGD`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Sgd {
    pub lr: f64,
    pub momentum: f64,
    pub dampening: f64,
    pub weight_decay: f64,
    pub nesterov: bool,
    pub maximize: bool,
    /// The momentum buffer is empty and takes the gradient as it is.
    pub first: bool,
}

/// `buf = momentum * buf + (1 - dampening) * g`; `p -= lr * buf`, or along `g + momentum * buf` with `nesterov`.
///
/// Without `buf` there is no momentum.
pub fn sgd_step<T: Float>(p: &mut [T], g: &[T], buf: Option<&mut [T]>, options: &Sgd) {
    let Sgd { nesterov, first, .. } = *options;
    let gradient = Gradient::new(options.maximize, options.weight_decay);
    let step = T::of(-options.lr);
    let Some(buf) = buf else {
        return update([g], [p], move |[g], [p]| [p.plus(step, gradient.apply(g, p))]);
    };
    let (momentum, take) = (T::of(options.momentum), T::of(1.0 - options.dampening));
    update([g], [p, buf], move |[g], [p, buf]| {
        let g = gradient.apply(g, p);
        let buf = if first { g } else { (buf * momentum).plus(take, g) };
        let along = if nesterov { g.plus(momentum, buf) } else { buf };
        [p.plus(step, along), buf]
    });
}
