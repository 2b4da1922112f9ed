//! `A = U diag(S) V^H` by bidiagonalisation and implicit QR.

use crate::bidiagonal::Bidiagonal;
use crate::error::LinalgError;
use crate::householder::{Reflector, product};
use crate::matrix::Matrix;
use crate::scalar::Scalar;
use crate::shape::MatrixShape;
use crate::vectors::scale_real;

/// Which singular vectors are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SvdVectors {
    /// None: `u` and `vh` are empty.
    None,
    /// U is `rows x k`, Vh `k x cols`, with `k = min(rows, cols)`.
    Thin,
    /// U is `rows x rows`, Vh `cols x cols`.
    Full,
}

/// The factors of a batch of matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Svd<T: Scalar> {
    /// Left singular vectors as columns, shape by [`SvdVectors`].
    pub u: Vec<T>,
    /// `[batch, min(rows, cols)]`, descending.
    pub s: Vec<T::Real>,
    /// Conjugated right singular vectors as rows, shape by [`SvdVectors`].
    pub vh: Vec<T>,
}

/// Factors every matrix; infinities and NaN are an error.
pub fn svd<T: Scalar>(a: &[T], shape: MatrixShape, vectors: SvdVectors) -> Result<Svd<T>, LinalgError> {
    shape.check("svd", a.len())?;
    let mut result = Svd { u: Vec::new(), s: Vec::new(), vh: Vec::new() };
    for batch in 0..shape.batch {
        let matrix = Matrix::from_slice(shape.rows, shape.cols, shape.matrix(a, batch));
        if !matrix.is_finite() {
            return Err(LinalgError::NotFinite { batch });
        }
        let (ut, s, vh) = decompose(matrix, vectors).map_err(|remaining| LinalgError::DidNotConverge { batch, remaining })?;
        result.u.extend_from_slice(ut.transposed().data());
        result.s.extend(s);
        result.vh.extend_from_slice(vh.data());
    }
    Ok(result)
}

/// `(U^T, S, V^H)`. A wide matrix is decomposed through its adjoint: `A^H = U S V^H` gives `A = V S U^H`.
fn decompose<T: Scalar>(mut a: Matrix<T>, vectors: SvdVectors) -> Result<(Matrix<T>, Vec<T::Real>, Matrix<T>), usize> {
    if a.rows < a.cols {
        let (ut, s, vh) = decompose(a.adjoint(), vectors)?;
        return Ok((vh.conjugate(), s, ut.conjugate()));
    }
    let factor = a.normalise();
    let mut form = bidiagonalise(a, vectors);
    form.diagonalise()?;
    let Bidiagonal { mut d, mut left, mut right, .. } = form;
    for (i, value) in d.iter_mut().enumerate() {
        if *value < T::Real::ZERO {
            *value = -*value;
            if right.cols > 0 {
                scale_real(right.row_mut(i), -T::Real::ONE);
            }
        }
    }
    let mut order: Vec<usize> = (0..d.len()).collect();
    order.sort_by(|&i, &j| d[j].partial_cmp(&d[i]).unwrap_or(std::cmp::Ordering::Equal));
    let s = order.iter().map(|&i| d[i] * factor).collect();
    right = right.permuted_rows(&order);
    // The complement's rows of a full U keep their places behind the sorted ones.
    order.extend(d.len()..left.rows);
    left = left.permuted_rows(&order);
    Ok((left, s, right))
}

/// `A = U B V^H` for a matrix that is at least as tall as wide (Golub and Van Loan, section 5.4.8).
fn bidiagonalise<T: Scalar>(mut a: Matrix<T>, vectors: SvdVectors) -> Bidiagonal<T> {
    let (rows, cols) = (a.rows, a.cols);
    let (mut d, mut e) = (Vec::with_capacity(cols), Vec::with_capacity(cols));
    let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
    for k in 0..cols {
        let (reflector, beta) = Reflector::annihilating(k, a.column(k..rows, k));
        reflector.adjoint().apply_left(&mut a, k + 1..cols);
        d.push(beta);
        from_left.push(reflector);
        if k + 1 < cols {
            let row = a.row(k)[k + 1..].iter().map(|v| v.conj()).collect();
            let (reflector, beta) = Reflector::annihilating(k + 1, row);
            reflector.apply_right(&mut a, k + 1..rows);
            e.push(beta);
            from_right.push(reflector);
        }
    }
    let (left, right) = match vectors {
        SvdVectors::None => (Matrix::zeros(cols, 0), Matrix::zeros(cols, 0)),
        SvdVectors::Thin => (product(&from_left, rows, cols).transposed(), product(&from_right, cols, cols).adjoint()),
        SvdVectors::Full => (product(&from_left, rows, rows).transposed(), product(&from_right, cols, cols).adjoint()),
    };
    Bidiagonal { d, e, left, right }
}
