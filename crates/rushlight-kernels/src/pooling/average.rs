//! Average pooling.

use super::{Pooling, Window};
use crate::gemm::Shared;
use crate::pool;

/// A type with sums and division by a whole number; integers round towards zero.
pub trait Averaged: Copy + Default + Send + Sync + std::ops::AddAssign {
    /// `self / n`
    fn over(self, n: i64) -> Self;
}

macro_rules! averaged {
    ($($item:ty)*) => {$(
        impl Averaged for $item {
            #[inline(always)]
            fn over(self, n: i64) -> Self {
                self / n as $item
            }
        }
    )*};
}

averaged!(f32 f64 i64);

/// What the sum of a window is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// The positions of the window inside the plane.
    Inside,
    /// Those in the padding as well.
    Padded,
    /// A fixed number other than zero.
    Fixed(i64),
}

impl Divisor {
    fn of(self, window: [&Window; 3]) -> i64 {
        let product = |count: fn(&Window) -> usize| window.iter().map(|w| count(w)).product::<usize>() as i64;
        match self {
            Divisor::Inside => product(|w| w.count),
            Divisor::Padded => product(|w| w.padded),
            Divisor::Fixed(n) => n,
        }
    }
}

fn is_empty(window: [&Window; 3]) -> bool {
    window.iter().any(|w| w.count == 0)
}

/// Writes each window's average to `y`; a window without elements gives zero.
///
/// # Panics
/// When a length does not match the pooling.
pub fn avg_pool<T: Averaged>(p: &Pooling, x: &[T], y: &mut [T], divisor: Divisor) {
    p.check(x.len(), y.len());
    let (input, output) = (p.input_area(), p.output_area());
    let y = Shared(y.as_mut_ptr());
    pool::parallel_for(p.planes, p.grain(), |planes| {
        for plane in planes {
            // SAFETY: planes are disjoint.
            let y = unsafe { std::slice::from_raw_parts_mut(y.get().add(plane * output), output) };
            avg_plane(p, &x[plane * input..][..input], y, divisor);
        }
    });
}

fn avg_plane<T: Averaged>(p: &Pooling, x: &[T], y: &mut [T], divisor: Divisor) {
    p.for_each_window(|o, window| {
        y[o] = T::default();
        if is_empty(window) {
            return;
        }
        y[o] = window_sum(p, x, window).over(divisor.of(window));
    });
}

fn window_sum<T: Averaged>(p: &Pooling, x: &[T], window: [&Window; 3]) -> T {
    let mut sum = T::default();
    let [depth, height, width] = window;
    if width.count == p.input[2] && height.step == 1 {
        // Whole rows lie one after the other.
        depth.for_each(|z| {
            let row = |y: usize| (z * p.input[1] + y) * p.input[2];
            sum += row_sum(&x[row(height.start)..row(height.end)]);
        });
    } else {
        p.for_each_row(window, |row| width.for_each(|i| sum += x[row + i]));
    }
    sum
}

/// Interleaved partial sums, which compile to vectors.
fn row_sum<T: Averaged>(x: &[T]) -> T {
    const LANES: usize = 16;
    let (mut lanes, mut sum) = ([T::default(); LANES], T::default());
    let chunks = x.chunks_exact(LANES);
    chunks.remainder().iter().for_each(|&x| sum += x);
    for chunk in chunks {
        (0..LANES).for_each(|i| lanes[i] += chunk[i]);
    }
    lanes.iter().for_each(|&lane| sum += lane);
    sum
}

/// Spreads each output's gradient evenly over its window, after setting `grad_x` to zero.
///
/// # Panics
/// When a length does not match the pooling.
pub fn avg_pool_backward<T: Averaged>(p: &Pooling, grad_y: &[T], grad_x: &mut [T], divisor: Divisor) {
    p.check(grad_x.len(), grad_y.len());
    let (input, output) = (p.input_area(), p.output_area());
    let grad_x = Shared(grad_x.as_mut_ptr());
    pool::parallel_for(p.planes, p.grain(), |planes| {
        for plane in planes {
            // SAFETY: planes are disjoint.
            let grad_x = unsafe { std::slice::from_raw_parts_mut(grad_x.get().add(plane * input), input) };
            grad_x.fill(T::default());
            spread_plane(p, &grad_y[plane * output..][..output], grad_x, divisor);
        }
    });
}

fn spread_plane<T: Averaged>(p: &Pooling, grad_y: &[T], grad_x: &mut [T], divisor: Divisor) {
    p.for_each_window(|o, window| {
        if !is_empty(window) {
            let share = grad_y[o].over(divisor.of(window));
            p.for_each_row(window, |row| window[2].for_each(|i| grad_x[row + i] += share));
        }
    });
}
