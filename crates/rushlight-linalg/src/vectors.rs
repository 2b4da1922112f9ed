//! Loops over contiguous vectors: all arithmetic of order n^2 and above ends here.

use crate::scalar::{Real, Scalar};

const LANES: usize = 8;

/// `sum x[i] y[i]`, in `LANES` partial sums so that it vectorises.
pub(crate) fn dot<T: Scalar>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (x_blocks, x_tail) = x.as_chunks::<LANES>();
    let (y_blocks, y_tail) = y.as_chunks::<LANES>();
    for (a, b) in x_blocks.iter().zip(y_blocks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let mut sum = lanes.into_iter().fold(T::ZERO, T::add);
    for (&a, &b) in x_tail.iter().zip(y_tail) {
        sum += a * b;
    }
    sum
}

/// `sum conj(x[i]) y[i]`.
pub(crate) fn dot_conj<T: Scalar>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (x_blocks, x_tail) = x.as_chunks::<LANES>();
    let (y_blocks, y_tail) = y.as_chunks::<LANES>();
    for (a, b) in x_blocks.iter().zip(y_blocks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane].conj() * b[lane];
        }
    }
    let mut sum = lanes.into_iter().fold(T::ZERO, T::add);
    for (&a, &b) in x_tail.iter().zip(y_tail) {
        sum += a.conj() * b;
    }
    sum
}

/// `y += a x`.
pub(crate) fn add_scaled<T: Scalar>(y: &mut [T], a: T, x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// `y -= sum a[k] rows[k]`, four rows at a pass so that `y` is loaded and stored once for four products.
pub(crate) fn subtract_rows<T: Scalar>(y: &mut [T], a: &[T], rows: &[&[T]]) {
    let (a_fours, a_tail) = a.as_chunks::<4>();
    let (row_fours, row_tail) = rows.as_chunks::<4>();
    let n = y.len();
    for (&[a0, a1, a2, a3], [r0, r1, r2, r3]) in a_fours.iter().zip(row_fours) {
        let (r0, r1, r2, r3) = (&r0[..n], &r1[..n], &r2[..n], &r3[..n]);
        for i in 0..n {
            y[i] -= a0 * r0[i] + a1 * r1[i] + a2 * r2[i] + a3 * r3[i];
        }
    }
    for (&a, row) in a_tail.iter().zip(row_tail) {
        add_scaled(y, -a, row);
    }
}

/// `x *= by` for a real factor.
pub(crate) fn scale_real<T: Scalar>(x: &mut [T], by: T::Real) {
    for x in x {
        *x = x.scale(by);
    }
}

/// Numbers below this lose digits when divided; dividing by `EPSILON^2` first brings every one of them above it.
pub(crate) fn smallest_divisible<R: Real>() -> R {
    R::MIN_POSITIVE / R::EPSILON
}

/// Cosine, sine and length of `(f, g)`; the identity for the zero vector.
pub(crate) fn plane<R: Real>(f: R, g: R) -> (R, R, R) {
    let length = f.hypot(g);
    if length == R::ZERO {
        return (R::ONE, R::ZERO, R::ZERO);
    }
    if length < smallest_divisible() {
        let up = R::ONE / (R::EPSILON * R::EPSILON);
        let (f, g) = (f * up, g * up);
        return (f / f.hypot(g), g / f.hypot(g), length);
    }
    (f / length, g / length, length)
}

/// The plane rotation `(x, y) <- (c x + s y, c y - s x)`.
pub(crate) fn rotate<T: Scalar>(x: &mut [T], y: &mut [T], c: T::Real, s: T::Real) {
    for (x, y) in x.iter_mut().zip(y) {
        let (a, b) = (*x, *y);
        *x = a.scale(c) + b.scale(s);
        *y = b.scale(c) - a.scale(s);
    }
}

/// Largest modulus, ignoring NaN.
pub(crate) fn max_modulus<T: Scalar>(x: &[T]) -> T::Real {
    x.iter().fold(T::Real::ZERO, |largest, v| largest.max(v.modulus()))
}

/// Euclidean norm, scaled when the plain sum of squares leaves the normal range.
pub(crate) fn norm<T: Scalar>(x: &[T]) -> T::Real {
    let squares = dot_conj(x, x).re();
    if squares.is_finite() && squares >= smallest_divisible() {
        return squares.sqrt();
    }
    let largest = max_modulus(x);
    if largest == T::Real::ZERO || !largest.is_finite() || squares.is_nan() {
        return squares.sqrt();
    }
    let scaled = x.iter().fold(T::Real::ZERO, |sum, v| {
        let ratio = v.modulus() / largest;
        sum + ratio * ratio
    });
    largest * scaled.sqrt()
}
