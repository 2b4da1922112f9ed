//! Losses that are more than elementwise formulas.

mod classes;
mod ctc;

pub use classes::{Classes, nll, nll_backward, nll_sum};
pub use ctc::{Ctc, Sequence, ctc, ctc_backward};
