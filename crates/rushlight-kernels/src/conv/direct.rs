//! Groups of few channels: rows of the padded image, shifted by each tap, are the rows of B in place.
//!
//! Nothing is gathered, so the cost of a group does not depend on how few channels share it.

use super::depthwise::weigh_plane;
use super::padded::Padded;
use super::product::Job;
use super::{ConvShape, volume};
use crate::gemm::{Block, Float, Scratch, Shared, TapSweep};
use crate::pool;

/// Multiplications that are worth a task.
const GRAIN: usize = 1 << 17;
/// Parts that the images are cut into where there are few groups.
const PARTS: usize = 8;

/// Carries out the products of a job.
pub(super) fn run<T: Float>(job: &Job<T>) {
    let patches = job.patches;
    let padded = Padded::of(patches);
    let shifts = padded.shifts(patches, job.channels);
    let work = job.rows * shifts.len() * patches.positions();
    pool::parallel_for(patches.batch * job.groups, GRAIN.div_ceil(work), |range| {
        let mut image = Scratch::<T>::new(job.channels * padded.plane());
        for at in range {
            let channels = copy_group(job, &padded, at, image.ptr());
            if (job.rows, job.channels) == (1, 1) {
                weigh_plane(job, &padded, &shifts, at, channels);
                continue;
            }
            // SAFETY: the copy holds the group's channels; each group writes its own part of the target.
            unsafe { multiply_group(job, &padded, &shifts, at, channels) };
        }
    });
}

/// Copies the channels of one group of one image; `at` counts groups over all images.
fn copy_group<T: Float>(job: &Job<T>, padded: &Padded, at: usize, to: *mut T) -> *const T {
    let plane = job.patches.plane();
    for (c, from) in job.source[at * job.channels * plane..].chunks_exact(plane).take(job.channels).enumerate() {
        // SAFETY: the room was made for `channels` planes.
        unsafe { padded.copy(from, to.add(c * padded.plane())) };
    }
    to
}

unsafe fn multiply_group<T: Float>(job: &Job<T>, padded: &Padded, shifts: &[isize], at: usize, image: *const T) {
    let kernel = &T::kernels().scattered;
    let (target, depth) = (&job.target, shifts.len());
    let area = volume(target.size);
    let [grid_z, grid_y, grid_x] = job.patches.grid;
    let weights = job.weights[at % job.groups * job.rows * depth..].as_ptr();
    for z in 0..grid_z {
        for y in 0..grid_y {
            let first = target.offset((z * grid_y + y) * grid_x, job.patches.grid);
            // SAFETY: row (z, y) of the grid, in the padded image and in the target.
            unsafe {
                (kernel.run)(&Block {
                    rows: job.rows,
                    cols: grid_x,
                    depth,
                    alpha: T::ONE,
                    beta: if job.add { T::ONE } else { T::ZERO },
                    a: weights,
                    a_row: depth as isize,
                    a_col: 1,
                    a_tile: (kernel.mr * depth) as isize,
                    b: image.add(z * padded.grid_plane() + y * padded.grid_row()),
                    b_row: 0,
                    b_rows: shifts.as_ptr(),
                    b_panel: kernel.nr as isize,
                    c: target.ptr.get().add(at * job.rows * area + first),
                    c_row: area as isize,
                    c_col: target.step[2] as isize,
                });
            }
        }
    }
}

/// Writes the gradient of the weights.
///
/// Where there are few groups, images are cut into parts, by the shape alone, whose sums are added in order.
pub(super) fn backward_weight<T: Float>(shape: &ConvShape, x: &[T], grad_y: &[T], grad_w: &mut [T]) {
    let parts = PARTS.div_ceil(shape.groups).min(shape.batch);
    let mut sums = vec![T::ZERO; parts * grad_w.len()];
    let (size, group_size) = (grad_w.len(), grad_w.len() / shape.groups);
    let patches = shape.patches();
    let padded = Padded::of(&patches);
    let shifts = padded.shifts(&patches, shape.group_in());
    let work = group_size * patches.columns() / parts;
    let results = Shared(sums.as_mut_ptr());
    pool::parallel_for(parts * shape.groups, GRAIN.div_ceil(work.max(1)), |range| {
        let mut image = Scratch::<T>::new(shape.group_in() * padded.plane());
        for task in range {
            let (part, group) = (task / shape.groups, task % shape.groups);
            for b in part * shape.batch / parts..(part + 1) * shape.batch / parts {
                let at = b * shape.groups + group;
                let plane = patches.plane();
                for c in 0..shape.group_in() {
                    let from = &x[(at * shape.group_in() + c) * plane..][..plane];
                    // SAFETY: the room was made for the group's planes.
                    unsafe { padded.copy(from, image.ptr().add(c * padded.plane())) };
                }
                // SAFETY: each part has sums of its own, and each group its place there.
                unsafe {
                    let sums = results.get().add(part * size + group * group_size);
                    add_image(shape, &padded, &shifts, grad_y, at, image.ptr(), sums);
                }
            }
        }
    });
    grad_w.copy_from_slice(&sums[..size]);
    for part in sums[size..].chunks_exact(size) {
        grad_w.iter_mut().zip(part).for_each(|(total, &part)| *total += part);
    }
}

/// Adds the products of one group of one image.
unsafe fn add_image<T: Float>(shape: &ConvShape, padded: &Padded, shifts: &[isize], grad_y: &[T], at: usize, image: *const T, sums: *mut T) {
    let [depth, rows, cols] = shape.output;
    for o in 0..shape.group_out() {
        let channel = &grad_y[(at * shape.group_out() + o) * volume(shape.output)..];
        for z in 0..depth {
            // SAFETY: plane `z` of the output's gradient, and the planes of the image that it was made from.
            unsafe {
                (T::kernels().tap_dots)(&TapSweep {
                    rows,
                    cols,
                    y: channel[z * rows * cols..].as_ptr(),
                    y_row: cols as isize,
                    x: image.add(z * padded.grid_plane()),
                    x_row: padded.grid_row() as isize,
                    taps: shifts.len(),
                    shifts: shifts.as_ptr(),
                    sums: sums.add(o * shifts.len()),
                });
            }
        }
    }
}
