//! Random numbers: PyTorch's CPU generator, and the distributions drawn from it, value for value.
//!
//! Functions fill contiguous slices in memory order; `docs/design/random.md` says how far the values are PyTorch's.
//! Parameters are checked by the caller: a distribution's formula is applied to whatever it is given.

mod binomial;
mod box_muller;
mod continuous;
mod engine;
mod gamma_poisson;
mod generator;
mod integers;
mod multinomial;
mod normal;

mod sample;
mod uniform;

#[cfg(test)]
mod tests;

pub use generator::{DEFAULT_SEED, Generator, STATE_BYTES, StateError};
pub use multinomial::race;
pub use sample::{Natural, Real, Sample};
