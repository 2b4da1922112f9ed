//! Systems with a triangular matrix.

use crate::error::LinalgError;
use crate::matrix::Matrix;
use crate::scalar::Scalar;
use crate::shape::{MatrixShape, Op, Side, Triangle};
use crate::vectors::subtract_rows;

/// Rows of the solution gathered before they are subtracted from the next one.
const BLOCK: usize = 64;

/// Which system is solved: `op(A) X = B` or `X op(A) = B`, where only `triangle` of A is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriangularSystem {
    /// The half of A that is read, before `op`.
    pub triangle: Triangle,
    /// The form of A in the system.
    pub op: Op,
    /// The side of the unknown on which A stands.
    pub side: Side,
    /// Whether A's diagonal is taken to be 1 without being read.
    pub unit_diagonal: bool,
}

/// Solves every system; `a` is `[batch, n, n]`, `b` is `[batch, rows, cols]` with `n` equal to `rows` (left) or `cols`.
///
/// A zero on the diagonal gives infinities, as in LAPACK.
pub fn solve_triangular<T: Scalar>(a: &[T], b: &[T], rhs: MatrixShape, system: TriangularSystem) -> Result<Vec<T>, LinalgError> {
    let n = if system.side == Side::Left { rhs.rows } else { rhs.cols };
    let shape = MatrixShape::square(rhs.batch, n);
    shape.check("solve_triangular: matrix", a.len())?;
    rhs.check("solve_triangular: right-hand side", b.len())?;
    let mut solutions = Vec::with_capacity(b.len());
    for index in 0..rhs.batch {
        let matrix = Matrix::from_slice(n, n, shape.matrix(a, index));
        let right = Matrix::from_slice(rhs.rows, rhs.cols, rhs.matrix(b, index));
        solutions.extend_from_slice(solve(matrix, right, system).data());
    }
    Ok(solutions)
}

/// `X op(A) = B` is solved as `op(A)^T X^T = B^T`.
fn solve<T: Scalar>(a: Matrix<T>, mut b: Matrix<T>, system: TriangularSystem) -> Matrix<T> {
    let mut a = a.with_op(system.op);
    let mut flips = usize::from(system.op != Op::None);
    if system.side == Side::Right {
        (a, b) = (a.transposed(), b.transposed());
        flips += 1;
    }
    let triangle = match (system.triangle, flips % 2) {
        (Triangle::Lower, 0) | (Triangle::Upper, 1) => Triangle::Lower,
        _ => Triangle::Upper,
    };
    substitute(&a, &mut b, triangle, system.unit_diagonal);
    if system.side == Side::Right { b.transposed() } else { b }
}

/// `X <- A^-1 X` for a triangular A.
pub(crate) fn substitute<T: Scalar>(a: &Matrix<T>, x: &mut Matrix<T>, triangle: Triangle, unit_diagonal: bool) {
    match triangle {
        Triangle::Lower => forward_substitute(a, x, unit_diagonal),
        Triangle::Upper => back_substitute(a, x, unit_diagonal),
    }
}

/// `X <- L^-1 X`, top row first.
pub(crate) fn forward_substitute<T: Scalar>(a: &Matrix<T>, x: &mut Matrix<T>, unit_diagonal: bool) {
    let cols = x.cols;
    for i in 0..x.rows {
        let (solved, rest) = x.split_rows(i);
        let row = &mut rest[..cols];
        subtract_products(row, &a.row(i)[..i], solved);
        if !unit_diagonal {
            divide(row, a[(i, i)]);
        }
    }
}

/// `X <- U^-1 X`, bottom row first.
fn back_substitute<T: Scalar>(a: &Matrix<T>, x: &mut Matrix<T>, unit_diagonal: bool) {
    let cols = x.cols;
    for i in (0..x.rows).rev() {
        let (rest, solved) = x.split_rows(i + 1);
        let row = &mut rest[i * cols..];
        subtract_products(row, &a.row(i)[i + 1..], solved);
        if !unit_diagonal {
            divide(row, a[(i, i)]);
        }
    }
}

/// `row -= coefficients * solved`, where `solved` holds one row for each coefficient.
fn subtract_products<T: Scalar>(row: &mut [T], coefficients: &[T], solved: &[T]) {
    let cols = row.len();
    if cols == 0 {
        return;
    }
    for (coefficients, solved) in coefficients.chunks(BLOCK).zip(solved.chunks(BLOCK * cols)) {
        let rows: Vec<&[T]> = solved.chunks_exact(cols).collect();
        subtract_rows(row, coefficients, &rows);
    }
}

fn divide<T: Scalar>(row: &mut [T], by: T) {
    for entry in row {
        *entry = entry.over(by);
    }
}
