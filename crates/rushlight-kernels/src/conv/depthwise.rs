//! Groups of one channel: each row of the target is a weighted sum of shifted rows of the padded image.

use super::padded::Padded;
use super::product::Job;
use super::volume;
use crate::gemm::{Float, TapSums};

/// Writes one channel of one image; `at` counts channels over all images.
///
/// # Safety
/// `image` is the padded copy of the channel, and nobody else writes the channel of the target.
pub(super) unsafe fn weigh_plane<T: Float>(job: &Job<T>, padded: &Padded, shifts: &[isize], at: usize, image: *const T) {
    let (target, grid) = (&job.target, job.patches.grid);
    let weights = &job.weights[at % job.groups * shifts.len()..][..shifts.len()];
    for z in 0..grid[0] {
        let first = at * volume(target.size) + target.offset(z * grid[1] * grid[2], grid);
        // SAFETY: plane z of the grid, in the padded image and in the target.
        unsafe {
            (T::kernels().tap_sums)(&TapSums {
                rows: grid[1],
                cols: grid[2],
                x: image.add(z * padded.grid_plane()),
                x_row: padded.grid_row() as isize,
                taps: shifts.len(),
                weights: weights.as_ptr(),
                shifts: shifts.as_ptr(),
                to: target.ptr.get().add(first),
                to_row: (target.step[1] * target.size[2]) as isize,
                to_col: target.step[2] as isize,
                add: job.add,
            });
        }
    }
}
