//! Balancing and reduction to Hessenberg form, the steps before the QR algorithm.

use crate::householder::{Reflector, product};
use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::vectors::scale_real;

/// `A <- D^-1 A D` with powers of two that bring the norms of row and column `i` together; returns D's diagonal
/// (Parlett and Reinsch, "Balancing a matrix for calculation of eigenvalues and eigenvectors", 1969).
pub(crate) fn balance<T: Scalar>(a: &mut Matrix<T>) -> Vec<T::Real> {
    let mut scales = vec![T::Real::ONE; a.rows];
    let limit = T::Real::ONE / T::Real::MIN_POSITIVE.sqrt();
    let mut settled = false;
    while !settled {
        settled = true;
        for i in 0..a.rows {
            let factor = balancing_factor(a, i);
            // Far beyond this the scales themselves would overflow.
            let total = scales[i] * factor;
            if factor != T::Real::ONE && total < limit && total > T::Real::ONE / limit {
                settled = false;
                scales[i] = total;
                scale_real(a.row_mut(i), T::Real::ONE / factor);
                (0..a.rows).for_each(|j| a[(j, i)] = a[(j, i)].scale(factor));
            }
        }
    }
    scales
}

/// The power of two that balances index `i`, or 1 where it would gain less than 5 %.
fn balancing_factor<T: Scalar>(a: &Matrix<T>, i: usize) -> T::Real {
    let number = T::Real::from_f64;
    let others = (0..a.rows).filter(|&j| j != i);
    let (mut column, row) = others.fold((T::Real::ZERO, T::Real::ZERO), |(column, row), j| (column + a[(j, i)].modulus(), row + a[(i, j)].modulus()));
    if !(column > T::Real::ZERO && row > T::Real::ZERO && (column + row).is_finite()) {
        return T::Real::ONE;
    }
    let (before, mut factor) = (column + row, T::Real::ONE);
    while column < row * number(0.5) {
        factor *= number(2.0);
        column *= number(4.0);
    }
    while column >= row * number(2.0) {
        factor *= number(0.5);
        column *= number(0.25);
    }
    if (column + row) / factor < number(0.95) * before { factor } else { T::Real::ONE }
}

/// `A = Q H Q^H` with H zero below the first subdiagonal; returns H and the transpose of Q (empty without `vectors`).
pub(crate) fn hessenberg<T: Scalar>(mut a: Matrix<T>, vectors: bool) -> (Matrix<T>, Matrix<T>) {
    let n = a.rows;
    let mut reflectors = Vec::with_capacity(n);
    for k in 1..n.saturating_sub(1) {
        let (reflector, beta) = Reflector::annihilating(k, a.column(k..n, k - 1));
        reflector.adjoint().apply_left(&mut a, k..n);
        reflector.apply_right(&mut a, 0..n);
        a[(k, k - 1)] = T::from_real(beta);
        (k + 1..n).for_each(|i| a[(i, k - 1)] = T::ZERO);
        reflectors.push(reflector);
    }
    let q = if vectors { product(&reflectors, n, n).transposed() } else { Matrix::zeros(n, 0) };
    (a, q)
}
