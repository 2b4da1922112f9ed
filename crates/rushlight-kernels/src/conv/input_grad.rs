//! The gradient of the input, without collisions: every input position gathers from the outputs it fed.
//!
//! Input position `i` fed output `o` through tap `t` when `i + padding = o * stride + t * dilation`. Positions with the same
//! remainder by the stride share their taps, so each remainder is a convolution with stride one over the output's gradient.

use super::patches::Patches;
use super::product::{self, Job, Target};
use super::{ConvShape, volume};
use crate::gemm::Float;

/// Taps along one dimension that feed the positions with one remainder, and what they read.
struct Phase {
    start: usize,
    count: usize,
    taps: Vec<usize>,
    offsets: Vec<isize>,
}

pub(super) fn run<T: Float>(shape: &ConvShape, grad_y: &[T], w: &[T], grad_x: &mut [T]) {
    let phases = [0, 1, 2].map(|d| phases_of(shape, d));
    if phases.iter().flatten().any(|phase| phase.taps.is_empty()) {
        grad_x.fill(T::ZERO);
    }
    for z in &phases[0] {
        for y in &phases[1] {
            for x in &phases[2] {
                run_phase(shape, [z, y, x], grad_y, w, grad_x);
            }
        }
    }
}

fn phases_of(shape: &ConvShape, d: usize) -> Vec<Phase> {
    let stride = shape.stride[d];
    (0..stride.min(shape.input[d]))
        .map(|start| {
            let reach = |tap: usize| (start + shape.padding[d]) as isize - (tap * shape.dilation[d]) as isize;
            let taps: Vec<usize> = (0..shape.kernel[d]).filter(|&tap| reach(tap) % stride as isize == 0).collect();
            let offsets = taps.iter().map(|&tap| reach(tap) / stride as isize).collect();
            Phase { start, count: (shape.input[d] - start).div_ceil(stride), taps, offsets }
        })
        .collect()
}

fn run_phase<T: Float>(shape: &ConvShape, phase: [&Phase; 3], grad_y: &[T], w: &[T], grad_x: &mut [T]) {
    if phase.iter().any(|p| p.taps.is_empty()) {
        return;
    }
    let patches = Patches {
        batch: shape.batch,
        image: shape.c_out * volume(shape.output),
        source: shape.output,
        grid: phase.map(|p| p.count),
        step: [1; 3],
        offsets: phase.map(|p| p.offsets.clone()),
    };
    let target = Target { start: phase.map(|p| p.start), step: shape.stride, ..Target::whole(grad_x, shape.input) };
    product::run(&Job {
        patches: &patches,
        groups: shape.groups,
        channels: shape.group_out(),
        source: grad_y,
        rows: shape.group_in(),
        weights: &phase_weights(shape, phase, w),
        target,
        add: false,
    });
}

/// The weights of one phase as (groups, input channels, output channels, taps).
fn phase_weights<T: Float>(shape: &ConvShape, phase: [&Phase; 3], w: &[T]) -> Vec<T> {
    let [_, height, width] = shape.kernel;
    let taps: Vec<usize> = phase[0]
        .taps
        .iter()
        .flat_map(|z| phase[1].taps.iter().map(move |y| z * height + y))
        .flat_map(|zy| phase[2].taps.iter().map(move |x| zy * width + x))
        .collect();
    let (c_in, c_out) = (shape.group_in(), shape.group_out());
    let mut weights = Vec::with_capacity(shape.groups * c_in * c_out * taps.len());
    for group in 0..shape.groups {
        for c in 0..c_in {
            for o in 0..c_out {
                let kernel = &w[((group * c_out + o) * c_in + c) * shape.taps()..][..shape.taps()];
                weights.extend(taps.iter().map(|&tap| kernel[tap]));
            }
        }
    }
    weights
}
