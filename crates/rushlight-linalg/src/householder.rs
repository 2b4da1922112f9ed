//! Elementary reflectors `H = I - tau v v^H` with `v[0] = 1`, in LAPACK's convention (`larfg`, `larf`, `orgqr`).

use std::ops::Range;

use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::vectors::{add_scaled, dot, norm, scale_real, smallest_divisible};

/// A reflector that acts on the coordinates `start..start + v.len()`.
#[derive(Clone, Debug)]
pub(crate) struct Reflector<T> {
    pub start: usize,
    pub v: Vec<T>,
    pub tau: T,
}

impl<T: Scalar> Reflector<T> {
    /// The reflector with `H^H x = [beta, 0, ..., 0]`, `beta` real, together with `beta`.
    ///
    /// A vector that already has this form gives `tau = 0`, so `beta` keeps the sign of `x[0]`; otherwise `beta` has the
    /// opposite sign.
    pub fn annihilating(start: usize, mut x: Vec<T>) -> (Self, T::Real) {
        let Some((&alpha, tail)) = x.split_first() else {
            return (Self { start, v: x, tau: T::ZERO }, T::Real::ZERO);
        };
        let tail_norm = norm(tail);
        if tail_norm == T::Real::ZERO && alpha.im() == T::Real::ZERO {
            x[0] = T::ONE;
            return (Self { start, v: x, tau: T::ZERO }, alpha.re());
        }
        let beta = -alpha.modulus().hypot(tail_norm).copysign(alpha.re());
        if beta.modulus() < smallest_divisible() {
            let down = T::Real::EPSILON * T::Real::EPSILON;
            scale_real(&mut x, T::Real::ONE / down);
            let (reflector, beta) = Self::annihilating(start, x);
            return (reflector, beta * down);
        }
        let difference = alpha - T::from_real(beta);
        for entry in &mut x[1..] {
            *entry = entry.over(difference);
        }
        x[0] = T::ONE;
        (Self { start, v: x, tau: (-difference).over(T::from_real(beta)) }, beta)
    }

    /// `H^H`.
    pub fn adjoint(&self) -> Self {
        Self { tau: self.tau.conj(), ..self.clone() }
    }

    /// `A <- H A`, restricted to the columns `cols`.
    pub fn apply_left(&self, a: &mut Matrix<T>, cols: Range<usize>) {
        if self.tau == T::ZERO || cols.is_empty() {
            return;
        }
        let mut projection = vec![T::ZERO; cols.len()];
        for (i, v) in self.v.iter().enumerate() {
            add_scaled(&mut projection, v.conj(), &a.row(self.start + i)[cols.clone()]);
        }
        for (i, &v) in self.v.iter().enumerate() {
            add_scaled(&mut a.row_mut(self.start + i)[cols.clone()], -(self.tau * v), &projection);
        }
    }

    /// `A <- A H`, restricted to the rows `rows`.
    pub fn apply_right(&self, a: &mut Matrix<T>, rows: Range<usize>) {
        if self.tau == T::ZERO {
            return;
        }
        let conjugate: Vec<T> = self.v.iter().map(|v| v.conj()).collect();
        let span = self.start..self.start + self.v.len();
        for i in rows {
            let row = &mut a.row_mut(i)[span.clone()];
            let projection = dot(row, &self.v);
            add_scaled(row, -(self.tau * projection), &conjugate);
        }
    }
}

/// The first `cols` columns of the `n` by `n` product `H0 H1 H2 ...`.
pub(crate) fn product<T: Scalar>(reflectors: &[Reflector<T>], n: usize, cols: usize) -> Matrix<T> {
    let mut q = Matrix::identity(n, cols);
    for reflector in reflectors.iter().rev() {
        // Columns before `start` are still unit vectors that this reflector leaves alone.
        reflector.apply_left(&mut q, reflector.start.min(cols)..cols);
    }
    q
}
