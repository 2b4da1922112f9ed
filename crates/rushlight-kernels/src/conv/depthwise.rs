//! Groups of one channel: each row of the target is a weighted sum of shifted rows of the padded image.

use super::padded::Padded;
use super::product::Job;
use super::volume;
use crate::gemm::Float;
use crate::vectorized;

vectorized! {
    /// Writes one channel of one image; `at` counts channels over all images.
    ///
    /// `image` is the padded copy of the channel, and nobody else writes the channel of the target.
    pub(super) fn weigh_plane[T: Float](job: &Job<T>, padded: &Padded, shifts: &[isize], at: usize, image: *const T) {
        let (target, grid) = (&job.target, job.patches.grid);
        let weights = &job.weights[at % job.groups * shifts.len()..][..shifts.len()];
        for z in 0..grid[0] {
            for y in 0..grid[1] {
                let first = at * volume(target.size) + target.offset((z * grid[1] + y) * grid[2], grid);
                // SAFETY: row (z, y) of the grid, in the padded image and in the target.
                unsafe {
                    let from = image.add(z * padded.grid_plane() + y * padded.grid_row());
                    let line = Line { weights, shifts, from, to: target.ptr.get().add(first), step: target.step[2], add: job.add };
                    line.write(grid[2]);
                }
            }
        }
    }
}

/// A row of the target and what it is the sum of.
struct Line<'a, T> {
    weights: &'a [T],
    shifts: &'a [isize],
    from: *const T,
    to: *mut T,
    /// Distance of neighbours in the target.
    step: usize,
    add: bool,
}

impl<T: Float> Line<'_, T> {
    /// Writes `cols` numbers, in blocks that fit the registers.
    #[inline(always)]
    unsafe fn write(&self, cols: usize) {
        let mut at = 0;
        // SAFETY: every block lies inside the row.
        unsafe {
            self.blocks::<64>(&mut at, cols);
            self.blocks::<32>(&mut at, cols);
            self.blocks::<16>(&mut at, cols);
            self.blocks::<8>(&mut at, cols);
            self.blocks::<4>(&mut at, cols);
            self.blocks::<1>(&mut at, cols);
        }
    }

    #[inline(always)]
    unsafe fn blocks<const N: usize>(&self, at: &mut usize, cols: usize) {
        while cols - *at >= N {
            // SAFETY: as the caller vouches: `N` numbers from here on.
            unsafe { self.block::<N>(*at) };
            *at += N;
        }
    }

    #[inline(always)]
    unsafe fn block<const N: usize>(&self, at: usize) {
        let mut sums = [T::ZERO; N];
        for (&weight, &shift) in self.weights.iter().zip(self.shifts) {
            // SAFETY: the shifted row lies inside the padded image.
            let from = unsafe { &*(self.from.add(at).offset(shift) as *const [T; N]) };
            for i in 0..N {
                sums[i] += weight * from[i];
            }
        }
        // SAFETY: `N` numbers of the target's row.
        unsafe {
            let to = self.to.add(at * self.step);
            if self.step == 1 {
                let to = &mut *(to as *mut [T; N]);
                for i in 0..N {
                    to[i] = if self.add { to[i] + sums[i] } else { sums[i] };
                }
            } else {
                for i in 0..N {
                    let to = to.add(i * self.step);
                    *to = if self.add { *to + sums[i] } else { sums[i] };
                }
            }
        }
    }
}
