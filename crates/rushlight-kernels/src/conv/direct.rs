//! Rows of the padded image, shifted by each tap, are the rows of B in place.
//!
//! Nothing is gathered, so the cost of a group does not depend on how few channels share it.

use super::depthwise::{SLACK, weigh_plane};
use super::padded::Padded;
use super::product::Job;
use super::{ConvShape, volume};
use crate::gemm::{Block, Float, Scratch, Shared, TapSweep};
use crate::pool;
use std::ops::Range;

/// Multiplications that are worth a task.
const GRAIN: usize = 1 << 17;
/// Parts that the images are cut into where there are few groups.
const PARTS: usize = 8;
/// Columns of a row of the grid that are multiplied at once.
const COLUMNS: usize = 512;
/// Gathering patches costs as much as multiplying them with so many rows (18 to 20 measured), with strides twice that.
const GATHERING: usize = 16;
/// Bytes of an image's padded copy: beyond, it would only move between memory and cache.
const COPY: usize = 8 << 20;
/// Bytes of a group's weights, which pass by for every row of the grid: 9 MB at 32 columns took a third longer than gathering.
const WEIGHTS: usize = 4 << 20;

/// Whether reading the image in place is faster than gathering patches.
///
/// The last register of each row of the grid is partly idle, and a single one leaves the processor waiting for sums.
pub(super) fn pays<T: Float>(job: &Job<T>) -> bool {
    if job.rows.min(job.channels) <= 8 {
        return true;
    }
    let (width, lanes) = (job.patches.grid[2], T::kernels().packed.nr / 2);
    let used = width.next_multiple_of(lanes);
    let spent = if used == lanes { used + used / 3 } else { used };
    let gathering = if job.patches.step[2] > 1 { 2 * GATHERING } else { GATHERING };
    let numbers = job.rows * job.channels * job.patches.taps();
    let cached = numbers * size_of::<T>() <= WEIGHTS && job.channels * Padded::of(job.patches).plane() * size_of::<T>() <= COPY;
    job.rows * (spent - width) <= gathering * width && cached
}

/// Carries out the products of a job.
pub(super) fn run<T: Float>(job: &Job<T>) {
    let patches = job.patches;
    let padded = Padded::of(patches);
    let shifts = padded.shifts(patches, job.channels);
    let (images, pieces) = (patches.batch * job.groups, pieces(patches.grid));
    let single = (job.rows, job.channels) == (1, 1);
    // Depthwise rows are read past their end.
    let in_place = padded.is_plain() && !single;
    let crew = pool::num_threads();
    let parts = if single || images >= 2 * crew { 1 } else { (4 * crew).div_ceil(images).min(pieces) };
    let work = job.rows * shifts.len() * patches.positions() / parts;
    pool::parallel_for(images * parts, GRAIN.div_ceil(work.max(1)), |range| {
        let mut room = Scratch::<T>::new(if in_place { 0 } else { job.channels * padded.plane() + SLACK });
        if !in_place {
            // SAFETY: the whole room.
            unsafe { room.ptr().write_bytes(0, job.channels * padded.plane() + SLACK) };
        }
        let (mut copied, mut image) = (None, std::ptr::null());
        for task in range {
            let (at, part) = (task / parts, task % parts);
            if copied != Some(at) {
                (copied, image) = (Some(at), read_group(job, &padded, at, (!in_place).then(|| room.ptr())));
            }
            if single {
                // SAFETY: `image` is the channel's copy, and each task writes its own channel.
                unsafe { weigh_plane(job, &padded, &shifts, at, image) };
                continue;
            }
            let pieces = part * pieces / parts..(part + 1) * pieces / parts;
            // SAFETY: `image` holds the group's channels; each task writes its own part of the target.
            unsafe { multiply_group(job, &padded, &shifts, at, image, pieces) };
        }
    });
}

/// Rows of the grid, cut into pieces of at most [`COLUMNS`].
fn pieces([depth, height, width]: [usize; 3]) -> usize {
    depth * height * width.div_ceil(COLUMNS)
}

/// The channels of one group of one image, copied where there is a place for it; `at` counts groups over all images.
fn read_group<T: Float>(job: &Job<T>, padded: &Padded, at: usize, to: Option<*mut T>) -> *const T {
    let plane = job.patches.plane();
    let group = &job.source[at * job.channels * plane..][..job.channels * plane];
    let Some(to) = to else { return group.as_ptr() };
    for (c, from) in group.chunks_exact(plane).enumerate() {
        // SAFETY: the room was made for `channels` planes, and begins as zeros.
        unsafe { padded.copy(from, to.add(c * padded.plane())) };
    }
    to
}

unsafe fn multiply_group<T: Float>(job: &Job<T>, padded: &Padded, shifts: &[isize], at: usize, image: *const T, pieces: Range<usize>) {
    let kernel = &T::kernels().scattered;
    let (target, depth) = (&job.target, shifts.len());
    let area = volume(target.size);
    let [_, grid_y, grid_x] = job.patches.grid;
    let weights = job.weights[at % job.groups * job.rows * depth..].as_ptr();
    let across = grid_x.div_ceil(COLUMNS);
    for piece in pieces {
        let (line, x) = (piece / across, piece % across * COLUMNS);
        let first = target.offset(line * grid_x + x, job.patches.grid);
        // SAFETY: part of row `line` of the grid, in the padded image and in the target.
        unsafe {
            (kernel.run)(&Block {
                rows: job.rows,
                cols: COLUMNS.min(grid_x - x),
                depth,
                alpha: T::ONE,
                beta: if job.add { T::ONE } else { T::ZERO },
                a: weights,
                a_row: depth as isize,
                a_col: 1,
                a_tile: (kernel.mr * depth) as isize,
                b: image.add(line / grid_y * padded.grid_plane() + line % grid_y * padded.grid_row() + x),
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
        // SAFETY: the whole scratch.
        unsafe { image.ptr().write_bytes(0, shape.group_in() * padded.plane()) };
        for task in range {
            let (part, group) = (task / shape.groups, task % shape.groups);
            for b in part * shape.batch / parts..(part + 1) * shape.batch / parts {
                let at = b * shape.groups + group;
                let plane = patches.plane();
                for c in 0..shape.group_in() {
                    let from = &x[(at * shape.group_in() + c) * plane..][..plane];
                    // SAFETY: the room was made for the group's planes, and begins as zeros.
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
