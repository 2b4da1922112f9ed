//! Real Hessenberg to quasi-triangular form by Francis' double-shift QR (EISPACK `hqr2`): real arithmetic throughout, so
//! complex eigenvalues come in exact conjugate pairs.

use crate::matrix::Matrix;
use crate::scalar::Real;
use crate::schur_complex::block_start;
use crate::vectors::{plane, rotate};

/// Sweeps allowed for each eigenvalue.
const SWEEPS_PER_VALUE: usize = 60;

/// `H <- Q^T H Q` with 2 x 2 blocks on the diagonal only for complex pairs; `qt`, the transpose of the vectors so far,
/// follows. Returns the eigenvalues, of each pair the one with positive imaginary part first.
pub(crate) fn quasi_triangularise<R: Real>(h: &mut Matrix<R>, qt: &mut Matrix<R>) -> Result<Vec<R::Complex>, usize> {
    let mut values = vec![R::complex(R::ZERO, R::ZERO); h.rows];
    let mut end = h.rows;
    let mut sweeps = 0;
    while end > 0 {
        let high = end - 1;
        let low = block_start(h, high);
        if high - low < 2 {
            if low == high {
                values[high] = h[(high, high)].to_complex();
            } else {
                (values[low], values[high]) = settle_pair(h, qt, low);
            }
            (end, sweeps) = (low, 0);
            continue;
        }
        if sweeps == SWEEPS_PER_VALUE {
            return Err(end);
        }
        sweeps += 1;
        let shifts = Shifts::choose(h, high, sweeps % 10 == 0);
        let (start, first) = shifts.start_vector(h, low, high);
        sweep(h, qt, low, start, high, first);
    }
    Ok(values)
}

/// Eigenvalues of the block at `low, low + 1`, which is made triangular if they are real.
fn settle_pair<R: Real>(h: &mut Matrix<R>, qt: &mut Matrix<R>, low: usize) -> (R::Complex, R::Complex) {
    let high = low + 1;
    let last = h[(high, high)];
    let product = h[(high, low)] * h[(low, high)];
    let half = (h[(low, low)] - last) * R::from_f64(0.5);
    let discriminant = half * half + product;
    let root = discriminant.modulus().sqrt();
    if discriminant < R::ZERO {
        return (R::complex(last + half, root), R::complex(last + half, -root));
    }
    let sum = half + root.copysign(half);
    let (c, s, _) = plane(sum, h[(high, low)]);
    let (x, y) = h.two_rows(low, high);
    rotate(&mut x[low..], &mut y[low..], c, s);
    for i in 0..=high {
        let row = &mut h.row_mut(i)[low..=high];
        (row[0], row[1]) = (c * row[0] + s * row[1], c * row[1] - s * row[0]);
    }
    h[(high, low)] = R::ZERO;
    if qt.cols > 0 {
        let (x, y) = qt.two_rows(low, high);
        rotate(x, y, c, s);
    }
    (h[(low, low)].to_complex(), h[(high, high)].to_complex())
}

/// Two shifts as the diagonal `x`, `y` of a 2 x 2 block and the product `w` of its off-diagonal entries.
struct Shifts<R> {
    x: R,
    y: R,
    w: R,
}

impl<R: Real> Shifts<R> {
    /// The eigenvalues of the trailing block, or an arbitrary pair that breaks a cycle.
    fn choose(h: &Matrix<R>, high: usize, exceptional: bool) -> Self {
        if exceptional {
            let size = h[(high, high - 1)].modulus() + h[(high - 1, high - 2)].modulus();
            let x = h[(high, high)] + R::from_f64(0.75) * size;
            return Self { x, y: x, w: R::from_f64(-0.4375) * size * size };
        }
        Self { x: h[(high, high)], y: h[(high - 1, high - 1)], w: h[(high, high - 1)] * h[(high - 1, high)] }
    }

    /// Where the sweep may begin because two consecutive subdiagonal entries are small, and the first column of the
    /// doubly shifted matrix there.
    fn start_vector(&self, h: &Matrix<R>, low: usize, high: usize) -> (usize, [R; 3]) {
        let mut start = high - 2;
        loop {
            let first = self.first_column(h, start);
            if start == low || is_small_coupling(h, start, first) {
                return (start, first);
            }
            start -= 1;
        }
    }

