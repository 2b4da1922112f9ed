//! Fourier transforms of contiguous rows, any length, single and double precision.
//!
//! ```
//! use rushlight_linalg::fft::real_to_complex;
//! let spectrum = real_to_complex(&[1.0f64, 2.0, 3.0, 4.0], 4, 1.0)?;
//! assert_eq!(spectrum.iter().map(|z| (z.re, z.im)).collect::<Vec<_>>(), [(10.0, 0.0), (-2.0, 2.0), (-2.0, 0.0)]);
//! # Ok::<(), rushlight_linalg::LinalgError>(())
//! ```

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::LocalKey;

use num_complex::Complex;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use crate::error::LinalgError;
use crate::scalar::{Real, Scalar};

/// Plans of each kind that a thread keeps before it starts over.
const PLANS_KEPT: usize = 64;

/// The sign of the exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `exp(-2 pi i jk / n)`.
    Forward,
    /// `exp(+2 pi i jk / n)`, without the factor `1 / n`.
    Backward,
}

/// The plans that a thread has made so far.
pub struct Plans<R: FftNum> {
    complex: HashMap<(usize, Direction), Arc<dyn Fft<R>>>,
    forward: HashMap<usize, Arc<dyn RealToComplex<R>>>,
    backward: HashMap<usize, Arc<dyn ComplexToReal<R>>>,
}

impl<R: FftNum> Plans<R> {
    fn new() -> Self {
        Self { complex: HashMap::new(), forward: HashMap::new(), backward: HashMap::new() }
    }
}

/// A real type that transforms are written for: `f32`, `f64`.
pub trait Transform: Real + FftNum {
    /// This thread's plans.
    fn plans() -> &'static LocalKey<RefCell<Plans<Self>>>;
}

macro_rules! transform {
    ($real:ty) => {
        impl Transform for $real {
            fn plans() -> &'static LocalKey<RefCell<Plans<Self>>> {
                thread_local!(static PLANS: RefCell<Plans<$real>> = RefCell::new(Plans::new()));
                &PLANS
            }
        }
    };
}

transform!(f32);
transform!(f64);

fn remembered<K: Eq + std::hash::Hash, P: Clone>(known: &mut HashMap<K, P>, key: K, make: impl FnOnce() -> P) -> P {
    if known.len() >= PLANS_KEPT && !known.contains_key(&key) {
        known.clear();
    }
    known.entry(key).or_insert_with(make).clone()
}

/// The number of rows in `length` numbers, each of `width`.
fn rows(what: &str, length: usize, width: usize) -> Result<usize, LinalgError> {
    if width == 0 {
        return Err(LinalgError::Shape(format!("{what}: a transform needs at least one point")));
    }
    if !length.is_multiple_of(width) {
        return Err(LinalgError::Shape(format!("{what}: {length} numbers are not rows of {width}")));
    }
    Ok(length / width)
}

/// Transforms every row of `length` numbers in place and multiplies it by `scale`.
pub fn complex_rows<R: Transform>(data: &mut [Complex<R>], length: usize, direction: Direction, scale: R) -> Result<(), LinalgError> {
    if rows("complex_rows", data.len(), length)? == 0 {
        return Ok(());
    }
    let plan = R::plans().with_borrow_mut(|plans| {
        remembered(&mut plans.complex, (length, direction), || match direction {
            Direction::Forward => FftPlanner::new().plan_fft_forward(length),
            Direction::Backward => FftPlanner::new().plan_fft_inverse(length),
        })
    });
    plan.process(data);
    multiply(data, scale, |value, scale| Complex::new(value.re * scale, value.im * scale));
    Ok(())
}

/// The first `length / 2 + 1` coefficients of the forward transform of every row of `length` real numbers, times `scale`.
pub fn real_to_complex<R: Transform>(input: &[R], length: usize, scale: R) -> Result<Vec<Complex<R>>, LinalgError> {
    let count = rows("real_to_complex", input.len(), length)?;
    let width = length / 2 + 1;
    let plan = R::plans().with_borrow_mut(|plans| remembered(&mut plans.forward, length, || RealFftPlanner::new().plan_fft_forward(length)));
    let mut output = vec![<Complex<R> as Default>::default(); count * width];
    let (mut row, mut scratch) = (plan.make_input_vec(), plan.make_scratch_vec());
    for (source, target) in input.chunks_exact(length).zip(output.chunks_exact_mut(width)) {
        row.copy_from_slice(source);
        plan.process_with_scratch(&mut row, target, &mut scratch).map_err(mismatch)?;
    }
    multiply(&mut output, scale, |value, scale| Complex::new(value.re * scale, value.im * scale));
    Ok(output)
}

/// The backward transform, times `scale`, of every Hermitian row given by its first `length / 2 + 1` coefficients.
///
/// Imaginary parts of the coefficients that a real signal has none in (the first, and the last of an even `length`) are
/// ignored.
pub fn complex_to_real<R: Transform>(input: &[Complex<R>], length: usize, scale: R) -> Result<Vec<R>, LinalgError> {
    if length == 0 {
        return Err(LinalgError::Shape("complex_to_real: a transform needs at least one point".into()));
    }
    let width = length / 2 + 1;
    let count = rows("complex_to_real", input.len(), width)?;
    let plan = R::plans().with_borrow_mut(|plans| remembered(&mut plans.backward, length, || RealFftPlanner::new().plan_fft_inverse(length)));
    let mut output = vec![<R as Scalar>::ZERO; count * length];
    let (mut row, mut scratch) = (plan.make_input_vec(), plan.make_scratch_vec());
    for (source, target) in input.chunks_exact(width).zip(output.chunks_exact_mut(length)) {
        row.copy_from_slice(source);
        row[0].im = <R as Scalar>::ZERO;
        if length.is_multiple_of(2) {
            row[width - 1].im = <R as Scalar>::ZERO;
        }
        plan.process_with_scratch(&mut row, target, &mut scratch).map_err(mismatch)?;
    }
    multiply(&mut output, scale, |value, scale| value * scale);
    Ok(output)
}

fn mismatch(error: realfft::FftError) -> LinalgError {
    LinalgError::Shape(error.to_string())
}

fn multiply<V: Copy, R: Real>(values: &mut [V], scale: R, product: impl Fn(V, R) -> V) {
    if scale != R::ONE {
        values.iter_mut().for_each(|value| *value = product(*value, scale));
    }
}
