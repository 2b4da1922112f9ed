//! Convolutions of whole numbers: plain loops over taps, whose sums wrap around.

use super::{ConvShape, volume};
use crate::gemm::Shared;
use crate::{Element, pool};

/// An integer type.
pub trait Whole: Element {
    /// `self + a b`, wrapping around.
    fn plus_product(self, a: Self, b: Self) -> Self;
}

macro_rules! whole {
    ($($t:ty),*) => { $(impl Whole for $t {
        #[inline(always)]
        fn plus_product(self, a: $t, b: $t) -> $t { self.wrapping_add(a.wrapping_mul(b)) }
    })* };
}
whole!(u8, i8, i16, i32, i64);

/// Multiplications that are worth a task.
const GRAIN: usize = 1 << 16;

impl ConvShape {
    /// Calls `meet` with the positions of input and output that tap number `tap` of the kernel joins.
    fn meetings(&self, tap: usize, mut meet: impl FnMut(usize, usize)) {
        let [_, height, width] = self.kernel;
        let tap = [tap / (height * width), tap / width % height, tap % width];
        let under = |d: usize, at: usize| (at * self.stride[d] + tap[d] * self.dilation[d]).checked_sub(self.padding[d]).filter(|&p| p < self.input[d]);
        for z in 0..self.output[0] {
            let Some(from_z) = under(0, z) else { continue };
            for y in 0..self.output[1] {
                let Some(from_y) = under(1, y) else { continue };
                let (from, to) = ((from_z * self.input[1] + from_y) * self.input[2], (z * self.output[1] + y) * self.output[2]);
                for x in 0..self.output[2] {
                    if let Some(from_x) = under(2, x) {
                        meet(from + from_x, to + x);
                    }
                }
            }
        }
    }

    /// Runs `fill` for planes numbered from 0, in parallel where they are worth it.
    fn for_planes<T: Whole>(&self, planes: &mut [T], area: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
        let work = self.taps() * volume(self.output) * self.group_in().max(self.group_out());
        let out = Shared(planes.as_mut_ptr());
        pool::parallel_for(planes.len().checked_div(area).unwrap_or(0), GRAIN.div_ceil(work.max(1)), |range| {
            for p in range {
                // SAFETY: tasks have planes of their own.
                fill(p, unsafe { std::slice::from_raw_parts_mut(out.get().add(p * area), area) });
            }
        });
    }
}

/// As [`super::conv_forward`].
///
/// # Panics
/// When a length does not match the shape.
pub fn whole_forward<T: Whole>(shape: &ConvShape, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
    shape.check(x.len(), w.len(), y.len());
    let (area, taps, channels) = (volume(shape.input), shape.taps(), shape.group_in());
    shape.for_planes(y, volume(shape.output), |plane, y| {
        let (image, o) = (plane / shape.c_out, plane % shape.c_out);
        y.fill(bias.map_or(T::default(), |bias| bias[o]));
        for c in 0..channels {
            let x = &x[(image * shape.c_in + o / shape.group_out() * channels + c) * area..][..area];
            for tap in 0..taps {
                let weight = w[(o * channels + c) * taps + tap];
                shape.meetings(tap, |from, to| y[to] = y[to].plus_product(x[from], weight));
            }
        }
    });
}

/// As [`super::conv_backward_input`]: the transposed convolution.
///
/// # Panics
/// When a length does not match the shape.
pub fn whole_transposed<T: Whole>(shape: &ConvShape, grad_y: &[T], w: &[T], grad_x: &mut [T]) {
    shape.check(grad_x.len(), w.len(), grad_y.len());
    let (area, taps, channels) = (volume(shape.output), shape.taps(), shape.group_in());
    shape.for_planes(grad_x, volume(shape.input), |plane, x| {
        let (image, c) = (plane / shape.c_in, plane % shape.c_in);
        x.fill(T::default());
        let first = c / channels * shape.group_out();
        for o in first..first + shape.group_out() {
            let y = &grad_y[(image * shape.c_out + o) * area..][..area];
            for tap in 0..taps {
                let weight = w[(o * channels + c % channels) * taps + tap];
                shape.meetings(tap, |to, from| x[to] = x[to].plus_product(y[from], weight));
            }
        }
    });
}
