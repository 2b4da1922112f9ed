//! Resilient backpropagation (Riedmiller and Braun, 1993).

use super::Float;
use super::drive::update;

/// Options of `torch.optim.Rprop`.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Rprop {
    pub eta_minus: f64,
    pub eta_plus: f64,
    pub step_min: f64,
    pub step_max: f64,
    pub maximize: bool,
}

/// `p -= sign(g) * size`; `size` grows where the gradient keeps its sign and shrinks where it turns.
///
/// Where it turns the gradient counts as 0, also as `previous` of the next step.
pub fn rprop_step<T: Float>(p: &mut [T], g: &[T], previous: &mut [T], size: &mut [T], options: &Rprop) {
    let maximize = options.maximize;
    let (minus, plus) = (T::of(options.eta_minus), T::of(options.eta_plus));
    let (least, most) = (T::of(options.step_min), T::of(options.step_max));
    let zero = T::default();
    update([g], [p, previous, size], move |[g], [p, previous, size]| {
        let g = if maximize { -g } else { g };
        let product = g * previous;
        let factor = if product > zero { plus } else { T::ONE };
        let factor = if product < zero { minus } else { factor };
        let size = (size * factor).larger(least).smaller(most);
        let g = if factor == minus { zero } else { g };
        [p.plus_product(-T::ONE, sign(g), size), g, size]
    });
}

#[inline(always)]
fn sign<T: Float>(x: T) -> T {
    let zero = T::default();
    let positive = if x > zero { T::ONE } else { zero };
    if x < zero { -T::ONE } else { positive }
}
