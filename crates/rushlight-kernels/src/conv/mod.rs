//! Convolutions in one to three dimensions over contiguous (batch, channel, depth, height, width) memory.
//!
//! The patches under the kernel form a matrix that is never stored: [`patches`] copies the part a micro-kernel needs next
//! into a panel. The output is `weights @ patches` ([`product`]), the gradient of the input a sum of such products over
//! the output's gradient ([`input_grad`]), the gradient of the weights `output gradient @ patches'` ([`weight_grad`]).
//! Groups of few channels are read in place from a
//! padded copy ([`direct`]), single channels by [`depthwise`].

mod depthwise;
mod direct;
mod input_grad;
mod padded;
mod patches;
mod product;
#[cfg(test)]
mod tests;
mod weight_grad;
mod whole;

pub use whole::{Whole, whole_forward, whole_transposed};

use crate::gemm::Float;
use patches::Patches;

/// Sizes of a convolution; with fewer than three dimensions the first ones are 1 (kernel 1, stride 1, padding 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Channels of the input, a multiple of `groups`.
    pub c_in: usize,
    /// Channels of the output, a multiple of `groups`.
    pub c_out: usize,
    /// Channels are cut into this many groups that do not see each other.
    pub groups: usize,
    /// Depth, height and width of the input.
    pub input: [usize; 3],
    /// Extent of the kernel.
    pub kernel: [usize; 3],
    /// Steps of the kernel over the input.
    pub stride: [usize; 3],
    /// Zeros before (and after) the input.
    pub padding: [usize; 3],
    /// Distance between the kernel's taps.
    pub dilation: [usize; 3],
    /// Depth, height and width of the output.
    pub output: [usize; 3],
}

fn volume(sizes: [usize; 3]) -> usize {
    sizes.iter().product()
}

impl ConvShape {
    /// The output sizes that the other fields give; `None` where the kernel does not fit.
    pub fn natural_output(&self) -> Option<[usize; 3]> {
        let mut sizes = [0; 3];
        for d in 0..3 {
            let padded = self.input[d] + 2 * self.padding[d];
            let reach = self.dilation[d] * self.kernel[d].checked_sub(1)? + 1;
            sizes[d] = padded.checked_sub(reach)?.checked_div(self.stride[d])? + 1;
        }
        Some(sizes)
    }

    /// Numbers in the input, the weights and the output.
    pub fn lengths(&self) -> (usize, usize, usize) {
        (self.batch * self.c_in * volume(self.input), self.c_out * self.group_in() * self.taps(), self.batch * self.c_out * volume(self.output))
    }

    fn group_in(&self) -> usize {
        self.c_in / self.groups
    }

    fn group_out(&self) -> usize {
        self.c_out / self.groups
    }

    fn taps(&self) -> usize {
        volume(self.kernel)
    }

    /// Whether there is nothing to sum over, or nothing to write.
    fn is_empty(&self) -> bool {
        let (x, w, y) = self.lengths();
        x == 0 || w == 0 || y == 0
    }

    /// The input under the kernel at each output position.
    fn patches(&self) -> Patches {
        let offset = |d: usize| move |tap: usize| (tap * self.dilation[d]) as isize - self.padding[d] as isize;
        let offsets = [0, 1, 2].map(|d| (0..self.kernel[d]).map(offset(d)).collect());
        Patches { batch: self.batch, image: self.c_in * volume(self.input), source: self.input, grid: self.output, step: self.stride, offsets }
    }

    fn check(&self, x: usize, w: usize, y: usize) {
        assert!(self.groups > 0 && self.c_in.is_multiple_of(self.groups) && self.c_out.is_multiple_of(self.groups));
        assert_eq!((x, w, y), self.lengths(), "convolution: memory does not match {self:?}");
    }
}

/// `y[b, o] = bias[o] + sum over channels and taps of w[o, c, tap] * x[b, c, position * stride + tap * dilation - padding]`.
///
/// `x` is (batch, c_in, input), `w` (c_out, c_in / groups, kernel), `y` (batch, c_out, output).
///
/// # Panics
/// When a length does not match the shape.
pub fn conv_forward<T: Float>(shape: &ConvShape, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
    shape.check(x.len(), w.len(), y.len());
    let area = volume(shape.output);
    if let Some(bias) = bias {
        assert_eq!(bias.len(), shape.c_out, "convolution: one bias for each output channel");
    }
    if area > 0 && (shape.is_empty() || bias.is_some()) {
        for (at, plane) in y.chunks_exact_mut(area).enumerate() {
            plane.fill(bias.map_or(T::ZERO, |bias| bias[at % shape.c_out]));
        }
    }
    if shape.is_empty() {
        return;
    }
    product::run(&product::Job {
        patches: &shape.patches(),
        groups: shape.groups,
        channels: shape.group_in(),
        source: x,
        rows: shape.group_out(),
        weights: w,
        target: product::Target::whole(y, shape.output),
        add: bias.is_some(),
    });
}

/// The gradient of the input, (batch, c_in, input), from that of the output: also the transposed convolution.
///
/// # Panics
/// When a length does not match the shape.
pub fn conv_backward_input<T: Float>(shape: &ConvShape, grad_y: &[T], w: &[T], grad_x: &mut [T]) {
    shape.check(grad_x.len(), w.len(), grad_y.len());
    if shape.is_empty() {
        grad_x.fill(T::ZERO);
    } else {
        input_grad::run(shape, grad_y, w, grad_x);
    }
}

/// The gradient of the weights, (c_out, c_in / groups, kernel), from that of the output and the input.
///
/// # Panics
/// When a length does not match the shape.
pub fn conv_backward_weight<T: Float>(shape: &ConvShape, x: &[T], grad_y: &[T], grad_w: &mut [T]) {
    shape.check(x.len(), grad_w.len(), grad_y.len());
    if shape.is_empty() {
        grad_w.fill(T::ZERO);
    } else if shape.group_in() * shape.group_out() <= 16 {
        direct::backward_weight(shape, x, grad_y, grad_w);
    } else {
        weight_grad::run(shape, x, grad_y, grad_w);
    }
}
