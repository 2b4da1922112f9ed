//! `A = Q R` by Householder reflections, with LAPACK's signs.

use crate::error::LinalgError;
use crate::householder::{Reflector, product};
use crate::matrix::Matrix;
use crate::scalar::Scalar;
use crate::shape::MatrixShape;

/// How much of Q is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QrMode {
    /// Q is `rows x min(rows, cols)`, R `min(rows, cols) x cols`.
    Reduced,
    /// Q is `rows x rows`, R `rows x cols`.
    Complete,
    /// Q is empty, R `min(rows, cols) x cols`.
    R,
}

/// The factors of a batch of matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Qr<T> {
    /// Unitary columns, shape by [`QrMode`].
    pub q: Vec<T>,
    /// Upper triangular, shape by [`QrMode`].
    pub r: Vec<T>,
}

/// Factors every matrix.
pub fn qr<T: Scalar>(a: &[T], shape: MatrixShape, mode: QrMode) -> Result<Qr<T>, LinalgError> {
    shape.check("qr", a.len())?;
    let width = if mode == QrMode::Complete { shape.rows } else { shape.min_dim() };
    let mut factors = Qr { q: Vec::new(), r: Vec::new() };
    for index in 0..shape.batch {
        let mut matrix = Matrix::from_slice(shape.rows, shape.cols, shape.matrix(a, index));
        let reflectors = triangularise(&mut matrix);
        let upper = Matrix::from_fn(width, shape.cols, |i, j| if i <= j { matrix[(i, j)] } else { T::ZERO });
        factors.r.extend_from_slice(upper.data());
        if mode != QrMode::R {
            factors.q.extend_from_slice(product(&reflectors, shape.rows, width).data());
        }
    }
    Ok(factors)
}

/// LAPACK's `geqrf`: R on and above the diagonal, the reflectors' tails below, and `tau` as `[batch, min(rows, cols)]`.
pub fn geqrf<T: Scalar>(a: &[T], shape: MatrixShape) -> Result<(Vec<T>, Vec<T>), LinalgError> {
    shape.check("geqrf", a.len())?;
    let (mut packed, mut taus) = (Vec::with_capacity(a.len()), Vec::new());
    for index in 0..shape.batch {
        let mut matrix = Matrix::from_slice(shape.rows, shape.cols, shape.matrix(a, index));
        for (k, reflector) in triangularise(&mut matrix).iter().enumerate() {
            for (i, &v) in reflector.v.iter().enumerate().skip(1) {
                matrix[(k + i, k)] = v;
            }
            taus.push(reflector.tau);
        }
        packed.extend_from_slice(matrix.data());
    }
    Ok((packed, taus))
}

/// Overwrites the upper triangle of `a` with R; what is left below the diagonal has no meaning.
fn triangularise<T: Scalar>(a: &mut Matrix<T>) -> Vec<Reflector<T>> {
    let (rows, cols) = (a.rows, a.cols);
    (0..rows.min(cols))
        .map(|k| {
            let (reflector, beta) = Reflector::annihilating(k, a.column(k..rows, k));
            reflector.adjoint().apply_left(a, k + 1..cols);
            a[(k, k)] = T::from_real(beta);
            reflector
        })
        .collect()
}

/// The first `cols` columns of `H0 H1 ... H(count - 1)` (LAPACK's `orgqr`).
///
/// Column `k` of `vectors`, `[batch, rows, cols]`, holds reflector `k` below the diagonal; `tau` is `[batch, count]`.
pub fn householder_product<T: Scalar>(vectors: &[T], tau: &[T], shape: MatrixShape, count: usize) -> Result<Vec<T>, LinalgError> {
    shape.check("householder_product: vectors", vectors.len())?;
    MatrixShape::new(shape.batch, 1, count).check("householder_product: tau", tau.len())?;
    if count > shape.cols || shape.cols > shape.rows {
        let MatrixShape { rows, cols, .. } = shape;
        return Err(LinalgError::Shape(format!("householder_product: needs {count} <= {cols} <= {rows}")));
    }
    let mut products = Vec::with_capacity(vectors.len());
    for index in 0..shape.batch {
        let matrix = Matrix::from_slice(shape.rows, shape.cols, shape.matrix(vectors, index));
        let reflectors: Vec<_> = (0..count)
            .map(|k| {
                let mut v = matrix.column(k..shape.rows, k);
                v[0] = T::ONE;
                Reflector { start: k, v, tau: tau[index * count + k] }
            })
            .collect();
        products.extend_from_slice(product(&reflectors, shape.rows, shape.cols).data());
    }
    Ok(products)
}
