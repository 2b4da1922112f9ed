//! One step of each optimizer, fused: every parameter, gradient and state element is read and written once.
//!
//! Each step rounds where `torch.optim` rounds (its single-tensor functions, non-capturable): the same operations in
//! the same order, with a fused multiply-add where PyTorch's `add(alpha=)`, `addcmul` and `lerp` use one. Square roots
//! are correctly rounded; those of PyTorch with MKL are not in the last bit, the only difference that was found.
//! Slices of a call have equal lengths; a difference is a panic.
//!
//! ```
//! use rushlight_kernels::optim::{Sgd, sgd_step};
//! let mut p = [1.0f32, 2.0];
//! sgd_step(&mut p, &[0.5, -1.0], None, &Sgd { lr: 0.1, ..Sgd::default() });
//! assert_eq!(p, [0.95, 2.1]);
//! ```

mod adam;
mod averaged;
mod drive;
mod float;
mod norm;
mod root;
mod rprop;
mod sgd;

#[cfg(test)]
mod tests;

pub use adam::{Adam, Adamax, NAdam, RAdam, adam_step, adamax_step, nadam_step, radam_step};
pub use averaged::{Asgd, asgd_step};
pub use float::Float;
pub use norm::{scale, sum_of_squares};
pub use root::{Adadelta, Adagrad, RmsProp, adadelta_step, adagrad_step, rmsprop_step};
pub use rprop::{Rprop, rprop_step};
pub use sgd::{Sgd, sgd_step};
