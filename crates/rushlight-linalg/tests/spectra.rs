//! Singular values and eigenvalues, with their vectors, satisfy their equations.

mod matrices;

use matrices::{Sample, adjoint, assert_close, awkward, hermitian, identity, product, random};
use rushlight_linalg::{MatrixShape, Real, Scalar, SvdVectors, Triangle, eig, eigh, svd};

const SIZES: [(usize, usize); 9] = [(1, 1), (2, 2), (3, 5), (5, 3), (1, 7), (7, 1), (33, 33), (70, 40), (40, 70)];

for_every_scalar!(
    svd_multiplies_back,
    svd_of_awkward_matrices,
    eigh_multiplies_back,
    eigh_of_awkward_matrices,
    eig_satisfies_its_equation,
    eig_of_awkward_matrices,
);

mod check {
    use super::*;

    fn check_svd<T: Sample>(a: &[T], m: usize, n: usize) {
        let (shape, k) = (MatrixShape::new(1, m, n), m.min(n));
        let values = svd(a, shape, SvdVectors::None).unwrap().s;
        for (vectors, left, right) in [(SvdVectors::Thin, k, k), (SvdVectors::Full, m, n)] {
            let f = svd(a, shape, vectors).unwrap();
            assert!(f.s.windows(2).all(|pair| pair[0] >= pair[1]) && f.s.iter().all(|s| *s >= T::Real::ZERO));
            assert_close(&f.s, &values, 100.0, "values without vectors");
            assert_close(&product(&adjoint(&f.u, m, left), &f.u, left, m, left), &identity(left), 400.0, "U^H U");
            assert_close(&product(&f.vh, &adjoint(&f.vh, right, n), right, n, right), &identity(right), 400.0, "Vh V");
            let mut scaled = vec![T::ZERO; m * n];
            for (at, entry) in scaled.iter_mut().enumerate() {
                for l in 0..k {
                    *entry += f.u[at / n * left + l].scale(f.s[l]) * f.vh[l * n + at % n];
                }
            }
            assert_close(&scaled, a, 1000.0, "U S Vh");
        }
    }

    pub fn svd_multiplies_back<T: Sample>() {
        for (m, n) in SIZES {
            check_svd(&random::<T>(m * n, 5), m, n);
        }
    }

    pub fn svd_of_awkward_matrices<T: Sample>() {
        for n in [2, 3, 8, 21] {
            for a in awkward::<T>(n) {
                check_svd(&a, n, n);
            }
        }
    }

    fn check_eigh<T: Sample>(a: &[T], n: usize) {
        let shape = MatrixShape::square(1, n);
        let f = eigh(a, shape, Triangle::Lower, true).unwrap();
        assert!(f.values.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_close(&eigh(a, shape, Triangle::Upper, false).unwrap().values, &f.values, 200.0, "values from the upper half");
        let q = &f.vectors;
        assert_close(&product(&adjoint(q, n, n), q, n, n, n), &identity(n), 400.0, "Q^H Q");
        let scaled: Vec<T> = (0..n * n).map(|at| q[at].scale(f.values[at % n])).collect();
        assert_close(&product(&scaled, &adjoint(q, n, n), n, n, n), a, 1000.0, "Q L Q^H");
    }

    pub fn eigh_multiplies_back<T: Sample>() {
        for n in [1, 2, 3, 8, 60] {
            check_eigh(&hermitian::<T>(n, 1), n);
        }
    }

    pub fn eigh_of_awkward_matrices<T: Sample>() {
        for n in [2, 3, 8, 21] {
            for a in awkward::<T>(n) {
                let symmetric: Vec<T> = adjoint(&a, n, n).iter().zip(&a).map(|(&x, &y)| x + y).collect();
                check_eigh(&symmetric, n);
            }
        }
    }

    fn check_eig<T: Sample>(a: &[T], n: usize) {
        let f = eig(a, MatrixShape::square(1, n), true).unwrap();
        assert_eq!(eig(a, MatrixShape::square(1, n), false).unwrap().values.len(), n);
        let complex: Vec<T::Complex> = a.iter().map(|v| v.to_complex()).collect();
        let left = product(&complex, &f.vectors, n, n, n);
        let size = a.iter().fold(T::Real::ZERO, |m, v| Real::max(m, v.modulus()));
        let bound = T::Real::from_f64(300.0 * n as f64) * T::Real::EPSILON * size;
        for at in 0..n * n {
            let gap = (left[at] - f.vectors[at] * f.values[at % n]).modulus();
            assert!(gap <= bound, "A v = lambda v fails by {gap:?} > {bound:?} at {at} of {n}");
        }
        for j in 0..n {
            let column: Vec<T::Complex> = (0..n).map(|i| f.vectors[i * n + j]).collect();
            let length = column.iter().fold(T::Real::ZERO, |sum, v| sum + v.modulus_squared());
            assert!((length - T::Real::ONE).modulus() < T::Real::from_f64(50.0) * T::Real::EPSILON, "length {length:?}");
            let largest = column.iter().fold(T::Real::ZERO, |m, v| Real::max(m, v.modulus()));
            let near = largest * T::Real::from_f64(1.0 - 1e-5);
            assert!(column.iter().any(|v| v.modulus() >= near && v.im() == T::Real::ZERO), "largest component is not real");
        }
        if !T::IS_COMPLEX {
            let pairs = f.values.iter().filter(|v| v.im() > T::Real::ZERO).count();
            let conjugates = (1..n).filter(|&i| f.values[i].im() < T::Real::ZERO && f.values[i] == f.values[i - 1].conj()).count();
            assert_eq!(pairs, conjugates);
        }
    }

    pub fn eig_satisfies_its_equation<T: Sample>() {
        for n in [1, 2, 3, 4, 8, 60] {
            for seed in 0..5 {
                check_eig(&random::<T>(n * n, seed), n);
            }
        }
    }

    pub fn eig_of_awkward_matrices<T: Sample>() {
        for n in [2, 3, 4, 8, 21] {
            for a in awkward::<T>(n) {
                check_eig(&a, n);
            }
        }
    }
}
