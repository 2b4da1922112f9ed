//! Complex Hessenberg to triangular form by single-shift QR (Golub and Van Loan, section 7.5; LAPACK `lahqr`).

use crate::matrix::Matrix;
use crate::scalar::{Real, Scalar};

/// Sweeps allowed for each eigenvalue.
const SWEEPS_PER_VALUE: usize = 60;

/// `H <- Q^H H Q` triangular; `qt`, the transpose of the vectors so far, follows. Returns the eigenvalues.
pub(crate) fn triangularise<C: Scalar<Complex = C>>(h: &mut Matrix<C>, qt: &mut Matrix<C>) -> Result<Vec<C>, usize> {
    let mut high = h.rows.saturating_sub(1);
    let mut sweeps = 0;
    while high > 0 {
        let low = block_start(h, high);
        if low == high {
            (high, sweeps) = (high - 1, 0);
            continue;
        }
        if sweeps == SWEEPS_PER_VALUE {
            return Err(high);
        }
        sweeps += 1;
        let shift = if sweeps % 10 == 0 { exceptional_shift(h, high) } else { wilkinson_shift(h, high) };
        sweep(h, qt, low, high, shift);
    }
    Ok((0..h.rows).map(|i| h[(i, i)]).collect())
}

/// The first index of the unreduced block that ends at `high`; its negligible coupling is set to zero.
pub(crate) fn block_start<T: Scalar>(h: &mut Matrix<T>, high: usize) -> usize {
    for low in (1..=high).rev() {
        let scale = h[(low - 1, low - 1)].modulus() + h[(low, low)].modulus();
        if h[(low, low - 1)].modulus() <= T::Real::EPSILON * scale + T::Real::MIN_POSITIVE {
            h[(low, low - 1)] = T::ZERO;
            return low;
        }
    }
    0
}

/// Breaks the rare cycles that the usual shift runs into.
fn exceptional_shift<C: Scalar>(h: &Matrix<C>, high: usize) -> C {
    h[(high, high)] + C::from_real(h[(high, high - 1)].modulus() * C::Real::from_f64(0.75))
}

/// The eigenvalue of the trailing 2 x 2 block nearest to its last entry.
fn wilkinson_shift<C: Scalar<Complex = C>>(h: &Matrix<C>, high: usize) -> C {
    let (a, d) = (h[(high - 1, high - 1)], h[(high, high)]);
    let product = h[(high - 1, high)] * h[(high, high - 1)];
    let half = (a - d).scale(C::Real::from_f64(0.5));
    let root = square_root(half * half + product);
    let aligned = half.re() * root.re() + half.im() * root.im() >= C::Real::ZERO;
    let sum = if aligned { half + root } else { half - root };
    if sum == C::ZERO { d } else { d - product.over(sum) }
}

/// Principal square root.
fn square_root<C: Scalar<Complex = C>>(z: C) -> C {
    let half = C::Real::from_f64(0.5);
    let larger = ((z.re().modulus() + z.modulus()) * half).sqrt();
    if larger == C::Real::ZERO {
        return C::ZERO;
    }
    let smaller = z.im() * half / larger;
    if z.re() >= C::Real::ZERO { C::complex(larger, smaller) } else { C::complex(smaller.modulus(), larger.copysign(z.im())) }
}

/// One implicit QR step on the block `low..=high`.
fn sweep<C: Scalar>(h: &mut Matrix<C>, qt: &mut Matrix<C>, low: usize, high: usize, shift: C) {
    let (mut f, mut g) = (h[(low, low)] - shift, h[(low + 1, low)]);
    for k in low..high {
        if k > low {
            (f, g) = (h[(k, k - 1)], h[(k + 1, k - 1)]);
        }
        let (c, s) = rotation(f, g);
        let (x, y) = h.two_rows(k, k + 1);
        let from = if k > low { k - 1 } else { k };
        rotate(&mut x[from..], &mut y[from..], c, s);
        if k > low {
            h[(k + 1, k - 1)] = C::ZERO;
        }
        for i in 0..=(k + 2).min(high) {
            let row = &mut h.row_mut(i)[k..k + 2];
            (row[0], row[1]) = (row[0].scale(c) + row[1] * s.conj(), row[1].scale(c) - row[0] * s);
        }
        if qt.cols > 0 {
            let (x, y) = qt.two_rows(k, k + 1);
            rotate(x, y, c, s.conj());
        }
    }
}

/// `c` and `s` with `[c s; -conj(s) c] [f; g] = [r; 0]`.
fn rotation<C: Scalar>(f: C, g: C) -> (C::Real, C) {
    if g == C::ZERO {
        return (C::Real::ONE, C::ZERO);
    }
    let (size_f, size_g) = (f.modulus(), g.modulus());
    let length = size_f.hypot(size_g);
    if size_f == C::Real::ZERO {
        return (C::Real::ZERO, g.conj().scale(C::Real::ONE / size_g));
    }
    let phase = f.over(C::from_real(size_f));
    (size_f / length, phase * g.conj().over(C::from_real(length)))
}

/// `(x, y) <- (c x + s y, c y - conj(s) x)`.
fn rotate<C: Scalar>(x: &mut [C], y: &mut [C], c: C::Real, s: C) {
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (x.scale(c) + s * *y, y.scale(c) - s.conj() * *x);
    }
}
