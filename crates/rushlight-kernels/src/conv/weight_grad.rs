//! The gradient of the weights: `output gradient @ patches'`, summed over all positions of all images.
//!
//! Columns of the result (channels and taps) are shared out among tasks. Where they are few, positions are cut too, into a
//! number of parts that depends on the shape alone, and the parts' results are added in order.

use super::patches::{Patches, gather};
use super::{ConvShape, volume};
use crate::gemm::{Block, Float, Kernel, Scratch, Shared, pack_panel};
use crate::pool;
use std::ops::Range;

/// Positions multiplied at once.
const DEPTH: usize = 256;
/// Columns of the result for a task.
const COLUMNS: usize = 512;
/// Tasks to aim at.
const TASKS: usize = 8;
/// Positions that are worth a part of their own.
const POSITIONS: usize = 2048;
/// Fewer multiplications run in the calling thread.
const PARALLEL: usize = 1 << 19;

pub(super) fn run<T: Float>(shape: &ConvShape, x: &[T], grad_y: &[T], grad_w: &mut [T]) {
    let patches = shape.patches();
    let (rows, columns) = (shape.group_out(), shape.group_in() * patches.taps());
    let kernel = &T::kernels().packed;
    let step = columns.min(COLUMNS).next_multiple_of(kernel.nr);
    let chunks = shape.groups * columns.div_ceil(step);
    let parts = (TASKS / chunks).min(patches.columns() / POSITIONS).max(1);
    let mut sums = Scratch::<T>::new((parts - 1) * grad_w.len());
    let sums = Shared(sums.ptr());
    let (size, result) = (grad_w.len(), Shared(grad_w.as_mut_ptr()));
    let run_task = |task: usize| {
        let (chunk, part) = (task / parts, task % parts);
        let (group, j) = (chunk / columns.div_ceil(step), chunk % columns.div_ceil(step) * step);
        let bound = |part: usize| part * patches.columns() / parts;
        // SAFETY: the first part writes to the result, each other one to its own copy; chunks write disjoint columns.
        unsafe {
            let c = if part == 0 { result.get() } else { sums.get().add((part - 1) * size) };
            let task =
                Task { shape, patches: &patches, kernel, x, grad_y, group, columns: j..(j + step).min(columns), positions: bound(part)..bound(part + 1) };
            task.run(c.add(group * rows * columns), columns);
        }
    };
    if shape.c_out * columns * patches.columns() >= PARALLEL {
        pool::parallel_tasks(chunks * parts, run_task);
    } else {
        (0..chunks * parts).for_each(run_task);
    }
    for part in 1..parts {
        // SAFETY: every part wrote all of its copy.
        let sum = unsafe { std::slice::from_raw_parts(sums.get().add((part - 1) * size), size) };
        grad_w.iter_mut().zip(sum).for_each(|(total, &value)| *total += value);
    }
}

/// Some columns of the result, summed over some positions.
struct Task<'a, T> {
    shape: &'a ConvShape,
    patches: &'a Patches,
    kernel: &'a Kernel<T>,
    x: &'a [T],
    grad_y: &'a [T],
    group: usize,
    columns: Range<usize>,
    positions: Range<usize>,
}

impl<T: Float> Task<'_, T> {
    /// Writes columns of `c`, the group's (output channels, input channels * taps) matrix with rows `c_row` apart.
    unsafe fn run(&self, c: *mut T, c_row: usize) {
        let Kernel { mr, nr, run } = *self.kernel;
        let rows = self.shape.group_out();
        let mut panels_a = Scratch::<T>::new(rows.next_multiple_of(mr) * DEPTH);
        let mut lines = Scratch::<T>::new(nr * DEPTH);
        let mut panel_b = Scratch::<T>::new(nr * DEPTH);
        let plane = self.patches.plane();
        for start in self.positions.clone().step_by(DEPTH) {
            let positions = start..(start + DEPTH).min(self.positions.end);
            let depth = positions.len();
            let runs = [self.patches.runs(positions.clone())];
            // SAFETY: the buffers have room for `DEPTH` positions; the group's channels are in the input; C is the caller's.
            unsafe {
                self.pack_rows(&positions, panels_a.ptr());
                let from = self.x.as_ptr().add(self.group * self.shape.group_in() * plane);
                for j in self.columns.clone().step_by(nr) {
                    let cols = nr.min(self.columns.end - j);
                    gather(&runs, from, plane, j..j + cols, lines.ptr(), 0, DEPTH);
                    pack_panel(lines.ptr(), DEPTH as isize, 1, cols, depth, nr, panel_b.ptr());
                    run(&Block {
                        rows,
                        cols,
                        depth,
                        alpha: T::ONE,
                        beta: if start == self.positions.start { T::ZERO } else { T::ONE },
                        a: panels_a.ptr(),
                        a_row: 1,
                        a_col: mr as isize,
                        a_tile: (mr * depth) as isize,
                        b: panel_b.ptr(),
                        b_row: nr as isize,
                        b_rows: std::ptr::null(),
                        b_panel: 0,
                        c: c.add(j),
                        c_row: c_row as isize,
                        c_col: 1,
                    });
                }
            }
        }
    }

    /// Packs the output's gradient at some positions, which may lie in several images.
    unsafe fn pack_rows(&self, positions: &Range<usize>, to: *mut T) {
        let (mr, rows, area) = (self.kernel.mr, self.shape.group_out(), volume(self.shape.output));
        let depth = positions.len();
        let mut q = positions.start;
        while q < positions.end {
            let len = (area - q % area).min(positions.end - q);
            for i in (0..rows).step_by(mr) {
                let channel = q / area * self.shape.c_out + self.group * rows + i;
                // SAFETY: rows of one image, and the tile's part of the panels.
                unsafe {
                    let from = self.grad_y.as_ptr().add(channel * area + q % area);
                    let to = to.add(i * depth + (q - positions.start) * mr);
                    pack_panel(from, area as isize, 1, mr.min(rows - i), len, mr, to);
                }
            }
            q += len;
        }
    }
}
