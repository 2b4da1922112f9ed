//! Factorisations multiply back to their operand and have the structure they promise.

mod matrices;

use matrices::{Sample, adjoint, assert_close, identity, positive_definite, product, random};
use num_complex::Complex;
use rushlight_linalg::{
    LinalgError, MatrixShape, QrMode, Real, SvdVectors, Triangle, cholesky, eig, eigh, geqrf, householder_product, lu_factor, pivots_to_permutation, qr, svd,
};

const SIZES: [(usize, usize); 9] = [(1, 1), (2, 2), (3, 5), (5, 3), (1, 7), (7, 1), (33, 33), (70, 40), (40, 70)];

for_every_scalar!(
    lu_multiplies_back,
    cholesky_multiplies_back,
    qr_multiplies_back,
    reflectors_multiply_to_q,
    empty_matrices_are_valid,
    non_finite_numbers_are_no_panic,
);

mod check {
    use super::*;

    pub fn lu_multiplies_back<T: Sample>() {
        for (m, n) in SIZES {
            let (batch, k) = (2, m.min(n));
            let a: Vec<T> = random(batch * m * n, (m * n) as u64);
            let f = lu_factor(&a, MatrixShape::new(batch, m, n), true).unwrap();
            assert_eq!(f.info, [0; 2]);
            for b in 0..batch {
                let lu = &f.factors[b * m * n..(b + 1) * m * n];
                let order = pivots_to_permutation(&f.pivots[b * k..(b + 1) * k], m).unwrap();
                let entry = |i: usize, j: usize| lu[i * n + j];
                let one = |i, j| if i == j { T::ONE } else { T::ZERO };
                let lower: Vec<T> = (0..m * k).map(|at| (at / k, at % k)).map(|(i, j)| if j < i { entry(i, j) } else { one(i, j) }).collect();
                let upper: Vec<T> = (0..k * n).map(|at| (at / n, at % n)).map(|(i, j)| if i <= j { entry(i, j) } else { T::ZERO }).collect();
                let permuted: Vec<T> = order.iter().flat_map(|&i| a[(b * m + i) * n..(b * m + i + 1) * n].to_vec()).collect();
                assert_close(&product(&lower, &upper, m, k, n), &permuted, 100.0, "L U");
                assert!(lower.iter().all(|l| l.modulus() <= T::Real::from_f64(1.5)));
            }
        }
    }

    pub fn cholesky_multiplies_back<T: Sample>() {
        for n in [1, 2, 5, 40] {
            let a: Vec<T> = positive_definite(n, n as u64);
            let f = cholesky(&a, MatrixShape::square(1, n)).unwrap();
            assert_eq!(f.require_positive_definite(), Ok(()));
            let back = product(&f.factors, &adjoint(&f.factors, n, n), n, n, n);
            assert_close(&back, &a, 100.0, "L L^H");
        }
    }

    pub fn qr_multiplies_back<T: Sample>() {
        for (m, n) in SIZES {
            let shape = MatrixShape::new(1, m, n);
            let a: Vec<T> = random(m * n, 3);
            let only_r = qr(&a, shape, QrMode::R).unwrap();
            assert!(only_r.q.is_empty());
            for (mode, k) in [(QrMode::Reduced, m.min(n)), (QrMode::Complete, m)] {
                let f = qr(&a, shape, mode).unwrap();
                assert_close(&product(&f.q, &f.r, m, k, n), &a, 200.0, "Q R");
                assert_close(&product(&adjoint(&f.q, m, k), &f.q, k, m, k), &identity(k), 200.0, "Q^H Q");
                assert!((0..k * n).all(|at| at / n <= at % n || f.r[at] == T::ZERO));
                assert_eq!(f.r[..m.min(n) * n], only_r.r[..]);
            }
        }
    }

    pub fn reflectors_multiply_to_q<T: Sample>() {
        let (m, n) = (9, 6);
        let a: Vec<T> = random(2 * m * n, 8);
        let shape = MatrixShape::new(2, m, n);
        let (packed, tau) = geqrf(&a, shape).unwrap();
        let q = householder_product(&packed, &tau, shape, n).unwrap();
        assert_close(&q, &qr(&a, shape, QrMode::Reduced).unwrap().q, 1.0, "Q");
    }

