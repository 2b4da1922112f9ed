//! Groups of one channel: each row of the target is a weighted sum of shifted rows of the padded image.

use super::padded::Padded;
use super::product::Job;
use super::volume;
use crate::gemm::Float;
use crate::vectorized;

/// Numbers that are read past the end of an image, and not used.
pub(super) const SLACK: usize = 64;

vectorized! {
    /// Writes one channel of one image; `at` counts channels over all images.
    ///
    /// `image` is the padded copy of the channel with [`SLACK`] numbers after it, and nobody else writes the channel of the target.
    pub(super) fn weigh_plane[T: Float](job: &Job<T>, padded: &Padded, shifts: &[isize], at: usize, image: *const T) {
        let (target, grid) = (&job.target, job.patches.grid);
        let weights = &job.weights[at % job.groups * shifts.len()..][..shifts.len()];
        for z in 0..grid[0] {
            let first = at * volume(target.size) + target.offset(z * grid[1] * grid[2], grid);
            // SAFETY: plane z of the grid, in the padded image and in the target.
            unsafe {
                Plane {
                    weights,
                    shifts,
                    rows: grid[1],
                    cols: grid[2],
                    from: image.add(z * padded.grid_plane()),
                    from_row: padded.grid_row(),
                    to: target.ptr.get().add(first),
                    to_row: target.step[1] * target.size[2],
                    step: target.step[2],
                    add: job.add,
                }
                .write();
            }
        }
    }
}

/// A plane of the target and what it is the sum of.
struct Plane<'a, T> {
    weights: &'a [T],
    shifts: &'a [isize],
    rows: usize,
    cols: usize,
    from: *const T,
    from_row: usize,
    to: *mut T,
    to_row: usize,
    /// Distance of neighbours in a row of the target.
    step: usize,
    add: bool,
}

impl<T: Float> Plane<'_, T> {
    /// Writes the plane in blocks that fit the registers: several narrow rows, or a part of a wide one.
    #[inline(always)]
    unsafe fn write(&self) {
        let mut at = 0;
        while at < self.cols {
            // SAFETY: the columns exist.
            at += unsafe {
                match self.cols - at {
                    // Four rows of sixteen did not become vectors.
                    ..=16 => self.columns::<8, 4>(at),
                    17..=32 => self.columns::<32, 2>(at),
                    _ => self.columns::<64, 1>(at),
                }
            };
        }
    }

    /// Writes `N` columns from `at` on, or as many as there are; gives `N`.
    #[inline(always)]
    unsafe fn columns<const N: usize, const R: usize>(&self, at: usize) -> usize {
        for row in (0..self.rows).step_by(R) {
            // SAFETY: the block lies inside the plane.
            unsafe { self.block::<N, R>(row, at) };
        }
        N
    }

    #[inline(always)]
    unsafe fn block<const N: usize, const R: usize>(&self, row: usize, at: usize) {
        let mut sums = [[T::ZERO; N]; R];
        let last = self.rows - 1 - row;
        for (&weight, &shift) in self.weights.iter().zip(self.shifts) {
            for r in 0..R {
                // SAFETY: the shifted row lies inside the padded image and its slack; rows past the last are the last.
                let line = unsafe { &*(self.from.add((row + r.min(last)) * self.from_row + at).offset(shift) as *const [T; N]) };
                for i in 0..N {
                    sums[r][i] += weight * line[i];
                }
            }
        }
        for r in 0..R {
            if r <= last {
                // SAFETY: a row of the target.
                unsafe { self.store(self.to.add((row + r) * self.to_row + at * self.step), &sums[r], N.min(self.cols - at)) };
            }
        }
    }

    /// Writes the first `count` of some sums.
    #[inline(always)]
    unsafe fn store<const N: usize>(&self, to: *mut T, sums: &[T; N], count: usize) {
        let sums = *sums;
        // SAFETY: the caller vouches for `count` numbers at the target's step.
        unsafe {
            if count == N && self.step == 1 {
                let to = &mut *(to as *mut [T; N]);
                for i in 0..N {
                    to[i] = if self.add { to[i] + sums[i] } else { sums[i] };
                }
            } else {
                for (i, &sum) in sums[..count].iter().enumerate() {
                    let to = to.add(i * self.step);
                    *to = if self.add { *to + sum } else { sum };
                }
            }
        }
    }
}
