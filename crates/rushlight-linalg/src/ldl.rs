//! `A = L D L^T` or `L D L^H` of indefinite matrices, D of blocks of one or two rows, and systems solved with it.
//!
//! The pivoting is that of Bunch and Kaufman ("Some stable methods for calculating inertia and solving symmetric linear
//! systems", 1977); factors and pivots are stored as LAPACK's `sytrf` and `hetrf` store them for a lower triangle.

use crate::error::LinalgError;
use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::shape::MatrixShape;
use crate::vectors::add_scaled;

/// How the upper triangle follows from the lower one. For real types both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// `A = A^T`.
    Symmetric,
    /// `A = A^H`.
    Hermitian,
}

impl Symmetry {
    /// The entry opposite to `value`.
    fn mirror<T: Scalar>(self, value: T) -> T {
        if self == Symmetry::Hermitian { value.conj() } else { value }
    }

    /// An entry of the diagonal, real in a Hermitian matrix.
    fn diagonal<T: Scalar>(self, value: T) -> T {
        if self == Symmetry::Hermitian { T::from_real(value.re()) } else { value }
    }
}

/// The factors of a batch of matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct Ldl<T> {
    /// `[batch, n, n]`: the blocks of D on the diagonal, the columns of L below them, zero above.
    pub factors: Vec<T>,
    /// `[batch, n]`: `p > 0` at `i` is a block of one, row `i` exchanged with row `p` (from 1); `-p` twice is a block of
    /// two, its second row exchanged with row `p`.
    pub pivots: Vec<i32>,
    /// `[batch]`: 0, or the position of the first block of D that is zero, counted from 1.
    pub info: Vec<i32>,
}

/// Factors every matrix of `[batch, n, n]`, reading only its lower half.
pub fn ldl_factor<T: Scalar>(a: &[T], shape: MatrixShape, symmetry: Symmetry) -> Result<Ldl<T>, LinalgError> {
    let n = shape.rows;
    MatrixShape::square(shape.batch, n).check("ldl_factor", a.len())?;
    let mut ldl = Ldl { factors: Vec::with_capacity(a.len()), pivots: Vec::with_capacity(shape.batch * n), info: Vec::with_capacity(shape.batch) };
    for index in 0..shape.batch {
        let source = shape.matrix(a, index);
        // Row k holds column k of the lower triangle, so that all loops run along rows.
        let columns = Matrix::from_fn(n, n, |k, i| if i >= k { source[i * n + k] } else { T::ZERO });
        let mut elimination = Elimination { columns, symmetry, pivots: Vec::with_capacity(n), info: 0 };
        elimination.run();
        ldl.factors.extend_from_slice(elimination.columns.transposed().data());
        ldl.pivots.extend_from_slice(&elimination.pivots);
        ldl.info.push(elimination.info);
    }
    Ok(ldl)
}

/// `|re| + |im|`, by which pivots are compared.
fn size<T: Scalar>(value: T) -> T::Real {
    value.re().modulus() + value.im().modulus()
}

/// The row of a block of D and how many rows it has.
enum Pivot {
    /// The remaining column is zero: nothing to eliminate.
    None,
    One(usize),
    Two(usize),
}

/// One matrix at work.
struct Elimination<T> {
    columns: Matrix<T>,
    symmetry: Symmetry,
    pivots: Vec<i32>,
    info: i32,
}

impl<T: Scalar> Elimination<T> {
    fn run(&mut self) {
        let n = self.columns.rows;
        let mut k = 0;
        while k < n {
            match self.choose(k) {
                Pivot::None => {
                    self.info = if self.info == 0 { k as i32 + 1 } else { self.info };
                    self.columns[(k, k)] = self.symmetry.diagonal(self.columns[(k, k)]);
                    self.pivots.push(k as i32 + 1);
                    k += 1;
                }
                Pivot::One(row) => {
                    self.exchange(k, k, row);
                    self.eliminate_one(k);
                    self.pivots.push(row as i32 + 1);
                    k += 1;
                }
                Pivot::Two(row) => {
                    self.exchange(k, k + 1, row);
                    self.eliminate_two(k);
                    self.pivots.extend([-(row as i32 + 1); 2]);
                    k += 2;
                }
            }
        }
    }

    /// The first of the largest entries of a range of row `k`.
    fn largest(&self, k: usize, range: std::ops::Range<usize>) -> (usize, T::Real) {
        let row = self.columns.row(k);
        range.fold((k, T::Real::ZERO), |(at, most), i| if size(row[i]) > most { (i, size(row[i])) } else { (at, most) })
    }

