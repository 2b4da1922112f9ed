//! `A = L L^H` of Hermitian positive definite matrices.

use crate::error::LinalgError;
use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::shape::MatrixShape;
use crate::vectors::dot_conj;

/// The lower factors of a batch of matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky<T> {
    /// `[batch, n, n]`: L, zero above the diagonal.
    pub factors: Vec<T>,
    /// `[batch]`: 0, or the order of the first leading minor that is not positive definite.
    pub info: Vec<i32>,
}

impl<T> Cholesky<T> {
    /// Fails if any matrix of the batch is not positive definite.
    pub fn require_positive_definite(&self) -> Result<(), LinalgError> {
        match self.info.iter().position(|&info| info > 0) {
            Some(batch) => Err(LinalgError::NotPositiveDefinite { batch, order: self.info[batch] as usize }),
            None => Ok(()),
        }
    }
}

/// Factors every matrix of `[batch, n, n]`, reading only its lower half.
pub fn cholesky<T: Scalar>(a: &[T], shape: MatrixShape) -> Result<Cholesky<T>, LinalgError> {
    MatrixShape::square(shape.batch, shape.rows).check("cholesky", a.len())?;
    let n = shape.rows;
    let mut result = Cholesky { factors: Vec::with_capacity(a.len()), info: Vec::with_capacity(shape.batch) };
    for index in 0..shape.batch {
        let source = shape.matrix(a, index);
        let mut lower = Matrix::from_fn(n, n, |i, j| if j <= i { source[i * n + j] } else { T::ZERO });
        result.info.push(factor(&mut lower));
        result.factors.extend_from_slice(lower.data());
    }
    Ok(result)
}

/// Row by row (Cholesky-Banachiewicz); returns the order of the failing minor or 0.
fn factor<T: Scalar>(a: &mut Matrix<T>) -> i32 {
    let n = a.cols;
    for i in 0..n {
        let (above, rest) = a.split_rows(i);
        let row = &mut rest[..n];
        for j in 0..i {
            let other = &above[j * n..(j + 1) * n];
            row[j] = (row[j] - dot_conj(&other[..j], &row[..j])).scale(T::Real::ONE / other[j].re());
        }
        let pivot = row[i].re() - dot_conj(&row[..i], &row[..i]).re();
        if pivot <= T::Real::ZERO || pivot.is_nan() {
            return i as i32 + 1;
        }
        row[i] = T::from_real(pivot.sqrt());
    }
    0
}
