//! Groups of one or two channels: every tap adds a scaled row of the one image to a row of the other.

use super::patches::overlap;
use super::{ConvShape, volume};
use crate::gemm::{Float, Shared};
use crate::{pool, vectorized};

/// Numbers that are worth a task.
const GRAIN: usize = 1 << 14;

/// A row of the output's plane and the row of the input's plane that one tap connects: `y + i` with `x + i * stride`.
struct Link {
    tap: usize,
    y: usize,
    x: usize,
    len: usize,
}

impl ConvShape {
    /// Visits all pairs of rows, tap by tap.
    #[inline(always)]
    fn links(&self, mut visit: impl FnMut(Link)) {
        let offset =
            |d: usize, tap: usize| (tap * self.dilation[d]) as isize - self.padding[d] as isize;
        let valid = |d: usize, tap: usize| {
            overlap(
                0..self.output[d],
                self.stride[d],
                offset(d, tap),
                self.input[d],
            )
        };
        let source = |d: usize, tap: usize, at: usize| {
            (at * self.stride[d]).wrapping_add_signed(offset(d, tap))
        };
        for tap in 0..self.taps() {
            let [kz, ky, kx] = [
                tap / (self.kernel[1] * self.kernel[2]),
                tap / self.kernel[2] % self.kernel[1],
                tap % self.kernel[2],
            ];
            let span = valid(2, kx);
            if span.is_empty() {
                continue;
            }
            for z in valid(0, kz) {
                for y in valid(1, ky) {
                    visit(Link {
                        tap,
                        y: (z * self.output[1] + y) * self.output[2] + span.start,
                        x: (source(0, kz, z) * self.input[1] + source(1, ky, y)) * self.input[2]
                            + source(2, kx, span.start),
                        len: span.len(),
                    });
                }
            }
        }
    }

    /// The input channels that output channel `o` reads.
    fn inputs_of(&self, o: usize) -> std::ops::Range<usize> {
        let first = o / self.group_out() * self.group_in();
        first..first + self.group_in()
    }

    /// The taps between output channel `o` and input channel `c`.
    fn kernel_of<'a, T>(&self, w: &'a [T], o: usize, c: usize) -> &'a [T] {
        &w[(o * self.group_in() + c % self.group_in()) * self.taps()..][..self.taps()]
    }
}

/// Planes of a batch of images.
#[derive(Clone, Copy)]
struct Planes {
    channels: usize,
    area: usize,
}

impl Planes {
    fn of<'a, T>(&self, memory: &'a [T], image: usize, channel: usize) -> &'a [T] {
        &memory[(image * self.channels + channel) * self.area..][..self.area]
    }
}

/// Adds the convolution to `y`.
pub(super) fn forward<T: Float>(shape: &ConvShape, x: &[T], w: &[T], y: &mut [T]) {
    let inputs = Planes {
        channels: shape.c_in,
        area: volume(shape.input),
    };
    for_planes(y, volume(shape.output), |at, plane| {
        let (image, o) = (at / shape.c_out, at % shape.c_out);
        for c in shape.inputs_of(o) {
            add_forward(
                shape,
                inputs.of(x, image, c),
                shape.kernel_of(w, o, c),
                plane,
            );
        }
    });
}

/// Adds the gradient to `grad_x`.
pub(super) fn backward_input<T: Float>(shape: &ConvShape, grad_y: &[T], w: &[T], grad_x: &mut [T]) {
    let outputs = Planes {
        channels: shape.c_out,
        area: volume(shape.output),
    };
    for_planes(grad_x, volume(shape.input), |at, plane| {
        let (image, c) = (at / shape.c_in, at % shape.c_in);
        let first = c / shape.group_in() * shape.group_out();
        for o in first..first + shape.group_out() {
            add_backward(
                shape,
                outputs.of(grad_y, image, o),
                shape.kernel_of(w, o, c),
                plane,
            );
        }
    });
}