    fn first_column(&self, h: &Matrix<R>, m: usize) -> [R; 3] {
        let z = h[(m, m)];
        let (r, s) = (self.x - z, self.y - z);
        let p = (r * s - self.w) / h[(m + 1, m)] + h[(m, m + 1)];
        let q = h[(m + 1, m + 1)] - z - r - s;
        let last = h[(m + 2, m + 1)];
        let size = p.modulus() + q.modulus() + last.modulus();
        if size == R::ZERO { [p, q, last] } else { [p / size, q / size, last / size] }
    }
}

fn is_small_coupling<R: Real>(h: &Matrix<R>, m: usize, [p, q, r]: [R; 3]) -> bool {
    let neighbours = h[(m - 1, m - 1)].modulus() + h[(m, m)].modulus() + h[(m + 1, m + 1)].modulus();
    h[(m, m - 1)].modulus() * (q.modulus() + r.modulus()) <= R::EPSILON * p.modulus() * neighbours
}

/// One double QR step on the block `low..=high`, begun at `start`.
fn sweep<R: Real>(h: &mut Matrix<R>, qt: &mut Matrix<R>, low: usize, start: usize, high: usize, first: [R; 3]) {
    for i in start + 2..=high {
        h[(i, i - 2)] = R::ZERO;
        if i > start + 2 {
            h[(i, i - 3)] = R::ZERO;
        }
    }
    for k in start..high {
        let width = if k + 1 < high { 3 } else { 2 };
        let (mut bulge, mut size) = (first, R::ONE);
        if k > start {
            bulge = [h[(k, k - 1)], h[(k + 1, k - 1)], if width == 3 { h[(k + 2, k - 1)] } else { R::ZERO }];
            size = bulge.iter().fold(R::ZERO, |sum, v| sum + v.modulus());
            if size == R::ZERO {
                continue;
            }
            bulge = bulge.map(|v| v / size);
        }
        let [p, q, r] = bulge;
        let length = (p * p + q * q + r * r).sqrt().copysign(p);
        if length == R::ZERO {
            continue;
        }
        if k > start {
            h[(k, k - 1)] = -length * size;
        } else if low < start {
            h[(k, k - 1)] = -h[(k, k - 1)];
        }
        let pivot = p + length;
        let reflection = Reflection { left: [pivot / length, q / length, r / length], right: [R::ONE, q / pivot, r / pivot] };
        reflection.apply_rows(h, k, width, k);
        reflection.apply_columns(h, k, width, (k + 3).min(high));
        reflection.apply_rows_transposed(qt, k, width);
    }
}

/// `I - left right^T` on two or three neighbouring coordinates.
struct Reflection<R> {
    left: [R; 3],
    right: [R; 3],
}

impl<R: Real> Reflection<R> {
    /// Rows `k..k + width`, from column `from` on.
    fn apply_rows(&self, h: &mut Matrix<R>, k: usize, width: usize, from: usize) {
        for j in from..h.cols {
            let projection = (0..width).fold(R::ZERO, |sum, i| sum + self.right[i] * h[(k + i, j)]);
            (0..width).for_each(|i| h[(k + i, j)] -= projection * self.left[i]);
        }
    }

    /// Columns `k..k + width`, down to row `last`.
    fn apply_columns(&self, h: &mut Matrix<R>, k: usize, width: usize, last: usize) {
        for i in 0..=last {
            let row = &mut h.row_mut(i)[k..k + width];
            let projection = (0..width).fold(R::ZERO, |sum, j| sum + self.left[j] * row[j]);
            (0..width).for_each(|j| row[j] -= projection * self.right[j]);
        }
    }

    /// The same as [`Self::apply_columns`] on a matrix stored transposed.
    fn apply_rows_transposed(&self, qt: &mut Matrix<R>, k: usize, width: usize) {
        for j in 0..qt.cols {
            let projection = (0..width).fold(R::ZERO, |sum, i| sum + self.left[i] * qt[(k + i, j)]);
            (0..width).for_each(|i| qt[(k + i, j)] -= projection * self.right[i]);
        }
    }
}
