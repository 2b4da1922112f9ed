//! Solutions satisfy their systems.

mod matrices;

use matrices::{Sample, adjoint, assert_close, hermitian, positive_definite, product, random};
use num_complex::Complex;
use rushlight_linalg::{MatrixShape, Op, Scalar, Side, Symmetry, Triangle, TriangularSystem, ldl_factor, ldl_solve, lu_factor, lu_solve, solve_triangular};

fn with_op<T: Scalar>(a: &[T], n: usize, op: Op) -> Vec<T> {
    match op {
        Op::None => a.to_vec(),
        Op::Transpose => adjoint(a, n, n).iter().map(|v| v.conj()).collect(),
        Op::Adjoint => adjoint(a, n, n),
    }
}

fn check_lu_solve<T: Sample>() {
    for (n, columns) in [(1, 1), (4, 3), (50, 2), (3, 0)] {
        let a: Vec<T> = random(n * n, 11);
        let b: Vec<T> = random(n * columns, 12);
        let shape = MatrixShape::square(1, n);
        let f = lu_factor(&a, shape, true).unwrap();
        for op in [Op::None, Op::Transpose, Op::Adjoint] {
            let x = lu_solve(&f.factors, &f.pivots, &b, shape, columns, op).unwrap();
            assert_close(&product(&with_op(&a, n, op), &x, n, n, columns), &b, 20_000.0, "op(A) X");
        }
    }
}

/// Indefinite matrices, `A = A^T` or `A = A^H`; with a zero diagonal only blocks of two can be eliminated.
fn check_ldl_solve<T: Sample>() {
    for (n, columns) in [(1, 1), (2, 2), (5, 3), (24, 2), (6, 0)] {
        for (symmetry, hollow) in [(Symmetry::Symmetric, false), (Symmetry::Hermitian, false), (Symmetry::Symmetric, n > 1), (Symmetry::Hermitian, n > 1)] {
            let mut a: Vec<T> = hermitian(n, 21);
            for at in 0..n * n {
                if at / n < at % n && symmetry == Symmetry::Symmetric {
                    a[at] = a[(at % n) * n + at / n];
                } else if at / n == at % n && hollow && n % 2 == 0 {
                    a[at] = T::ZERO;
                }
            }
            let b: Vec<T> = random(n * columns, 22);
            let shape = MatrixShape::square(1, n);
            let f = ldl_factor(&a, shape, symmetry).unwrap();
            assert_eq!(f.info, [0]);
            assert!((0..n * n).all(|at| at / n >= at % n || f.factors[at] == T::ZERO));
            assert!(!hollow || n % 2 == 1 || f.pivots[0] < 0, "{:?}", f.pivots);
            let x = ldl_solve(&f.factors, &f.pivots, &b, shape, columns, symmetry).unwrap();
            assert_close(&product(&a, &x, n, n, columns), &b, 20_000.0, &format!("{symmetry:?} {n}"));
        }
    }
}

fn check_triangular<T: Sample>() {
    let (n, columns) = (70, 3);
    let full: Vec<T> = positive_definite(n, 4);
    let b: Vec<T> = random(n * columns, 5);
    for triangle in [Triangle::Lower, Triangle::Upper] {
        for op in [Op::None, Op::Transpose, Op::Adjoint] {
            for (side, unit_diagonal) in [(Side::Left, false), (Side::Right, false), (Side::Left, true), (Side::Right, true)] {
                let half: Vec<T> = (0..n * n)
                    .map(|at| match (at / n, at % n) {
                        (i, j) if i == j && unit_diagonal => T::ONE,
                        (i, j) if i == j || (i > j) == (triangle == Triangle::Lower) => full[at].scale(small::<T>(unit_diagonal)),
                        _ => T::ZERO,
                    })
                    .collect();
                let stored: Vec<T> = full.iter().map(|v| v.scale(small::<T>(unit_diagonal))).collect();
                let system = TriangularSystem { triangle, op, side, unit_diagonal };
                let (rows, cols) = if side == Side::Left { (n, columns) } else { (columns, n) };
                let x = solve_triangular(&stored, &b, MatrixShape::new(1, rows, cols), system).unwrap();
                let matrix = with_op(&half, n, op);
                let back = match side {
                    Side::Left => product(&matrix, &x, n, n, columns),
                    Side::Right => product(&x, &matrix, columns, n, n),
                };
                assert_close(&back, &b, 500.0, &format!("{system:?}"));
            }
        }
    }
}

/// Keeps unit triangular systems well conditioned.
fn small<T: Scalar>(unit_diagonal: bool) -> T::Real {
    use rushlight_linalg::Real;
    T::Real::from_f64(if unit_diagonal { 1e-3 } else { 1.0 })
}

#[test]
fn lu_solves_every_form_of_the_system() {
    check_lu_solve::<f32>();
    check_lu_solve::<f64>();
    check_lu_solve::<Complex<f32>>();
    check_lu_solve::<Complex<f64>>();
}

#[test]
fn ldl_solves_indefinite_systems() {
    check_ldl_solve::<f32>();
    check_ldl_solve::<f64>();
    check_ldl_solve::<Complex<f32>>();
    check_ldl_solve::<Complex<f64>>();
}

#[test]
fn ldl_reports_the_first_zero_block() {
    let shape = MatrixShape::square(2, 2);
    let f = ldl_factor(&[1.0f64, 0.0, 1.0, 1.0, 0.0, 5.0, 0.0, 3.0], shape, Symmetry::Symmetric).unwrap();
    assert_eq!((f.info, f.pivots), (vec![2, 1], vec![1, 2, 1, 2]));
}

#[test]
fn triangular_systems_of_every_form_are_solved() {
    check_triangular::<f32>();
    check_triangular::<f64>();
    check_triangular::<Complex<f32>>();
    check_triangular::<Complex<f64>>();
}

#[test]
fn pivots_out_of_range_are_errors() {
    let shape = MatrixShape::square(1, 2);
    assert!(lu_solve(&[1.0f64, 0.0, 0.0, 1.0], &[1, 3], &[1.0, 1.0], shape, 1, Op::None).is_err());
    assert!(lu_solve(&[1.0f64, 0.0, 0.0, 1.0], &[0, 2], &[1.0, 1.0], shape, 1, Op::Adjoint).is_err());
    for pivots in [[0, 1], [3, 2], [-2, 2], [1, -2], [-1, -1], [-3, -3], [i32::MIN, i32::MIN]] {
        assert!(ldl_solve(&[1.0f64, 0.0, 0.0, 1.0], &pivots, &[1.0, 1.0], shape, 1, Symmetry::Symmetric).is_err(), "{pivots:?}");
    }
}