/// Adds the gradient to `grad_w`.
pub(super) fn backward_weight<T: Float>(
    shape: &ConvShape,
    x: &[T],
    grad_y: &[T],
    grad_w: &mut [T],
) {
    let inputs = Planes {
        channels: shape.c_in,
        area: volume(shape.input),
    };
    let outputs = Planes {
        channels: shape.c_out,
        area: volume(shape.output),
    };
    let taps = shape.taps();
    let out = Shared(grad_w.as_mut_ptr());
    let work = shape.batch * outputs.area * taps;
    pool::parallel_for(
        shape.c_out * shape.group_in(),
        GRAIN.div_ceil(work),
        |pairs| {
            for pair in pairs {
                let o = pair / shape.group_in();
                let c = shape.inputs_of(o).start + pair % shape.group_in();
                // SAFETY: each pair of channels has taps of its own.
                let kernel =
                    unsafe { std::slice::from_raw_parts_mut(out.get().add(pair * taps), taps) };
                for image in 0..shape.batch {
                    add_weight(
                        shape,
                        inputs.of(x, image, c),
                        outputs.of(grad_y, image, o),
                        kernel,
                    );
                }
            }
        },
    );
}

fn for_planes<T: Float>(memory: &mut [T], area: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    let (planes, out) = (memory.len() / area, Shared(memory.as_mut_ptr()));
    pool::parallel_for(planes, GRAIN.div_ceil(area), |range| {
        for at in range {
            // SAFETY: planes are disjoint.
            f(at, unsafe {
                std::slice::from_raw_parts_mut(out.get().add(at * area), area)
            });
        }
    });
}

vectorized! {
    fn add_forward[T: Float](shape: &ConvShape, x: &[T], w: &[T], y: &mut [T]) {
        let stride = shape.stride[2];
        shape.links(|link| {
            let (weight, y) = (w[link.tap], &mut y[link.y..][..link.len]);
            if stride == 1 {
                y.iter_mut().zip(&x[link.x..][..link.len]).for_each(|(y, &x)| *y += weight * x);
            } else {
                y.iter_mut().zip(x[link.x..].iter().step_by(stride)).for_each(|(y, &x)| *y += weight * x);
            }
        });
    }
}

vectorized! {
    fn add_backward[T: Float](shape: &ConvShape, y: &[T], w: &[T], x: &mut [T]) {
        let stride = shape.stride[2];
        shape.links(|link| {
            let (weight, y) = (w[link.tap], &y[link.y..][..link.len]);
            if stride == 1 {
                x[link.x..][..link.len].iter_mut().zip(y).for_each(|(x, &y)| *x += weight * y);
            } else {
                x[link.x..].iter_mut().step_by(stride).zip(y).for_each(|(x, &y)| *x += weight * y);
            }
        });
    }
}

vectorized! {
    fn add_weight[T: Float](shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
        let stride = shape.stride[2];
        shape.links(|link| {
            let y = &y[link.y..][..link.len];
            w[link.tap] += if stride == 1 { dot(&x[link.x..][..link.len], y) } else { dot_strided(&x[link.x..], stride, y) };
        });
    }
}

/// A dot product in 16 running sums.
#[inline(always)]
fn dot<T: Float>(x: &[T], y: &[T]) -> T {
    let mut sums = [T::ZERO; 16];
    let (mut x16, mut y16) = (x.chunks_exact(16), y.chunks_exact(16));
    for (x, y) in (&mut x16).zip(&mut y16) {
        for i in 0..16 {
            sums[i] += x[i] * y[i];
        }
    }
    let rest = dot_strided(x16.remainder(), 1, y16.remainder());
    sums.iter().fold(rest, |total, &sum| total + sum)
}

#[inline(always)]
fn dot_strided<T: Float>(x: &[T], stride: usize, y: &[T]) -> T {
    x.iter()
        .step_by(stride)
        .zip(y)
        .fold(T::ZERO, |total, (&x, &y)| total + x * y)
}
