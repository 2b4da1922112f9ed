//! `P A = L U` with partial pivoting, and systems solved with it.

use crate::error::LinalgError;
use crate::matrix::Matrix;
use crate::scalar::Scalar;
use crate::shape::{MatrixShape, Op, Triangle};
use crate::triangular::{forward_substitute, substitute};
use crate::vectors::{add_scaled, subtract_rows};

/// Columns factored before the rest of the matrix is brought up to date.
const PANEL: usize = 32;
/// Columns updated at a time: a strip of `PANEL` rows of it stays in the first-level cache.
const STRIP: usize = 256;

/// The factors of a batch of matrices as LAPACK's `getrf` stores them.
#[derive(Clone, Debug, PartialEq)]
pub struct Lu<T> {
    /// `[batch, rows, cols]`: U on and above the diagonal, L (without its unit diagonal) below.
    pub factors: Vec<T>,
    /// `[batch, min(rows, cols)]`: row `i` was exchanged with row `pivots[i]`, counted from 1.
    pub pivots: Vec<i32>,
    /// `[batch]`: 0, or the position of the first zero on U's diagonal, counted from 1.
    pub info: Vec<i32>,
}

impl<T> Lu<T> {
    /// Fails if any matrix of the batch is singular.
    pub fn require_nonsingular(&self) -> Result<(), LinalgError> {
        match self.info.iter().position(|&info| info > 0) {
            Some(batch) => Err(LinalgError::Singular { batch, index: self.info[batch] as usize - 1 }),
            None => Ok(()),
        }
    }
}

/// Factors every matrix; without `pivot` no rows are exchanged. A singular matrix is reported in `info`.
pub fn lu_factor<T: Scalar>(a: &[T], shape: MatrixShape, pivot: bool) -> Result<Lu<T>, LinalgError> {
    shape.check("lu_factor", a.len())?;
    let mut lu = Lu { factors: Vec::with_capacity(a.len()), pivots: Vec::new(), info: Vec::with_capacity(shape.batch) };
    for index in 0..shape.batch {
        let mut matrix = Matrix::from_slice(shape.rows, shape.cols, shape.matrix(a, index));
        factor(&mut matrix, pivot, &mut lu.pivots);
        lu.info.push(first_zero(&matrix));
        lu.factors.extend_from_slice(matrix.data());
    }
    Ok(lu)
}

fn first_zero<T: Scalar>(a: &Matrix<T>) -> i32 {
    (0..a.rows.min(a.cols)).position(|i| a[(i, i)] == T::ZERO).map_or(0, |i| i as i32 + 1)
}

fn factor<T: Scalar>(a: &mut Matrix<T>, pivot: bool, pivots: &mut Vec<i32>) {
    let steps = a.rows.min(a.cols);
    for begin in (0..steps).step_by(PANEL) {
        let end = (begin + PANEL).min(steps);
        for k in begin..end {
            let chosen = if pivot { largest_in_column(a, k) } else { k };
            pivots.push(chosen as i32 + 1);
            a.swap_rows(k, chosen);
            eliminate(a, k, end);
        }
        update_trailing(a, begin, end);
    }
}

/// The row at or below `k` whose entry in column `k` is largest by `|re| + |im|`, as BLAS `iamax` measures.
fn largest_in_column<T: Scalar>(a: &Matrix<T>, k: usize) -> usize {
    let size = |i: usize| a[(i, k)].re().modulus() + a[(i, k)].im().modulus();
    (k..a.rows).fold(k, |best, i| if size(i) > size(best) { i } else { best })
}

/// Column `k` of L, and its effect on the columns up to `end`.
fn eliminate<T: Scalar>(a: &mut Matrix<T>, k: usize, end: usize) {
    let (pivot, cols) = (a[(k, k)], a.cols);
    if pivot == T::ZERO {
        return;
    }
    let (head, tail) = a.split_rows(k + 1);
    let pivot_row = &head[k * cols..];
    for row in tail.chunks_exact_mut(cols) {
        row[k] = row[k].over(pivot);
        let multiplier = row[k];
        add_scaled(&mut row[k + 1..end], -multiplier, &pivot_row[k + 1..end]);
    }
}

/// `U12 = L11^-1 A12`, then `A22 -= L21 U12`, for the columns from `end` on.
fn update_trailing<T: Scalar>(a: &mut Matrix<T>, begin: usize, end: usize) {
    let cols = a.cols;
    for i in begin + 1..end {
        let (head, tail) = a.split_rows(i);
        for k in begin..i {
            let multiplier = tail[k];
            add_scaled(&mut tail[end..cols], -multiplier, &head[k * cols + end..(k + 1) * cols]);
        }
    }
    let (head, tail) = a.split_rows(end);
    for left in (end..cols).step_by(STRIP) {
        let right = (left + STRIP).min(cols);
        let strip: Vec<&[T]> = (begin..end).map(|k| &head[k * cols + left..k * cols + right]).collect();
        for row in tail.chunks_exact_mut(cols) {
            let (multipliers, rest) = row.split_at_mut(left.min(row.len()));
            subtract_rows(&mut rest[..right - left], &multipliers[begin..end], &strip);
        }
    }
}

/// Solves `op(A) X = B` for every matrix, from A's factors; `b` is `[batch, n, columns]`.
pub fn lu_solve<T: Scalar>(factors: &[T], pivots: &[i32], b: &[T], shape: MatrixShape, columns: usize, op: Op) -> Result<Vec<T>, LinalgError> {
    let n = shape.rows;
    let rhs = MatrixShape::new(shape.batch, n, columns);
    MatrixShape::square(shape.batch, n).check("lu_solve: factors", factors.len())?;
    MatrixShape::new(shape.batch, 1, n).check("lu_solve: pivots", pivots.len())?;
    rhs.check("lu_solve: right-hand side", b.len())?;
    if pivots.iter().any(|&pivot| pivot < 1 || pivot as usize > n) {
        return Err(LinalgError::Shape(format!("lu_solve: pivots must lie between 1 and {n}")));
    }
    let mut solutions = Vec::with_capacity(b.len());
    for index in 0..shape.batch {
        let lu = Matrix::from_slice(n, n, shape.matrix(factors, index));
        let mut x = Matrix::from_slice(n, columns, rhs.matrix(b, index));
        let exchanges = pivots[index * n..(index + 1) * n].iter().map(|&pivot| pivot as usize - 1).enumerate();
        if op == Op::None {
            exchanges.for_each(|(i, pivot)| x.swap_rows(i, pivot));
            forward_substitute(&lu, &mut x, true);
            substitute(&lu, &mut x, Triangle::Upper, false);
        } else {
            let lu = lu.with_op(op);
            forward_substitute(&lu, &mut x, false);
            substitute(&lu, &mut x, Triangle::Upper, true);
            exchanges.rev().for_each(|(i, pivot)| x.swap_rows(i, pivot));
        }
        solutions.extend_from_slice(x.data());
    }
    Ok(solutions)
}

/// The permutation of `rows` rows that one matrix's pivots describe: row `i` of `P A` is row `permutation[i]` of A.
pub fn pivots_to_permutation(pivots: &[i32], rows: usize) -> Result<Vec<usize>, LinalgError> {
    let mut permutation: Vec<usize> = (0..rows).collect();
    for (i, &pivot) in pivots.iter().enumerate() {
        if i >= rows || pivot < 1 || pivot as usize > rows {
            return Err(LinalgError::Shape(format!("pivots: {pivot} at {i} is not one of {rows} rows, counted from 1")));
        }
        permutation.swap(i, pivot as usize - 1);
    }
    Ok(permutation)
}
