//! `A = Q diag(values) Q^H` of Hermitian matrices: tridiagonalisation and implicit QL.

use crate::error::LinalgError;
use crate::householder::{Reflector, product};
use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::shape::{MatrixShape, Triangle};
use crate::vectors::{add_scaled, dot, dot_conj, plane, rotate};

/// QL sweeps allowed for each eigenvalue; well-behaved matrices need about two.
const SWEEPS_PER_VALUE: usize = 60;

/// Eigenvalues and eigenvectors of a batch of Hermitian matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigh<T: Scalar> {
    /// `[batch, n]`, ascending.
    pub values: Vec<T::Real>,
    /// `[batch, n, n]`: orthonormal eigenvectors as columns; empty if not asked for.
    pub vectors: Vec<T>,
}

/// Decomposes every matrix of `[batch, n, n]`, reading one half; imaginary parts on the diagonal are ignored.
pub fn eigh<T: Scalar>(a: &[T], shape: MatrixShape, half: Triangle, vectors: bool) -> Result<Eigh<T>, LinalgError> {
    let n = shape.rows;
    MatrixShape::square(shape.batch, n).check("eigh", a.len())?;
    let mut result = Eigh { values: Vec::with_capacity(shape.batch * n), vectors: Vec::new() };
    for batch in 0..shape.batch {
        let matrix = hermitian(shape.matrix(a, batch), n, half);
        if !matrix.is_finite() {
            return Err(LinalgError::NotFinite { batch });
        }
        let (values, rows) = decompose(matrix, vectors).map_err(|remaining| LinalgError::DidNotConverge { batch, remaining })?;
        result.values.extend(values);
        result.vectors.extend_from_slice(rows.transposed().data());
    }
    Ok(result)
}

/// The whole matrix from one of its halves.
fn hermitian<T: Scalar>(a: &[T], n: usize, half: Triangle) -> Matrix<T> {
    Matrix::from_fn(n, n, |i, j| {
        let stored = if half == Triangle::Lower { j <= i } else { i <= j };
        match (i == j, stored) {
            (true, _) => T::from_real(a[i * n + i].re()),
            (false, true) => a[i * n + j],
            (false, false) => a[j * n + i].conj(),
        }
    })
}

/// Ascending eigenvalues, and eigenvectors as rows.
fn decompose<T: Scalar>(mut a: Matrix<T>, vectors: bool) -> Result<(Vec<T::Real>, Matrix<T>), usize> {
    let factor = a.normalise();
    let n = a.rows;
    let (mut d, mut e, reflectors) = tridiagonalise(a);
    let mut rows = if vectors { product(&reflectors, n, n).transposed() } else { Matrix::zeros(n, 0) };
    implicit_ql(&mut d, &mut e, &mut rows)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| d[i].partial_cmp(&d[j]).unwrap_or(std::cmp::Ordering::Equal));
    let values = order.iter().map(|&i| d[i] * factor).collect();
    Ok((values, rows.permuted_rows(&order)))
}

/// `Q^H A Q = T` with `Q` the product of the reflectors; returns T's diagonal and its off-diagonal.
fn tridiagonalise<T: Scalar>(mut a: Matrix<T>) -> (Vec<T::Real>, Vec<T::Real>, Vec<Reflector<T>>) {
    let n = a.rows;
    let (mut off_diagonal, mut reflectors) = (Vec::with_capacity(n), Vec::with_capacity(n));
    for k in 1..n {
        let (reflector, beta) = Reflector::annihilating(k, a.column(k..n, k - 1));
        conjugate_by(&mut a, &reflector);
        off_diagonal.push(beta);
        reflectors.push(reflector);
    }
    let diagonal = (0..n).map(|i| a[(i, i)].re()).collect();
    (diagonal, off_diagonal, reflectors)
}

/// `A <- H^H A H` on the trailing block, as the rank-two update `A - v w^H - w v^H` (LAPACK `sytd2`).
fn conjugate_by<T: Scalar>(a: &mut Matrix<T>, reflector: &Reflector<T>) {
    let Reflector { start, v, tau } = reflector;
    if *tau == T::ZERO {
        return;
    }
    let mut w: Vec<T> = (0..v.len()).map(|i| *tau * dot(&a.row(start + i)[*start..], v)).collect();
    let projection = (tau.conj() * dot_conj(v, &w)).scale(T::Real::from_f64(0.5));
    add_scaled(&mut w, -projection, v);
    let v_conjugate: Vec<T> = v.iter().map(|x| x.conj()).collect();
    let w_conjugate: Vec<T> = w.iter().map(|x| x.conj()).collect();
    for i in 0..v.len() {
        let row = &mut a.row_mut(start + i)[*start..];
        add_scaled(row, -v[i], &w_conjugate);
        add_scaled(row, -w[i], &v_conjugate);
    }
}

/// Diagonalises a real symmetric tridiagonal matrix, rotating the rows of `vectors` along
/// (Martin and Wilkinson, "The implicit QL algorithm", 1968).
fn implicit_ql<T: Scalar>(d: &mut [T::Real], e: &mut [T::Real], vectors: &mut Matrix<T>) -> Result<(), usize> {
    for low in 0..d.len() {
        let mut budget = SWEEPS_PER_VALUE;
        loop {
            let high = block_end::<T::Real>(d, e, low);
            if high == low {
                break;
            }
            if budget == 0 {
                return Err(d.len() - low);
            }
            budget -= 1;
            ql_sweep(d, e, vectors, low, high);
        }
    }
    Ok(())
}

/// The last index of the unreduced block that begins at `low`.
fn block_end<R: Real>(d: &[R], e: &[R], low: usize) -> usize {
    (low..e.len()).find(|&i| e[i].modulus() <= R::EPSILON * (d[i].modulus() + d[i + 1].modulus()) + R::MIN_POSITIVE).unwrap_or(e.len())
}

fn ql_sweep<T: Scalar>(d: &mut [T::Real], e: &mut [T::Real], vectors: &mut Matrix<T>, low: usize, high: usize) {
    let two = T::Real::from_f64(2.0);
    let (zero, one) = (T::Real::ZERO, T::Real::ONE);
    let tangent = (d[low + 1] - d[low]) / (two * e[low]);
    let mut g = d[high] - d[low] + e[low] / (tangent + tangent.hypot(one).copysign(tangent));
    let (mut s, mut c, mut shift) = (one, one, zero);
    for i in (low..high).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let (cosine, sine, length) = plane(g, f);
        if i + 1 < high {
            e[i + 1] = length;
        }
        if length == zero {
            // The bulge vanished: the block splits here and the next sweep sees two smaller ones.
            d[i + 1] -= shift;
            return;
        }
        (s, c) = (sine, cosine);
        g = d[i + 1] - shift;
        let turn = (d[i] - g) * s + two * c * b;
        shift = s * turn;
        d[i + 1] = g + shift;
        g = c * turn - b;
        if vectors.cols > 0 {
            let (x, y) = vectors.two_rows(i, i + 1);
            rotate(x, y, c, -s);
        }
    }
    d[low] -= shift;
    e[low] = g;
}