    /// The choice that bounds the growth of entries, by the constant that makes it smallest.
    fn choose(&self, k: usize) -> Pivot {
        let n = self.columns.rows;
        let alpha = T::Real::from_f64((1.0 + 17f64.sqrt()) / 8.0);
        let diagonal = |i: usize| size(self.symmetry.diagonal(self.columns[(i, i)]));
        let own = diagonal(k);
        let (row, in_column) = self.largest(k, k + 1..n);
        if own.max(in_column) == T::Real::ZERO || own.is_nan() {
            return Pivot::None;
        }
        if own >= alpha * in_column {
            return Pivot::One(k);
        }
        let left = (k..row).fold(T::Real::ZERO, |most, j| most.max(size(self.columns[(j, row)])));
        let in_row = left.max(self.largest(row, row + 1..n).1);
        if own >= alpha * in_column * (in_column / in_row) {
            Pivot::One(k)
        } else if diagonal(row) >= alpha * in_row {
            Pivot::One(row)
        } else {
            Pivot::Two(row)
        }
    }

    /// Exchanges rows and columns `to` and `from` of what remains from `k` on.
    fn exchange(&mut self, k: usize, to: usize, from: usize) {
        let (n, symmetry, c) = (self.columns.rows, self.symmetry, &mut self.columns);
        if to != from {
            let (a, b) = c.two_rows(to, from);
            a[from + 1..n].swap_with_slice(&mut b[from + 1..n]);
            for j in to + 1..from {
                let moved = symmetry.mirror(c[(to, j)]);
                c[(to, j)] = symmetry.mirror(c[(j, from)]);
                c[(j, from)] = moved;
            }
            c[(to, from)] = symmetry.mirror(c[(to, from)]);
            (c[(to, to)], c[(from, from)]) = (c[(from, from)], c[(to, to)]);
            if to > k {
                (c[(k, to)], c[(k, from)]) = (c[(k, from)], c[(k, to)]);
            }
        }
        for i in [k, to, from] {
            c[(i, i)] = symmetry.diagonal(c[(i, i)]);
        }
    }

    /// Subtracts `x x^T / d`, x the column below the block `d`, which becomes `x / d`.
    fn eliminate_one(&mut self, k: usize) {
        let (n, symmetry) = (self.columns.rows, self.symmetry);
        let inverse = T::ONE.over(self.columns[(k, k)]);
        let (head, tail) = self.columns.split_rows(k + 1);
        let column = &mut head[k * n..];
        for j in k + 1..n {
            let row = &mut tail[(j - k - 1) * n..(j - k) * n];
            add_scaled(&mut row[j..], -(inverse * symmetry.mirror(column[j])), &column[j..]);
            row[j] = symmetry.diagonal(row[j]);
        }
        column[k + 1..].iter_mut().for_each(|x| *x *= inverse);
    }

    /// Subtracts `X D^-1 X^T`, X the two columns below the block D, which become `X D^-1`.
    fn eliminate_two(&mut self, k: usize) {
        let (n, symmetry) = (self.columns.rows, self.symmetry);
        let block = Block::at(&self.columns, k, symmetry);
        let (head, tail) = self.columns.split_rows(k + 2);
        let (first, second) = head[k * n..].split_at_mut(n);
        for j in k + 2..n {
            let (u, v) = block.divide(first[j], second[j]);
            let row = &mut tail[(j - k - 2) * n..(j - k - 1) * n];
            add_scaled(&mut row[j..], -symmetry.mirror(u), &first[j..]);
            add_scaled(&mut row[j..], -symmetry.mirror(v), &second[j..]);
            row[j] = symmetry.diagonal(row[j]);
            (first[j], second[j]) = (u, v);
        }
    }
}

/// A block `[[a, m(s)], [s, b]]` of D, `m` the mirror image, divided by the size of `s` so that nothing overflows.
struct Block<T> {
    a: T,
    b: T,
    /// `s / scale`, and its mirror image.
    s: T,
    mirrored: T,
    /// `1 / (scale (a b / scale^2 - s m(s) / scale^2))`.
    factor: T,
}

impl<T: Scalar> Block<T> {
    /// `columns` holds column k of the factors in row k.
    fn at(columns: &Matrix<T>, k: usize, symmetry: Symmetry) -> Block<T> {
        let s = columns[(k, k + 1)];
        let scale = if symmetry == Symmetry::Hermitian { T::from_real(s.modulus()) } else { s };
        let (a, b, s) = (columns[(k, k)].over(scale), columns[(k + 1, k + 1)].over(scale), s.over(scale));
        // `s m(s)` is 1 in both cases.
        Block { a, b, s, mirrored: symmetry.mirror(s), factor: T::ONE.over(a * b - T::ONE).over(scale) }
    }

