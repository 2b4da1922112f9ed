//! `A V = V diag(values)` of general matrices: balancing, Hessenberg form, QR iteration, back substitution.

use crate::eigenvectors::{eigenvectors, normalise};
use crate::error::LinalgError;
use crate::hessenberg::{balance, hessenberg};
use crate::matrix::Matrix;
use crate::scalar::Scalar;
use crate::schur_complex::triangularise;
use crate::schur_real::quasi_triangularise;
use crate::shape::MatrixShape;

/// Eigenvalues and right eigenvectors of a batch of matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Eig<T: Scalar> {
    /// `[batch, n]`, in no order; pairs of a real matrix stand together, positive imaginary part first.
    pub values: Vec<T::Complex>,
    /// `[batch, n, n]`: columns of unit 2-norm whose largest component is real; empty if not asked for.
    pub vectors: Vec<T::Complex>,
}

/// Decomposes every matrix of `[batch, n, n]`; infinities and NaN are an error.
pub fn eig<T: Scalar>(a: &[T], shape: MatrixShape, vectors: bool) -> Result<Eig<T>, LinalgError> {
    let n = shape.rows;
    MatrixShape::square(shape.batch, n).check("eig", a.len())?;
    let mut result = Eig { values: Vec::with_capacity(shape.batch * n), vectors: Vec::new() };
    for batch in 0..shape.batch {
        let mut matrix = Matrix::from_slice(n, n, shape.matrix(a, batch));
        if !matrix.is_finite() {
            return Err(LinalgError::NotFinite { batch });
        }
        let factor = matrix.normalise();
        let (values, rows) = decompose(matrix, vectors).map_err(|remaining| LinalgError::DidNotConverge { batch, remaining })?;
        result.values.extend(values.iter().map(|value| value.scale(factor)));
        result.vectors.extend_from_slice(rows.transposed().data());
    }
    Ok(result)
}

/// Eigenvalues, and eigenvectors as rows.
fn decompose<T: Scalar>(mut a: Matrix<T>, vectors: bool) -> Result<(Vec<T::Complex>, Matrix<T::Complex>), usize> {
    let n = a.rows;
    let scales = balance(&mut a);
    let (values, mut rows) = if T::IS_COMPLEX {
        let a = Matrix::from_fn(n, n, |i, j| a[(i, j)].to_complex());
        let (mut h, mut qt) = hessenberg(a, vectors);
        let values = triangularise(&mut h, &mut qt)?;
        let rows = if vectors { eigenvectors(&h, &qt, &values) } else { Matrix::zeros(n, 0) };
        (values, rows)
    } else {
        let a = Matrix::from_fn(n, n, |i, j| a[(i, j)].re());
        let (mut h, mut qt) = hessenberg(a, vectors);
        let values = quasi_triangularise(&mut h, &mut qt)?;
        let rows = if vectors { eigenvectors(&h, &qt, &values) } else { Matrix::zeros(n, 0) };
        (values, rows)
    };
    if vectors {
        (0..n).for_each(|i| unbalance(rows.row_mut(i), &scales));
    }
    Ok((values, rows))
}

/// The eigenvector of the matrix before balancing, at unit length.
fn unbalance<C: Scalar>(vector: &mut [C], scales: &[C::Real]) {
    for (entry, &scale) in vector.iter_mut().zip(scales) {
        *entry = entry.scale(scale);
    }
    normalise(vector);
}
