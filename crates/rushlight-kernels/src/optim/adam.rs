//! Adam (Kingma and Ba, 2014) and its relatives. `step` counts from 1.

use super::Float;
use super::drive::update;
use super::float::{Gradient, Lerp, MeanSquare};

/// Options of `torch.optim.Adam`; AdamW is `decoupled`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Adam {
    pub step: f64,
    pub lr: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    pub weight_decay: f64,
    /// Weight decay shrinks the parameter instead of adding to the gradient.
    pub decoupled: bool,
    pub maximize: bool,
}

/// Options of `torch.optim.NAdam`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NAdam {
    /// What it shares with Adam.
    pub adam: Adam,
    /// `momentum_decay`.
    pub momentum_decay: f64,
    /// The product of all [`NAdam::momentum`] so far, this step's included.
    pub mu_product: f64,
}

/// Options of `torch.optim.RAdam`: those of Adam.
pub type RAdam = Adam;

/// Options of `torch.optim.Adamax`: those of Adam, never `decoupled`.
pub type Adamax = Adam;

/// The two running means and the weight decay, which all of the family share.
#[derive(Clone, Copy)]
struct Moments<T> {
    gradient: Gradient<T>,
    keep: T,
    decoupled: bool,
    first: Lerp<T>,
    second: MeanSquare<T>,
    eps: T,
}

impl<T: Float> Moments<T> {
    fn new(o: &Adam) -> Self {
        let decoupled = o.decoupled && o.weight_decay != 0.0;
        Self {
            gradient: Gradient::new(o.maximize, if o.decoupled { 0.0 } else { o.weight_decay }),
            keep: T::of(1.0 - o.lr * o.weight_decay),
            decoupled,
            first: Lerp::new(1.0 - o.beta1),
            second: MeanSquare::new(o.beta2),
            eps: T::of(o.eps),
        }
    }

    /// The parameter after decoupled decay and the gradient after the rest.
    #[inline(always)]
    fn decayed(&self, g: T, p: T) -> (T, T) {
        let g = self.gradient.apply(g, p);
        (if self.decoupled { p * self.keep } else { p }, g)
    }

    /// The same, and both running means brought up to date.
    #[inline(always)]
    fn advance(&self, g: T, p: T, m: T, v: T) -> (T, T, T, T) {
        let (p, g) = self.decayed(g, p);
        (p, g, self.first.apply(m, g), self.second.apply(v, g))
    }
}

/// `m`, `v`: running means of `g` and `g^2`; `p -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps)`, `c = 1 - beta^step`.
///
/// With `vmax` (amsgrad) the largest `v` so far takes the place of `v`.
pub fn adam_step<T: Float>(p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], vmax: Option<&mut [T]>, options: &Adam) {
    let moments = Moments::new(options);
    let size = T::of(-(options.lr / (1.0 - options.beta1.powf(options.step))));
    let root = T::of((1.0 - options.beta2.powf(options.step)).sqrt());
    let moved = move |p: T, m: T, v: T| p.plus_quotient(size, m, v.root() / root + moments.eps);
    match vmax {
        None => update([g], [p, m, v], move |[g], [p, m, v]| {
            let (p, _, m, v) = moments.advance(g, p, m, v);
            [moved(p, m, v), m, v]
        }),
        Some(vmax) => update([g], [p, m, v, vmax], move |[g], [p, m, v, vmax]| {
            let (p, _, m, v) = moments.advance(g, p, m, v);
            let vmax = vmax.larger(v);
            [moved(p, m, vmax), m, v, vmax]
        }),
    }
}

/// `u = max(beta2 * u, |g| + eps)`; `p -= lr / (1 - beta1^step) * m / u`.
pub fn adamax_step<T: Float>(p: &mut [T], g: &[T], m: &mut [T], u: &mut [T], options: &Adamax) {
    let moments = Moments::new(options);
    let beta2 = T::of(options.beta2);
    let size = T::of(-(options.lr / (1.0 - options.beta1.powf(options.step))));
    update([g], [p, m, u], move |[g], [p, m, u]| {
        let (p, g) = moments.decayed(g, p);
        let m = moments.first.apply(m, g);
        let u = (u * beta2).larger(g.magnitude() + moments.eps);
        [p.plus_quotient(size, m, u), m, u]
    });
}

impl NAdam {
    /// Momentum at a step: `beta1 * (1 - 0.96^(step * momentum_decay) / 2)`; multiply `mu_product` by it each step.
    pub fn momentum(&self, step: f64) -> f64 {
        self.adam.beta1 * (1.0 - 0.5 * 0.96f64.powf(step * self.momentum_decay))
    }
}

/// Adam with Nesterov's momentum (Dozat, 2016).
pub fn nadam_step<T: Float>(p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], options: &NAdam) {
    let Adam { step, lr, beta2, .. } = options.adam;
    let moments = Moments::new(&options.adam);
    let (mu, next) = (options.momentum(step), options.momentum(step + 1.0));
    let correction = T::of(1.0 - beta2.powf(step));
    let by_gradient = T::of(-lr * (1.0 - mu) / (1.0 - options.mu_product));
    let by_mean = T::of((-lr * next) / (1.0 - options.mu_product * next));
    update([g], [p, m, v], move |[g], [p, m, v]| {
        let (p, g, m, v) = moments.advance(g, p, m, v);
        let denominator = (v / correction).root() + moments.eps;
        let p = p.plus_quotient(by_gradient, g, denominator);
        [p.plus_quotient(by_mean, m, denominator), m, v]
    });
}

/// Adam with a rectified variance (Liu et al., 2019): plain momentum until the variance is tractable.
pub fn radam_step<T: Float>(p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], options: &RAdam) {
    let Adam { step, beta1, beta2, .. } = *options;
    let moments = Moments::new(options);
    let lr = T::of(options.lr);
    let correction1 = T::of(1.0 - beta1.powf(step));
    let power = beta2.powf(step);
    let root = T::of((1.0 - power).sqrt());
    let rho_inf = 2.0 / (1.0 - beta2) - 1.0;
    let rho = rho_inf - 2.0 * step * power / (1.0 - power);
    let rectified = rho > 5.0;
    let rectifier = T::of(rectification(rho, rho_inf));
    update([g], [p, m, v], move |[g], [p, m, v]| {
        let (p, _, m, v) = moments.advance(g, p, m, v);
        let plain = m / correction1 * lr;
        let adapted = plain * (T::ONE / (v.root() + moments.eps) * root) * rectifier;
        [p - if rectified { adapted } else { plain }, m, v]
    });
}

fn rectification(rho: f64, rho_inf: f64) -> f64 {
    ((rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho)).sqrt()
}
