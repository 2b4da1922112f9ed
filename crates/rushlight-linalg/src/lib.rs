//! Dense decompositions and Fourier transforms over plain slices.
//!
//! Every function takes a batch of row-major matrices laid end to end, `[batch, rows, cols]`, in one of four
//! [`Scalar`] types, and returns owned vectors in the same layout. Sign and pivot conventions are LAPACK's, so results
//! agree with NumPy's and PyTorch's. Bad shapes and failed iterations are values of [`LinalgError`], never panics;
//! a matrix without rows, without columns or a batch of none is a valid operand.
//!
//! The algorithms are the classical dense ones (Golub and Van Loan, *Matrix Computations*, 4th edition): small to
//! compile, small in the binary, and written so that every inner loop runs over contiguous rows.
//!
//! ```
//! use rushlight_linalg::{MatrixShape, SvdVectors, svd};
//! let a = [3.0f64, 0.0, 0.0, -4.0];
//! let f = svd(&a, MatrixShape::new(1, 2, 2), SvdVectors::Thin)?;
//! assert_eq!(f.s, [4.0, 3.0]);
//! # Ok::<(), rushlight_linalg::LinalgError>(())
//! ```
#![forbid(unsafe_code)]

mod bidiagonal;
mod cholesky;
mod eig;
mod eigenvectors;
mod eigh;
mod error;
pub mod fft;
mod hessenberg;
mod householder;
mod ldl;
mod lu;
mod matrix;
mod qr;
mod scalar;
mod schur_complex;
mod schur_real;
mod shape;
mod svd;
mod triangular;
mod vectors;

pub use cholesky::{Cholesky, cholesky};
pub use eig::{Eig, eig};
pub use eigh::{Eigh, eigh};
pub use error::LinalgError;
pub use ldl::{Ldl, Symmetry, ldl_factor, ldl_solve};
pub use lu::{Lu, lu_factor, lu_solve, pivots_to_permutation};
pub use qr::{Qr, QrMode, geqrf, householder_product, qr};
pub use scalar::{Real, Scalar};
pub use shape::{MatrixShape, Op, Side, Triangle};
pub use svd::{Svd, SvdVectors, svd};
pub use triangular::{TriangularSystem, solve_triangular};