    /// The row `(x, y) D^-1`.
    fn divide(&self, x: T, y: T) -> (T, T) {
        (self.factor * (self.b * x - self.s * y), self.factor * (self.a * y - self.mirrored * x))
    }

    /// The column `D^-1 (x, y)`.
    fn solve(&self, x: T, y: T) -> (T, T) {
        (self.factor * (self.b * x - self.mirrored * y), self.factor * (self.a * y - self.s * x))
    }
}

/// Solves `A X = B` for every matrix, from A's factors; `b` is `[batch, n, columns]`.
pub fn ldl_solve<T: Scalar>(factors: &[T], pivots: &[i32], b: &[T], shape: MatrixShape, columns: usize, symmetry: Symmetry) -> Result<Vec<T>, LinalgError> {
    let n = shape.rows;
    let rhs = MatrixShape::new(shape.batch, n, columns);
    MatrixShape::square(shape.batch, n).check("ldl_solve: factors", factors.len())?;
    MatrixShape::new(shape.batch, 1, n).check("ldl_solve: pivots", pivots.len())?;
    rhs.check("ldl_solve: right-hand side", b.len())?;
    let mut solutions = Vec::with_capacity(b.len());
    for index in 0..shape.batch {
        let ldl = Matrix::from_slice(n, n, shape.matrix(factors, index)).transposed();
        let blocks = blocks(&pivots[index * n..(index + 1) * n])?;
        let mut x = Matrix::from_slice(n, columns, rhs.matrix(b, index));
        for step in &blocks {
            step.forward(&ldl, &mut x, symmetry);
        }
        for step in blocks.iter().rev() {
            step.backward(&ldl, &mut x, symmetry);
        }
        solutions.extend_from_slice(x.data());
    }
    Ok(solutions)
}

/// A block of D: its first row, how many rows it has, and the row its last one was exchanged with.
struct Step {
    first: usize,
    rows: usize,
    exchanged: usize,
}

/// The blocks that the pivots of one matrix describe.
fn blocks(pivots: &[i32]) -> Result<Vec<Step>, LinalgError> {
    let (n, mut found, mut k) = (pivots.len(), Vec::new(), 0);
    while k < n {
        let rows = if pivots[k] > 0 { 1 } else { 2 };
        let exchanged = pivots[k].unsigned_abs() as usize;
        let whole = rows == 1 || pivots.get(k + 1) == Some(&pivots[k]);
        if !whole || exchanged < k + rows || exchanged > n {
            return Err(LinalgError::Shape(format!("ldl_solve: pivot {} at {k} describes no block of {n} rows", pivots[k])));
        }
        found.push(Step { first: k, rows, exchanged: exchanged - 1 });
        k += rows;
    }
    Ok(found)
}

impl Step {
    fn last(&self) -> usize {
        self.first + self.rows - 1
    }

    /// `X <- D^-1 L^-1 P X` for this block.
    fn forward<T: Scalar>(&self, ldl: &Matrix<T>, x: &mut Matrix<T>, symmetry: Symmetry) {
        let (k, next) = (self.first, self.first + self.rows);
        x.swap_rows(self.last(), self.exchanged);
        for row in k..next {
            for i in next..ldl.rows {
                let (solved, target) = x.two_rows(row, i);
                add_scaled(target, -ldl[(row, i)], solved);
            }
        }
        if self.rows == 1 {
            let diagonal = symmetry.diagonal(ldl[(k, k)]);
            x.row_mut(k).iter_mut().for_each(|v| *v = v.over(diagonal));
        } else {
            let block = Block::at(ldl, k, symmetry);
            let (upper, lower) = x.two_rows(k, k + 1);
            for (u, v) in upper.iter_mut().zip(lower) {
                (*u, *v) = block.solve(*u, *v);
            }
        }
    }

    /// `X <- P^T L^-T X` for this block.
    fn backward<T: Scalar>(&self, ldl: &Matrix<T>, x: &mut Matrix<T>, symmetry: Symmetry) {
        let next = self.first + self.rows;
        for row in self.first..next {
            for i in next..ldl.rows {
                let (target, solved) = x.two_rows(row, i);
                add_scaled(target, -symmetry.mirror(ldl[(row, i)]), solved);
            }
        }
        x.swap_rows(self.last(), self.exchanged);
    }
}
