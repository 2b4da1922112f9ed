//! One dense row-major matrix: the workspace of every algorithm.

use std::ops::{Index, IndexMut, Range};

use crate::scalar::{Real, Scalar};
use crate::shape::Op;
use crate::vectors::{max_modulus, scale_real};

#[derive(Clone, Debug)]
pub(crate) struct Matrix<T> {
    pub rows: usize,
    pub cols: usize,
    data: Vec<T>,
}

impl<T: Scalar> Matrix<T> {
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, data: vec![T::ZERO; rows * cols] }
    }

    pub fn identity(rows: usize, cols: usize) -> Self {
        let mut eye = Self::zeros(rows, cols);
        for i in 0..rows.min(cols) {
            eye[(i, i)] = T::ONE;
        }
        eye
    }

    /// A copy of `rows * cols` numbers.
    pub fn from_slice(rows: usize, cols: usize, data: &[T]) -> Self {
        Self { rows, cols, data: data.to_vec() }
    }

    pub fn from_fn(rows: usize, cols: usize, entry: impl Fn(usize, usize) -> T) -> Self {
        let data = (0..rows * cols).map(|at| entry(at / cols, at % cols)).collect();
        Self { rows, cols, data }
    }

    pub fn data(&self) -> &[T] {
        &self.data
    }

    pub fn row(&self, i: usize) -> &[T] {
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Rows `0..at` and rows `at..`, each as one slice.
    pub fn split_rows(&mut self, at: usize) -> (&mut [T], &mut [T]) {
        self.data.split_at_mut(at * self.cols)
    }

    /// Two different rows at once.
    pub fn two_rows(&mut self, i: usize, j: usize) -> (&mut [T], &mut [T]) {
        let cols = self.cols;
        if i < j {
            let (head, tail) = self.split_rows(j);
            (&mut head[i * cols..(i + 1) * cols], &mut tail[..cols])
        } else {
            let (head, tail) = self.split_rows(i);
            (&mut tail[..cols], &mut head[j * cols..(j + 1) * cols])
        }
    }

    pub fn swap_rows(&mut self, i: usize, j: usize) {
        if i != j {
            let (a, b) = self.two_rows(i, j);
            a.swap_with_slice(b);
        }
    }

    /// Entries `rows` of column `col`.
    pub fn column(&self, rows: Range<usize>, col: usize) -> Vec<T> {
        rows.map(|i| self[(i, col)]).collect()
    }

    pub fn transposed(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self[(j, i)])
    }

    pub fn adjoint(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self[(j, i)].conj())
    }

    pub fn conjugate(&self) -> Self {
        Self { data: self.data.iter().map(|v| v.conj()).collect(), ..*self }
    }

    pub fn with_op(self, op: Op) -> Self {
        match op {
            Op::None => self,
            Op::Transpose => self.transposed(),
            Op::Adjoint => self.adjoint(),
        }
    }

    /// The rows named by `order`, in that order.
    pub fn permuted_rows(&self, order: &[usize]) -> Self {
        let data = order.iter().flat_map(|&i| self.row(i).iter().copied()).collect();
        Self { rows: order.len(), cols: self.cols, data }
    }

    pub fn is_finite(&self) -> bool {
        self.data.iter().all(|v| v.is_finite())
    }

    /// Brings a matrix whose largest entry is near overflow or underflow to 1; returns the factor that undoes it.
    pub fn normalise(&mut self) -> T::Real {
        let largest = max_modulus(&self.data);
        let tiny = T::Real::MIN_POSITIVE.sqrt() / T::Real::EPSILON;
        if largest == T::Real::ZERO || (largest > tiny && largest < T::Real::ONE / tiny) {
            return T::Real::ONE;
        }
        // Halving the exponent keeps both factors and their reciprocals normal.
        for _ in 0..2 {
            scale_real(&mut self.data, T::Real::ONE / largest.sqrt());
        }
        largest.sqrt() * largest.sqrt()
    }
}

impl<T> Index<(usize, usize)> for Matrix<T> {
    type Output = T;

    #[inline]
    fn index(&self, (i, j): (usize, usize)) -> &T {
        &self.data[i * self.cols + j]
    }
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
    #[inline]
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        &mut self.data[i * self.cols + j]
    }
}
