//! Average pooling.

use super::{Pooling, Window};
use crate::gemm::{Float, Shared, Sweep};
use crate::{pool, vectorized};

/// A type with sums and division by a whole number; integers round towards zero.
pub trait Averaged: Copy + Default + Send + Sync + std::ops::AddAssign {
    /// `self / n`
    fn over(self, n: i64) -> Self;

    /// Writes the sum of each plane of `area` numbers.
    fn sum_planes(x: &[Self], area: usize, sums: &mut [Self]);
}

impl Averaged for i64 {
    #[inline(always)]
    fn over(self, n: i64) -> i64 {
        self / n
    }

    fn sum_planes(x: &[i64], area: usize, sums: &mut [i64]) {
        sums.iter_mut().enumerate().for_each(|(plane, sum)| *sum = x[plane * area..][..area].iter().sum());
    }
}

macro_rules! averaged {
    ($($item:ty)*) => {$(
        impl Averaged for $item {
            #[inline(always)]
            fn over(self, n: i64) -> Self {
                self / n as $item
            }

            /// Products with a vector of ones.
            fn sum_planes(x: &[Self], area: usize, sums: &mut [Self]) {
                assert!(x.len() == area * sums.len(), "pooling: lengths of planes");
                let ones = vec![1.0; area];
                let (lines, stride, sums) = (sums.len(), area as isize, sums.as_mut_ptr());
                // SAFETY: as many planes as sums, by the assertion, and as many ones as a plane has numbers.
                unsafe {
                    (Self::kernels().dots)(&Sweep { lines, length: area, matrix: x.as_ptr(), stride, x: ones.as_ptr(), x_stride: 1, sums });
                }
            }
        }
    )*};
}

averaged!(f32 f64);

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
    #[inline(always)]
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
    let whole = p.only_window().filter(|&window| p.is_whole(window)).map(|window| divisor.of(window));
    let y = Shared(y.as_mut_ptr());
    pool::parallel_for(p.planes, p.grain(), |planes| {
        if let Some(n) = whole {
            // SAFETY: planes are disjoint, with one result each.
            let y = unsafe { std::slice::from_raw_parts_mut(y.get().add(planes.start), planes.len()) };
            T::sum_planes(&x[planes.start * input..planes.end * input], input, y);
            return y.iter_mut().for_each(|y| *y = y.over(n));
        }
        let mut line = vec![T::default(); p.input[2]];
        for plane in planes {
            // SAFETY: planes are disjoint.
            let y = unsafe { std::slice::from_raw_parts_mut(y.get().add(plane * output), output) };
            avg_plane(p, &x[plane * input..][..input], y, divisor, &mut line);
        }
    });
}

vectorized! {
    /// Sums the rows of a line of windows first, then the columns of each window.
    fn avg_plane[T: Averaged](p: &Pooling, x: &[T], y: &mut [T], divisor: Divisor, line: &mut [T]) {
        let ([depths, heights, widths], cols) = (&p.windows, p.input[2]);
        let mut lines = y.chunks_exact_mut(widths.len().max(1));
        for depth in depths {
            for (height, y) in heights.iter().zip(&mut lines) {
                line.fill(T::default());
                p.for_each_row([depth, height, height], |row| {
                    line.iter_mut().zip(&x[row..][..cols]).for_each(|(sum, &x)| *sum += x);
                });
                for (y, width) in y.iter_mut().zip(widths) {
                    let mut sum = T::default();
                    width.for_each(|i| sum += line[i]);
                    let window = [depth, height, width];
                    *y = if is_empty(window) { T::default() } else { sum.over(divisor.of(window)) };
                }
            }
        }
    }
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
        let mut line = vec![T::default(); p.input[2]];
        for plane in planes {
            // SAFETY: planes are disjoint.
            let grad_x = unsafe { std::slice::from_raw_parts_mut(grad_x.get().add(plane * input), input) };
            spread_plane(p, &grad_y[plane * output..][..output], grad_x, divisor, &mut line);
        }
    });
}

vectorized! {
    /// Spreads a line of windows over the columns first, then over its rows.
    fn spread_plane[T: Averaged](p: &Pooling, grad_y: &[T], grad_x: &mut [T], divisor: Divisor, line: &mut [T]) {
        let ([depths, heights, widths], cols) = (&p.windows, p.input[2]);
        grad_x.fill(T::default());
        let mut lines = grad_y.chunks_exact(widths.len().max(1));
        for depth in depths {
            for (height, grads) in heights.iter().zip(&mut lines) {
                line.fill(T::default());
                for (&grad, width) in grads.iter().zip(widths).filter(|(_, width)| !is_empty([depth, height, *width])) {
                    let share = grad.over(divisor.of([depth, height, width]));
                    width.for_each(|i| line[i] += share);
                }
                p.for_each_row([depth, height, height], |row| {
                    grad_x[row..][..cols].iter_mut().zip(&*line).for_each(|(to, &share)| *to += share);
                });
            }
        }
    }
}
