//! Random tensors: fills in place, and samples whose parameters are tensors.
//!
//! ```
//! use rushlight_core::{DType, Tensor, random};
//! let source = random::Source::new(random::Generator::new(0));
//! let x = Tensor::empty(&[2], DType::F32)?;
//! random::fill_in_place(&x, &random::Fill::Uniform { from: 0.0, to: 1.0 }, &source)?;
//! assert_eq!(x.to_vec::<f32>()?, [0.49625659, 0.76822180]);
//! # Ok::<(), rushlight_core::Error>(())
//! ```

mod bounds;
mod categorical;
mod dropout;
mod fill;
mod gamma_gradient;
mod record;
mod sample;

pub use categorical::{multinomial, permutation};
pub use dropout::{Dropout, dropout, native_dropout};
pub use fill::{Fill, bernoulli_in_place, fill, fill_in_place};
pub use gamma_gradient::standard_gamma_grad;
pub use record::{Derivative, linked};
pub use rushlight_kernels::random::{DEFAULT_SEED, Generator, STATE_BYTES};
pub use sample::{bernoulli, binomial, dirichlet, normal, poisson, standard_gamma};

use crate::DType;
use std::sync::{Mutex, MutexGuard};

/// A generator that several tensors and threads draw from, one call at a time.
pub type Source = Mutex<Generator>;

/// The generator, for the length of one call.
pub fn lock(source: &Source) -> MutexGuard<'_, Generator> {
    source.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// An error for a type a distribution is not drawn in.
fn unsupported(kernel: &str, dtype: DType) -> crate::Error {
    crate::err!(NotImplemented, "\"{kernel}\" not implemented for '{}'", crate::ops::type_name(dtype))
}
