//! Eigenvectors from a Schur form by back substitution (LAPACK `trevc`).

use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::vectors::{add_scaled, max_modulus, norm, scale_real};

/// Row `k` is the eigenvector of `Q T Q^H` for `values[k]`, of no particular length; `qt` is the transpose of Q.
///
/// T is triangular, or quasi-triangular and real, with the second of each pair of values the conjugate of the first.
pub(crate) fn eigenvectors<T: Scalar>(t: &Matrix<T>, qt: &Matrix<T>, values: &[T::Complex]) -> Matrix<T::Complex> {
    let n = values.len();
    let smallest = (T::Real::EPSILON * max_modulus(t.data())).max(T::Real::MIN_POSITIVE);
    let basis = Matrix::from_fn(n, n, |i, j| qt[(i, j)].to_complex());
    let mut vectors = Matrix::zeros(n, n);
    for k in 0..n {
        if is_block_end(t, k) {
            let conjugate: Vec<_> = vectors.row(k - 1).iter().map(|v: &T::Complex| v.conj()).collect();
            vectors.row_mut(k).copy_from_slice(&conjugate);
            continue;
        }
        for (i, &coefficient) in null_vector(t, values[k], k, smallest).iter().enumerate() {
            add_scaled(vectors.row_mut(k), coefficient, basis.row(i));
        }
    }
    vectors
}

/// Whether `i` is the second index of a 2 x 2 block.
fn is_block_end<T: Scalar>(t: &Matrix<T>, i: usize) -> bool {
    i > 0 && t[(i, i - 1)] != T::ZERO
}

/// The solution of `(T - value) y = 0` that ends with 1 at the block of `k`.
fn null_vector<T: Scalar>(t: &Matrix<T>, value: T::Complex, k: usize, smallest: T::Real) -> Vec<T::Complex> {
    let shifted = |i: usize| t[(i, i)].to_complex() - value;
    let mut y = vec![T::Complex::ZERO; k + 1];
    y[k] = T::Complex::ONE;
    if k + 1 < t.rows && is_block_end(t, k + 1) {
        y[k] = -shifted(k + 1).over(t[(k + 1, k)].to_complex());
        y.push(T::Complex::ONE);
    }
    let mut end = k;
    while end > 0 {
        let i = end - 1;
        let residual = |row: usize, y: &[T::Complex]| (end..y.len()).fold(T::Complex::ZERO, |sum, j| sum - t[(row, j)].to_complex() * y[j]);
        let right = residual(i, &y);
        if is_block_end(t, i) {
            let above = residual(i - 1, &y);
            let (b, c) = (t[(i - 1, i)].to_complex(), t[(i, i - 1)].to_complex());
            let determinant = away_from_zero(shifted(i - 1) * shifted(i) - b * c, smallest * smallest);
            y[i - 1] = (above * shifted(i) - b * right).over(determinant);
            y[i] = (shifted(i - 1) * right - c * above).over(determinant);
            end -= 2;
        } else {
            y[i] = right.over(away_from_zero(shifted(i), smallest));
            end -= 1;
        }
        shrink(&mut y, end);
    }
    y
}

/// `z`, or `smallest` where `z` is smaller: equal eigenvalues give nearly parallel vectors instead of infinities.
fn away_from_zero<C: Scalar>(z: C, smallest: C::Real) -> C {
    let smallest = smallest.max(C::Real::MIN_POSITIVE);
    if z.modulus() < smallest { C::from_real(smallest) } else { z }
}

/// Scales a vector whose newest entry grew so large that its products could overflow.
fn shrink<C: Scalar>(y: &mut [C], newest: usize) {
    let size = max_modulus(&y[newest..]);
    if C::Real::EPSILON * size * size > C::Real::ONE {
        scale_real(y, C::Real::ONE / size);
    }
}

/// Scales to unit 2-norm and, for complex vectors, turns the largest component onto the real axis (LAPACK `geev`).
pub(crate) fn normalise<C: Scalar>(v: &mut [C]) {
    let length = norm(v);
    if length == C::Real::ZERO {
        return;
    }
    scale_real(v, C::Real::ONE / length);
    if v.iter().all(|x| x.im() == C::Real::ZERO) {
        return;
    }
    let largest = (0..v.len()).fold(0, |best, i| if v[i].modulus_squared() > v[best].modulus_squared() { i } else { best });
    let turn = v[largest].conj().over(C::from_real(v[largest].modulus()));
    for x in v.iter_mut() {
        *x *= turn;
    }
    v[largest] = C::from_real(v[largest].re());
}
