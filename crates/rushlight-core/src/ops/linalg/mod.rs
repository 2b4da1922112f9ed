//! Decompositions of matrices and systems of equations.
//!
//! The last two dimensions of an operand are a matrix, those before them a batch. Kernels copy an operand to row-major
//! memory and hand it to `rushlight_linalg`; a matrix without a result (singular, not positive definite) is reported in
//! an `info` result and never raises here. Derivatives name their formula where they stand; all are made of public rows,
//! so that they differentiate again.

pub mod determinant;
pub mod eigen;
pub mod ldl;
pub mod lu;
pub mod qr;
pub mod singular;
pub mod solve;

use super::index::plain;
use super::shape::arrange::{DIAG_EMBED, TRIL, TRIU};
use super::{Arg, Call, Meta, Op, call1, copy, type_name};
use crate::layout::Dims;
use crate::tensor::Tensor;
use crate::{DType, Error, Result, Scalar, bail, err, iter};
use rushlight_kernels::Element;
use rushlight_linalg::{LinalgError, MatrixShape};

/// Runs an expression with the element type of a matrix.
macro_rules! match_number {
    ($c:expr, $d:expr, $t:ident => $e:expr) => {
        rushlight_kernels::match_dtype!($d, $t in [F32, F64, C64, C128] => $e, else Err($c.unsupported($d)))
    };
}
pub(crate) use match_number;

/// The matrices of an operand, of a type they may have.
pub(crate) fn matrices(c: &Call, x: &Tensor) -> Result<MatrixShape> {
    if x.ndim() < 2 {
        bail!(Runtime, "{}: The input tensor A must have at least 2 dimensions, got shape {:?}.", public_name(c.op), x.shape());
    }
    if !matches!(x.dtype(), DType::F32 | DType::F64 | DType::C64 | DType::C128) {
        return Err(c.unsupported(x.dtype()));
    }
    let (batch, matrix) = x.shape().split_at(x.ndim() - 2);
    Ok(MatrixShape::new(batch.iter().product(), matrix[0], matrix[1]))
}

/// The square matrices of an operand.
pub(crate) fn squares(c: &Call, x: &Tensor) -> Result<MatrixShape> {
    let shape = matrices(c, x)?;
    if shape.rows != shape.cols {
        bail!(Runtime, "{}: A must be batches of square matrices, but they are {} by {} matrices", public_name(c.op), shape.rows, shape.cols);
    }
    Ok(shape)
}

/// Two operands of one type and one batch.
pub(crate) fn same_batch(c: &Call, a: &Tensor, b: &Tensor) -> Result<()> {
    if a.dtype() != b.dtype() {
        bail!(
            Runtime,
            "{}: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
            public_name(c.op),
            type_name(a.dtype()),
            type_name(b.dtype())
        );
    }
    if b.ndim() < 2 || batch(a) != batch(b) {
        bail!(Runtime, "{}: the batches of shapes {:?} and {:?} differ: expand the operands to one batch", public_name(c.op), a.shape(), b.shape());
    }
    Ok(())
}

/// PyTorch's name of a row: `linalg.svd` for `_linalg_svd`.
pub(crate) fn public_name(op: &Op) -> String {
    op.name().trim_start_matches('_').replacen("linalg_", "linalg.", 1)
}

/// The dimensions before the matrix.
pub(crate) fn batch(x: &Tensor) -> &[usize] {
    &x.shape()[..x.ndim().saturating_sub(2)]
}

/// A result with the batch of an operand and sizes of its own.
pub(crate) fn batched(x: &Tensor, sizes: &[usize], dtype: DType) -> Meta {
    let mut shape = Dims::from_slice(batch(x));
    shape.extend_from_slice(sizes);
    Meta::new(&shape, dtype)
}

