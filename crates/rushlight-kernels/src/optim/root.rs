//! Steps divided by a root of squared gradients, without a running mean of the gradient.

use super::Float;
use super::drive::update;
use super::float::{Gradient, Lerp, MeanSquare};

/// Options of `torch.optim.Adagrad`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Adagrad {
    /// Counts from 1.
    pub step: f64,
    pub lr: f64,
    pub lr_decay: f64,
    pub weight_decay: f64,
    pub eps: f64,
    pub maximize: bool,
}

/// `sum += g^2`; `p -= lr / (1 + (step - 1) * lr_decay) * g / (sqrt(sum) + eps)` (Duchi et al., 2011).
pub fn adagrad_step<T: Float>(p: &mut [T], g: &[T], sum: &mut [T], options: &Adagrad) {
    let gradient = Gradient::new(options.maximize, options.weight_decay);
    let size = T::of(-(options.lr / (1.0 + (options.step - 1.0) * options.lr_decay)));
    let eps = T::of(options.eps);
    update([g], [p, sum], move |[g], [p, sum]| {
        let g = gradient.apply(g, p);
        let sum = sum.plus_product(T::ONE, g, g);
        [p.plus_quotient(size, g, sum.root() + eps), sum]
    });
}

/// Options of `torch.optim.Adadelta`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Adadelta {
    pub lr: f64,
    pub rho: f64,
    pub eps: f64,
    pub weight_decay: f64,
    pub maximize: bool,
}

/// `d = sqrt(deltas + eps) / sqrt(squares + eps) * g`; `p -= lr * d`; means of `g^2` and `d^2` (Zeiler, 2012).
pub fn adadelta_step<T: Float>(p: &mut [T], g: &[T], squares: &mut [T], deltas: &mut [T], options: &Adadelta) {
    let gradient = Gradient::new(options.maximize, options.weight_decay);
    let mean = MeanSquare::new(options.rho);
    let (eps, size) = (T::of(options.eps), T::of(-options.lr));
    update([g], [p, squares, deltas], move |[g], [p, squares, deltas]| {
        let g = gradient.apply(g, p);
        let squares = mean.apply(squares, g);
        let delta = (deltas + eps).root() / (squares + eps).root() * g;
        [p.plus(size, delta), squares, mean.apply(deltas, delta)]
    });
}

/// Options of `torch.optim.RMSprop`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct RmsProp {
    pub lr: f64,
    pub alpha: f64,
    pub eps: f64,
    pub weight_decay: f64,
    pub momentum: f64,
    pub maximize: bool,
}

/// `squares`: running mean of `g^2`; `p -= lr * g / (sqrt(squares) + eps)` (Hinton, 2012).
///
/// With `mean` (centered) the variance takes the place of `squares`; with `buf` the quotient gathers momentum.
pub fn rmsprop_step<T: Float>(p: &mut [T], g: &[T], squares: &mut [T], mean: Option<&mut [T]>, buf: Option<&mut [T]>, options: &RmsProp) {
    let rule = RmsRule::new(options);
    match (mean, buf) {
        (None, None) => update([g], [p, squares], move |[g], [p, s]| {
            let (p, s, ..) = rule.apply(g, p, s, None, None);
            [p, s]
        }),
        (Some(mean), None) => update([g], [p, squares, mean], move |[g], [p, s, mean]| {
            let (p, s, mean, _) = rule.apply(g, p, s, Some(mean), None);
            [p, s, mean]
        }),
        (None, Some(buf)) => update([g], [p, squares, buf], move |[g], [p, s, buf]| {
            let (p, s, _, buf) = rule.apply(g, p, s, None, Some(buf));
            [p, s, buf]
        }),
        (Some(mean), Some(buf)) => update([g], [p, squares, mean, buf], move |[g], [p, s, mean, buf]| {
            let (p, s, mean, buf) = rule.apply(g, p, s, Some(mean), Some(buf));
            [p, s, mean, buf]
        }),
    }
}

#[derive(Clone, Copy)]
struct RmsRule<T> {
    gradient: Gradient<T>,
    square: MeanSquare<T>,
    mean: Lerp<T>,
    eps: T,
    momentum: T,
    size: T,
}

impl<T: Float> RmsRule<T> {
    fn new(o: &RmsProp) -> Self {
        Self {
            gradient: Gradient::new(o.maximize, o.weight_decay),
            square: MeanSquare::new(o.alpha),
            mean: Lerp::new(1.0 - o.alpha),
            eps: T::of(o.eps),
            momentum: T::of(o.momentum),
            size: T::of(-o.lr),
        }
    }

    /// Parameter, mean square, mean, momentum; an absent state is returned as 0.
    #[inline(always)]
    fn apply(self, g: T, p: T, square: T, mean: Option<T>, buf: Option<T>) -> (T, T, T, T) {
        let g = self.gradient.apply(g, p);
        let square = self.square.apply(square, g);
        let mean = mean.map(|mean| self.mean.apply(mean, g));
        let variance = mean.map_or(square, |mean| square.plus_product(-T::ONE, mean, mean));
        let root = variance.root() + self.eps;
        let buf = buf.map(|buf| (buf * self.momentum).plus_quotient(T::ONE, g, root));
        let p = match buf {
            Some(buf) => p.plus(self.size, buf),
            None => p.plus_quotient(self.size, g, root),
        };
        (p, square, mean.unwrap_or_default(), buf.unwrap_or_default())
    }
}
