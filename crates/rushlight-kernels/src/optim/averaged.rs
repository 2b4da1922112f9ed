//! Averaged stochastic gradient descent (Polyak and Juditsky, 1992).

use super::Float;
use super::drive::update;
use super::float::Gradient;

/// Options and schedule of `torch.optim.ASGD`; the caller moves `eta` and `mu` on after each step.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Asgd {
    /// This step's learning rate.
    pub eta: f64,
    /// This step's weight in the average.
    pub mu: f64,
    pub lambd: f64,
    pub weight_decay: f64,
    pub maximize: bool,
}

/// `p = (1 - lambd * eta) * p - eta * g`; `average += mu * (p - average)`.
pub fn asgd_step<T: Float>(p: &mut [T], g: &[T], average: &mut [T], options: &Asgd) {
    let gradient = Gradient::new(options.maximize, options.weight_decay);
    let keep = T::of(1.0 - options.lambd * options.eta);
    let (size, mu) = (T::of(-options.eta), T::of(options.mu));
    let copies = options.mu == 1.0;
    update([g], [p, average], move |[g], [p, average]| {
        let g = gradient.apply(g, p);
        let p = (p * keep).plus(size, g);
        [p, if copies { p } else { average + (p - average) * mu }]
    });
}
