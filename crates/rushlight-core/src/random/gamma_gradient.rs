//! The derivative of a gamma sample by its shape parameter.

use crate::tensor::Tensor;
use crate::{Result, bail};

/// `-(dF/da) / (dF/dx)` at the sample, with `F` the distribution function: implicit differentiation.
pub fn standard_gamma_grad(alpha: &Tensor, _sample: &Tensor) -> Result<Tensor> {
    bail!(NotImplemented, "derivative for aten::_standard_gamma is not implemented ({alpha:?})")
}