/// Copies the numbers of a decomposition into a result.
pub(crate) fn write<T: Element>(out: &Tensor, values: &[T]) -> Result<()> {
    let target = iter::slice_mut::<T>(out)?;
    if target.len() != values.len() {
        bail!(Runtime, "decomposition: {} numbers for a result of shape {:?}", values.len(), out.shape());
    }
    target.copy_from_slice(values);
    Ok(())
}

/// The error of a decomposition that has no result.
pub(crate) fn failed(c: &Call, values: &str, error: LinalgError) -> Error {
    let name = public_name(c.op);
    let batched = c.optional(0).is_some_and(|x| x.ndim() > 2);
    let place = |batch: usize| if batched { format!("(Batch element {batch}): ") } else { String::new() };
    match error {
        LinalgError::NotFinite { batch } => {
            err!(LinAlg, "{name}: {}The algorithm failed to converge because the input matrix contained non-finite values.", place(batch))
        }
        LinalgError::DidNotConverge { batch, remaining } => err!(
            LinAlg,
            "{name}: {}The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated {values} (error code: {remaining}).",
            place(batch)
        ),
        other => err!(Runtime, "{name}: {other}"),
    }
}

/// The lower triangle up to a diagonal.
pub(crate) fn tril(x: &Tensor, diagonal: i64) -> Result<Tensor> {
    call1(&TRIL, &[x], &[Arg::from(diagonal)])
}

/// The upper triangle from a diagonal on.
pub(crate) fn triu(x: &Tensor, diagonal: i64) -> Result<Tensor> {
    call1(&TRIU, &[x], &[Arg::from(diagonal)])
}

/// Diagonal matrices.
pub(crate) fn diag_embed(x: &Tensor) -> Result<Tensor> {
    call1(&DIAG_EMBED, &[x], &[Arg::from(0i64), Arg::from(-2i64), Arg::from(-1i64)])
}

/// The transposes.
pub(crate) fn mt(x: &Tensor) -> Result<Tensor> {
    x.transpose(-2, -1)
}

/// `x - x^H`.
pub(crate) fn skew(x: &Tensor) -> Result<Tensor> {
    x.sub(x.mh()?)
}

/// The last dimension along rows (`*, 1, n`) times columns of a matrix, `x diag(s)`.
pub(crate) fn times_columns(x: &Tensor, s: &Tensor) -> Result<Tensor> {
    x.mul(s.unsqueeze(-2)?)
}

/// True on the diagonal of an n by n matrix.
pub(crate) fn diagonal_mask(n: usize, like: &Tensor) -> Result<Tensor> {
    let mask = Tensor::zeros(&[n, n], DType::Bool, like.device())?;
    copy::fill(&mask.diagonal(0, -2, -1)?, Scalar::Bool(true))?;
    Ok(mask)
}

/// A range of a dimension counted from the end.
pub(crate) fn first(x: &Tensor, dim: i64, count: usize) -> Result<Tensor> {
    x.slice(dim, 0, count as i64)
}

/// Differences `s_j - s_i` of every two values, 1 on the diagonal.
pub(crate) fn gaps(s: &Tensor) -> Result<Tensor> {
    let n = s.shape().last().copied().unwrap_or(0);
    s.unsqueeze(-2)?.sub(s.unsqueeze(-1)?)?.masked_fill(&diagonal_mask(n, s)?, 1.0)
}

/// Refuses a gradient that depends on the phase of complex vectors, which the decomposition leaves open: the imaginary
/// part of this diagonal must vanish.
pub(crate) fn require_no_phase(name: &str, what: &str, diagonal: &Tensor) -> Result<()> {
    if diagonal.is_meta() || !diagonal.dtype().is_complex() {
        return Ok(());
    }
    let phase = diagonal.detach()?.imag()?.to_vec::<f64>()?;
    if phase.iter().any(|v| v.abs() > 1e-2) {
        bail!(
            Runtime,
            "{name}: The {what} in the complex case are specified up to multiplication by e^{{i phi}}. The specified loss function depends on this phase term, making it ill-defined."
        );
    }
    Ok(())
}
