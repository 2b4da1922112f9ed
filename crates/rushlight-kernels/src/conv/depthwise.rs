//! Groups of one channel: each row of the target is a weighted sum of shifted rows of the padded image.

use super::padded::Padded;
use super::product::Job;
use super::volume;
use crate::gemm::{Float, TapPlane};

/// Numbers that are read past the end of an image, and not used: less than a register.
pub(super) const SLACK: usize = 16;

/// Writes one channel of one image; `at` counts channels over all images.
///
/// # Safety
/// `image` must be the padded copy of the channel with [`SLACK`] numbers after it, and nobody else may use the channel of the
/// target.
pub(super) unsafe fn weigh_plane<T: Float>(job: &Job<T>, padded: &Padded, shifts: &[isize], at: usize, image: *const T) {
    let (target, grid) = (&job.target, job.patches.grid);
    let weights = &job.weights[at % job.groups * shifts.len()..][..shifts.len()];
    for z in 0..grid[0] {
        let first = at * volume(target.size) + target.offset(z * grid[1] * grid[2], grid);
        // SAFETY: plane z of the grid, in the padded image and in the target.
        unsafe {
            (T::kernels().tap_sums)(&TapPlane {
                rows: grid[1],
                cols: grid[2],
                taps: shifts.len(),
                weights: weights.as_ptr(),
                shifts: shifts.as_ptr(),
                from: image.add(z * padded.grid_plane()),
                from_row: padded.grid_row(),
                to: target.ptr.get().add(first),
                to_row: target.step[1] * target.size[2],
                step: target.step[2],
                add: job.add,
            });
        }
    }
}
