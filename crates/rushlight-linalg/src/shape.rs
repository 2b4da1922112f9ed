//! What a slice of numbers stands for.

use crate::error::LinalgError;

/// A batch of row-major matrices laid end to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixShape {
    /// Number of matrices.
    pub batch: usize,
    /// Rows of each matrix.
    pub rows: usize,
    /// Columns of each matrix.
    pub cols: usize,
}

impl MatrixShape {
    /// `batch` matrices of `rows` by `cols`.
    pub const fn new(batch: usize, rows: usize, cols: usize) -> Self {
        Self { batch, rows, cols }
    }

    /// `batch` matrices of `n` by `n`.
    pub const fn square(batch: usize, n: usize) -> Self {
        Self::new(batch, n, n)
    }

    /// Number of singular values of each matrix.
    pub fn min_dim(&self) -> usize {
        self.rows.min(self.cols)
    }

    /// Number of entries of each matrix.
    pub fn entries(&self) -> usize {
        self.rows * self.cols
    }

    /// Fails unless `length` numbers fill the shape exactly.
    pub(crate) fn check(&self, what: &str, length: usize) -> Result<(), LinalgError> {
        let total = self.rows.checked_mul(self.cols).and_then(|entries| entries.checked_mul(self.batch));
        if total == Some(length) {
            return Ok(());
        }
        let Self { batch, rows, cols } = self;
        Err(LinalgError::Shape(format!("{what}: {length} numbers do not fill the shape [{batch}, {rows}, {cols}]")))
    }

    /// The numbers of matrix `index`.
    pub(crate) fn matrix<'a, T>(&self, data: &'a [T], index: usize) -> &'a [T] {
        &data[index * self.entries()..(index + 1) * self.entries()]
    }
}

/// Which form of a matrix takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The matrix itself.
    None,
    /// Its transpose.
    Transpose,
    /// Its conjugate transpose.
    Adjoint,
}

/// Which half of a matrix is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triangle {
    /// On and below the diagonal.
    Lower,
    /// On and above the diagonal.
    Upper,
}

/// On which side of the unknown the matrix stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `A X = B`.
    Left,
    /// `X A = B`.
    Right,
}