    pub fn empty_matrices_are_valid<T: Sample>() {
        for (batch, m, n) in [(0, 3, 3), (2, 0, 0), (2, 0, 3), (2, 3, 0)] {
            let shape = MatrixShape::new(batch, m, n);
            let a = vec![T::ZERO; batch * m * n];
            assert!(lu_factor(&a, shape, true).unwrap().pivots.is_empty());
            assert!(geqrf(&a, shape).is_ok());
            let f = qr(&a, shape, QrMode::Complete).unwrap();
            assert_eq!((f.q.len(), f.r.len()), (batch * m * m, 0));
            let f = svd(&a, shape, SvdVectors::Full).unwrap();
            assert_eq!((f.u.len(), f.s.len(), f.vh.len()), (batch * m * m, batch * m.min(n), batch * n * n));
            if m == n {
                assert_eq!(cholesky(&a, shape).unwrap().info.len(), batch);
                assert_eq!(eigh(&a, shape, Triangle::Lower, true).unwrap().values.len(), batch * n);
                assert_eq!(eig(&a, shape, true).unwrap().vectors.len(), batch * n * n);
            }
        }
    }

    pub fn non_finite_numbers_are_no_panic<T: Sample>() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in 0..9 {
                let mut a: Vec<T> = random(9, at as u64);
                a[at] = T::sample(bad, 0.0);
                let shape = MatrixShape::square(1, 3);
                assert!(lu_factor(&a, shape, true).is_ok());
                assert!(cholesky(&a, shape).is_ok());
                assert!(qr(&a, shape, QrMode::Complete).is_ok());
                assert_eq!(svd(&a, shape, SvdVectors::Thin), Err(LinalgError::NotFinite { batch: 0 }));
                assert_eq!(eig(&a, shape, true), Err(LinalgError::NotFinite { batch: 0 }));
                let _ = eigh(&a, shape, Triangle::Lower, true);
            }
        }
    }
}

#[test]
fn singular_matrices_are_reported_by_position() {
    let a = [1.0f64, 2.0, 2.0, 4.0, 5.0, 1.0, 1.0, 5.0];
    let f = lu_factor(&a, MatrixShape::square(2, 2), true).unwrap();
    assert_eq!((&f.info[..], &f.pivots[..]), (&[2, 0][..], &[2, 2, 1, 2][..]));
    assert_eq!(f.require_nonsingular(), Err(LinalgError::Singular { batch: 0, index: 1 }));
}

#[test]
fn the_failing_minor_is_reported_by_order() {
    let a = [1.0f64, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0];
    let f = cholesky(&a, MatrixShape::square(1, 3)).unwrap();
    assert_eq!(f.require_positive_definite(), Err(LinalgError::NotPositiveDefinite { batch: 0, order: 2 }));
}

#[test]
fn wrong_lengths_are_errors() {
    let message = svd(&[1.0f64; 5], MatrixShape::new(1, 2, 2), SvdVectors::Thin).unwrap_err().to_string();
    assert_eq!(message, "svd: 5 numbers do not fill the shape [1, 2, 2]");
}

// Recorded from NumPy 2.3 with OpenBLAS.
#[test]
fn values_agree_with_numpy() {
    let a = [2.0f64, -1.0, 0.5, 1.0, 3.0, -2.0, 0.0, 4.0, 1.0];
    let shape = MatrixShape::square(1, 3);
    let f = qr(&a, shape, QrMode::Reduced).unwrap();
    assert_close(
        &f.q,
        &[
            -0.8944271909999157,
            0.27562473083535527,
            0.3521803625302495,
            -0.4472135954999579,
            -0.5512494616707105,
            -0.7043607250604991,
            -0.0,
            -0.7874992309581578,
            0.6163156344279367,
        ],
        20.0,
        "Q",
    );
    assert_close(
        &f.r,
        &[-2.23606797749979, -0.447213595499958, 0.4472135954999579, 0.0, -5.079370039680118, 0.45281205780094114, 0.0, 0.0, 2.2011272658140597],
        20.0,
        "R",
    );
    let s = svd(&a, shape, SvdVectors::None).unwrap().s;
    assert_close(&s, &[5.133697464801611, 2.4127731489663446, 2.0183349750516055], 20.0, "S");
    let values = eigh(&a, shape, Triangle::Lower, false).unwrap().values;
    assert_close(&values, &[-2.2145852379666677, 1.9444349135539887, 6.270150324412679], 20.0, "eigenvalues of the lower half");
    let f = eig(&a, shape, true).unwrap();
    let first = f.values.iter().position(|v| v.im > 0.0).unwrap();
    let expected = [Complex::new(1.9376213605951544, 2.830489937088983)];
    assert_close(&f.values[first..=first], &expected, 20.0, "eigenvalue");
    let column: Vec<Complex<f64>> = (0..3).map(|i| f.vectors[i * 3 + first]).collect();
    let expected = [
        Complex::new(-0.19752413953403605, -0.06921193774652673),
        Complex::new(0.18377269853068262, 0.5547727427760482),
        Complex::new(0.7839953578448032, 0.0),
    ];
    let sign = if (column[0].re > 0.0) == (expected[0].re > 0.0) { 1.0 } else { -1.0 };
    assert_close(&column, &expected.map(|v| v * sign), 40.0, "eigenvector");
}
