//! Maximum pooling: the largest number of each window and where it lies.

use super::Pooling;
use crate::gemm::Shared;
use crate::pool;
use half::{bf16, f16};

/// A type with an order; NaN counts as largest.
pub trait Ordered: Copy + PartialOrd + Send + Sync {
    /// The smallest value, which a window without elements gives.
    const LOWEST: Self;

    /// Whether the value is not a number.
    fn is_nan(self) -> bool;
}

macro_rules! ordered {
    ($($item:ty)*, $lowest:ident, |$x:ident| $nan:expr) => {$(
        impl Ordered for $item {
            const LOWEST: Self = <$item>::$lowest;
            #[inline(always)]
            fn is_nan(self) -> bool {
                let $x = self;
                $nan
            }
        }
    )*};
}

ordered!(f32 f64 f16 bf16, NEG_INFINITY, |x| x.is_nan());
ordered!(i8 i16 i32 i64 u8 u16 u32 u64, MIN, |_x| false);

/// Writes each window's maximum to `y` and its flat position within the plane to `indices`.
///
/// Among equals the first wins; among NaN, which wins over all, the last.
///
/// # Panics
/// When a length does not match the pooling.
pub fn max_pool<T: Ordered>(p: &Pooling, x: &[T], y: &mut [T], indices: &mut [i64]) {
    p.check(x.len(), y.len());
    assert_eq!(indices.len(), y.len(), "pooling: one index for each output");
    let (input, output) = (p.input_area(), p.output_area());
    let (y, indices) = (Shared(y.as_mut_ptr()), Shared(indices.as_mut_ptr()));
    pool::parallel_for(p.planes, p.grain(), |planes| {
        for plane in planes {
            let x = &x[plane * input..][..input];
            // SAFETY: each plane has its own part of both outputs.
            let (y, indices) = unsafe {
                let start = plane * output;
                let y = std::slice::from_raw_parts_mut(y.get().add(start), output);
                (y, std::slice::from_raw_parts_mut(indices.get().add(start), output))
            };
            max_plane(p, x, y, indices);
        }
    });
}

fn max_plane<T: Ordered>(p: &Pooling, x: &[T], y: &mut [T], indices: &mut [i64]) {
    p.for_each_window(|o, window| {
        let first = (window[0].start * p.input[1] + window[1].start) * p.input[2] + window[2].start;
        let (mut best, mut at) = (T::LOWEST, first);
        p.for_each_row(window, |row| {
            window[2].for_each(|i| {
                let value = x[row + i];
                if value > best || value.is_nan() {
                    (best, at) = (value, row + i);
                }
            });
        });
        (y[o], indices[o]) = (best, at as i64);
    });
}

/// Adds each output's gradient to the place its maximum came from, after setting `grad_x` to zero.
///
/// Indices outside the plane (of windows without elements) are passed over.
///
/// # Panics
/// When a length does not match the pooling.
pub fn max_pool_backward<T>(p: &Pooling, grad_y: &[T], indices: &[i64], grad_x: &mut [T])
where
    T: Copy + Default + Send + Sync + std::ops::AddAssign,
{
    p.check(grad_x.len(), grad_y.len());
    assert_eq!(indices.len(), grad_y.len(), "pooling: one index for each output");
    let (input, output) = (p.input_area(), p.output_area());
    let grad_x = Shared(grad_x.as_mut_ptr());
    pool::parallel_for(p.planes, p.grain(), |planes| {
        for plane in planes {
            // SAFETY: planes are disjoint.
            let grad_x = unsafe { std::slice::from_raw_parts_mut(grad_x.get().add(plane * input), input) };
            grad_x.fill(T::default());
            let outputs = plane * output..(plane + 1) * output;
            for (&g, &at) in grad_y[outputs.clone()].iter().zip(&indices[outputs]) {
                if let Some(to) = usize::try_from(at).ok().and_then(|at| grad_x.get_mut(at)) {
                    *to += g;
                }
            }
        }
    });
}

/// Reads each place of `indices` from its plane of `x`: the transpose of [`max_pool_backward`].
///
/// Indices outside the plane give zero.
///
/// # Panics
/// When a length does not match the pooling.
pub fn gather<T: Copy + Default + Send + Sync>(p: &Pooling, x: &[T], indices: &[i64], y: &mut [T]) {
    p.check(x.len(), y.len());
    assert_eq!(indices.len(), y.len(), "pooling: one index for each output");
    let (input, output) = (p.input_area(), p.output_area());
    let y = Shared(y.as_mut_ptr());
    pool::parallel_for(p.planes, p.grain(), |planes| {
        for plane in planes {
            // SAFETY: planes are disjoint.
            let y = unsafe { std::slice::from_raw_parts_mut(y.get().add(plane * output), output) };
            let x = &x[plane * input..][..input];
            for (y, &at) in y.iter_mut().zip(&indices[plane * output..]) {
                *y = usize::try_from(at).ok().and_then(|at| x.get(at)).copied().unwrap_or_default();
            }
        }
    });
}
