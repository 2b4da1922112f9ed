//! Losses that are more than elementwise formulas.

mod ctc;

pub use ctc::{Ctc, Sequence, ctc, ctc_backward};
