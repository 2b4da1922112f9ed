//! Rust methods of the tensor for the rows derivatives are written in.

use super::Arg;
use super::elementwise::{activation as act, binary as bin, ternary as ter, unary as una};
use super::{call, call1};
use crate::Result;
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;

/// A tensor or a number.
pub trait Operand {
    /// As a tensor; numbers take part in promotion by category only.
    fn operand(&self) -> Result<Cow<'_, Tensor>>;
}

impl Operand for Tensor {
    fn operand(&self) -> Result<Cow<'_, Tensor>> {
        Ok(Cow::Borrowed(self))
    }
}

impl Operand for &Tensor {
    fn operand(&self) -> Result<Cow<'_, Tensor>> {
        Ok(Cow::Borrowed(self))
    }
}

impl Operand for f64 {
    fn operand(&self) -> Result<Cow<'_, Tensor>> {
        Tensor::wrapped(Scalar::Float(*self)).map(Cow::Owned)
    }
}

impl Operand for i64 {
    fn operand(&self) -> Result<Cow<'_, Tensor>> {
        Tensor::wrapped(Scalar::Int(*self)).map(Cow::Owned)
    }
}

impl Operand for Scalar {
    fn operand(&self) -> Result<Cow<'_, Tensor>> {
        Tensor::wrapped(*self).map(Cow::Owned)
    }
}

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident = $row:expr;)*) => { impl Tensor { $($(#[$doc])* pub fn $name(&self) -> Result<Tensor> { call1(&$row, &[self], &[]) })* } };
}

unary_methods! {
    /// |x|
    abs = una::ABS;
    /// -x
    neg = una::NEG;
    /// e^x
    exp = una::EXP;
    /// 2^x
    exp2 = una::EXP2;
    /// ln x
    log = una::LOG;
    /// ln(1 + x)
    log1p = una::LOG1P;
    /// Square root
    sqrt = una::SQRT;
    /// 1 / sqrt x
    rsqrt = una::RSQRT;
    /// 1 / x
    reciprocal = una::RECIPROCAL;
    /// Sine
    sin = una::SIN;
    /// Cosine
    cos = una::COS;
    /// Hyperbolic sine
    sinh = una::SINH;
    /// Hyperbolic cosine
    cosh = una::COSH;
    /// Hyperbolic tangent
    tanh = act::TANH;
    /// Logistic function
    sigmoid = act::SIGMOID;
    /// max(x, 0)
    relu = act::RELU;
    /// Error function
    erf = una::ERF;
    /// ln |Gamma|
    lgamma = una::LGAMMA;
    /// Derivative of lgamma
    digamma = una::DIGAMMA;
    /// x / |x|
    sgn = una::SGN;
    /// Rounded down
    floor = una::FLOOR;
    /// Integer part
    trunc = una::TRUNC;
    /// x is NaN
    is_nan = una::ISNAN;
    /// x is finite
    is_finite = una::ISFINITE;
    /// x is zero
    logical_not = una::LOGICAL_NOT;
}

macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident = $row:expr;)*) => { impl Tensor { $($(#[$doc])* pub fn $name(&self, other: impl Operand) -> Result<Tensor> { call1(&$row, &[self, other.operand()?.as_ref()], &[]) })* } };
}

binary_methods! {
    /// self + other
    add = bin::ADD;
    /// self - other
    sub = bin::SUB;
    /// self other
    mul = bin::MUL;
    /// self / other
    div = bin::DIV;
    /// self to the power other
    pow = bin::POW;
    /// The larger
    maximum = bin::MAXIMUM;
    /// The smaller
    minimum = bin::MINIMUM;
    /// self == other
    eq = bin::EQ;
    /// self != other
    ne = bin::NE;
    /// self < other
    lt = bin::LT;
    /// self <= other
    le = bin::LE;
    /// self > other
    gt = bin::GT;
    /// self >= other
    ge = bin::GE;
    /// Both
    logical_and = bin::LOGICAL_AND;
    /// Either
    logical_or = bin::LOGICAL_OR;
}

impl Tensor {
    /// Complex conjugate; itself for real tensors.
    pub fn conj(&self) -> Result<Tensor> {
        if self.dtype().is_complex() { call1(&una::CONJ_PHYSICAL, &[self], &[]) } else { Ok(self.clone()) }
    }

    /// `a` where this condition holds, else `b`.
    pub fn pick(&self, a: impl Operand, b: impl Operand) -> Result<Tensor> {
        call1(&ter::WHERE, &[self, a.operand()?.as_ref(), b.operand()?.as_ref()], &[])
    }

    /// Adds rows of `source` to the positions of dimension `dim` that `index` names.
    pub fn index_add(&self, dim: i64, index: &Tensor, source: &Tensor) -> Result<Tensor> {
        let out = call(
            &super::index::INDEX_ADD,
            smallvec![Some(self.clone()), Some(index.clone()), Some(source.clone())],
            smallvec![Arg::from(dim), Arg::from(1i64)],
        )?;
        out.into_iter().next().ok_or_else(|| crate::err!(Runtime, "index_add: no result"))
    }

    /// Sums over broadcast dimensions until the shape is `shape`.
    pub fn sum_to(&self, shape: &[usize]) -> Result<Tensor> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        let extra = self.ndim().saturating_sub(shape.len());
        let mut dims: SmallVec<[i64; 5]> = (0..extra as i64).collect();
        dims.extend((extra..self.ndim()).filter(|&d| shape[d - extra] == 1 && self.shape()[d] != 1).map(|d| d as i64));
        let summed = if dims.is_empty() { self.clone() } else { self.sum(&dims, true)? };
        let target: SmallVec<[i64; 5]> = shape.iter().map(|&n| n as i64).collect();
        summed.reshape(&target)
    }
}
