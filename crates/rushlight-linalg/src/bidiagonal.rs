//! Singular values of a real upper bidiagonal matrix by implicit QR (Golub and Kahan 1965; LINPACK `svdc`).

use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};
use crate::vectors::{plane, rotate};

/// QR sweeps allowed for each singular value; well-behaved matrices need about two.
const SWEEPS_PER_VALUE: usize = 60;

/// A bidiagonal matrix together with the singular vectors that follow its rotations.
pub(crate) struct Bidiagonal<T: Scalar> {
    /// The diagonal.
    pub d: Vec<T::Real>,
    /// The superdiagonal, one shorter.
    pub e: Vec<T::Real>,
    /// Row `i` is the left singular vector `i`, not conjugated.
    pub left: Matrix<T>,
    /// Row `i` is the conjugated right singular vector `i`.
    pub right: Matrix<T>,
}

impl<T: Scalar> Bidiagonal<T> {
    /// Reduces to diagonal form; on failure says how many superdiagonal entries are left.
    pub fn diagonalise(&mut self) -> Result<(), usize> {
        let mut high = self.d.len().saturating_sub(1);
        let mut budget = SWEEPS_PER_VALUE * self.d.len();
        while high > 0 {
            let low = self.block_start(high);
            if low == high {
                high -= 1;
                continue;
            }
            if budget == 0 {
                return Err(high);
            }
            budget -= 1;
            match (low..=high).find(|&i| self.is_negligible_diagonal(i, low, high)) {
                Some(i) if i == high => self.clear_column(low, high),
                Some(i) => self.clear_row(i, high),
                None => self.sweep(low, high),
            }
        }
        Ok(())
    }

    /// The first index of the unreduced block that ends at `high`, after negligible couplings are set to zero.
    fn block_start(&mut self, high: usize) -> usize {
        let mut low = high;
        while low > 0 {
            let scale = self.d[low].modulus() + self.d[low - 1].modulus();
            if self.e[low - 1].modulus() <= T::Real::EPSILON * scale + T::Real::MIN_POSITIVE {
                self.e[low - 1] = T::Real::ZERO;
                break;
            }
            low -= 1;
        }
        low
    }

    fn is_negligible_diagonal(&self, i: usize, low: usize, high: usize) -> bool {
        let before = if i > low { self.e[i - 1].modulus() } else { T::Real::ZERO };
        let after = if i < high { self.e[i].modulus() } else { T::Real::ZERO };
        self.d[i].modulus() <= T::Real::EPSILON * (before + after) + T::Real::MIN_POSITIVE
    }

    /// `d[high]` is zero: rotates `e[high - 1]` out at the top, mixing right vectors.
    fn clear_column(&mut self, low: usize, high: usize) {
        self.d[high] = T::Real::ZERO;
        let mut bulge = std::mem::take(&mut self.e[high - 1]);
        for j in (low..high).rev() {
            let (c, s, length) = plane(self.d[j], bulge);
            self.d[j] = length;
            if j > low {
                bulge = -s * self.e[j - 1];
                self.e[j - 1] *= c;
            }
            rotate_rows(&mut self.right, j, high, c, s);
        }
    }

    /// `d[row]` is zero: rotates `e[row]` out to the right, mixing left vectors.
    fn clear_row(&mut self, row: usize, high: usize) {
        self.d[row] = T::Real::ZERO;
        let mut bulge = std::mem::take(&mut self.e[row]);
        for j in row + 1..=high {
            let (c, s, length) = plane(self.d[j], bulge);
            self.d[j] = length;
            if j < high {
                bulge = -s * self.e[j];
                self.e[j] *= c;
            }
            rotate_rows(&mut self.left, j, row, c, s);
        }
    }

    /// The first column of `B^T B - shift`, up to a factor; the shift is the eigenvalue of its last 2 x 2 block nearest
    /// to the corner.
    fn start_vector(&self, low: usize, high: usize) -> (T::Real, T::Real) {
        let (d, e) = (&self.d, &self.e);
        let scale = [d[high], d[high - 1], e[high - 1], d[low], e[low]].into_iter().fold(T::Real::ZERO, |largest, v| largest.max(v.modulus()));
        let (last, before) = (d[high] / scale, d[high - 1] / scale);
        let (coupling, first, next) = (e[high - 1] / scale, d[low] / scale, e[low] / scale);
        let half = T::Real::from_f64(0.5);
        let b = ((before + last) * (before - last) + coupling * coupling) * half;
        let c = (last * coupling) * (last * coupling);
        let mut shift = T::Real::ZERO;
        if b != T::Real::ZERO || c != T::Real::ZERO {
            shift = c / (b + (b * b + c).sqrt().copysign(b));
        }
        ((first + last) * (first - last) + shift, first * next)
    }

    /// One implicit QR step on the block `low..=high`.
    fn sweep(&mut self, low: usize, high: usize) {
        let (mut f, mut g) = self.start_vector(low, high);
        for j in low..high {
            let (c, s, length) = plane(f, g);
            if j > low {
                self.e[j - 1] = length;
            }
            f = c * self.d[j] + s * self.e[j];
            self.e[j] = c * self.e[j] - s * self.d[j];
            g = s * self.d[j + 1];
            self.d[j + 1] *= c;
            rotate_rows(&mut self.right, j, j + 1, c, s);

            let (c, s, length) = plane(f, g);
            self.d[j] = length;
            f = c * self.e[j] + s * self.d[j + 1];
            self.d[j + 1] = c * self.d[j + 1] - s * self.e[j];
            if j + 1 < high {
                g = s * self.e[j + 1];
                self.e[j + 1] *= c;
            }
            rotate_rows(&mut self.left, j, j + 1, c, s);
        }
        self.e[high - 1] = f;
    }
}

fn rotate_rows<T: Scalar>(vectors: &mut Matrix<T>, i: usize, j: usize, c: T::Real, s: T::Real) {
    if vectors.cols > 0 {
        let (x, y) = vectors.two_rows(i, j);
        rotate(x, y, c, s);
    }
}
