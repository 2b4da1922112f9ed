//! What can go wrong, as values.

use std::fmt;

/// Why a decomposition or a transform has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinalgError {
    /// Matrix `batch` has an exact zero at diagonal position `index` (both count from 0) of its factor.
    Singular {
        /// Position of the matrix in the batch.
        batch: usize,
        /// Position of the zero on the diagonal.
        index: usize,
    },
    /// The leading minor of order `order` of matrix `batch` is not positive definite.
    NotPositiveDefinite {
        /// Position of the matrix in the batch.
        batch: usize,
        /// Order of the first failing minor, from 1.
        order: usize,
    },
    /// The iteration on matrix `batch` stopped with `remaining` values unsettled.
    DidNotConverge {
        /// Position of the matrix in the batch.
        batch: usize,
        /// Number of off-diagonal entries that did not reach zero.
        remaining: usize,
    },
    /// Matrix `batch` holds an infinity or a NaN where the algorithm needs finite numbers.
    NotFinite {
        /// Position of the matrix in the batch.
        batch: usize,
    },
    /// The operands' lengths do not describe the promised matrices.
    Shape(String),
}

impl fmt::Display for LinalgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Singular { batch, index } => {
                write!(f, "(Batch element {batch}): the diagonal element {} is zero: the matrix is singular", index + 1)
            }
            Self::NotPositiveDefinite { batch, order } => write!(f, "(Batch element {batch}): the leading minor of order {order} is not positive-definite"),
            Self::DidNotConverge { batch, remaining } => write!(f, "(Batch element {batch}): the iteration did not converge, {remaining} values remain"),
            Self::NotFinite { batch } => {
                write!(f, "(Batch element {batch}): the matrix contains non-finite values")
            }
            Self::Shape(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for LinalgError {}
