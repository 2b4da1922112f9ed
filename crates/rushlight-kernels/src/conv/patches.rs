//! The matrix of patches: a row for each channel and tap, a column for each image and grid position.

use crate::vectorized;
use std::ops::Range;

/// Where patches lie: tap `t` of grid position `q` reads source position `q * step + offsets[t]`, zero outside.
pub(super) struct Patches {
    pub batch: usize,
    /// Numbers between images.
    pub image: usize,
    pub source: [usize; 3],
    pub grid: [usize; 3],
    pub step: [usize; 3],
    pub offsets: [Vec<isize>; 3],
}

/// Neighbouring columns of one row that are read from the source at a constant step.
#[derive(Clone, Copy)]
struct Run {
    from: usize,
    to: usize,
    len: usize,
}

/// For each tap the runs within some columns; they are the same for every channel.
pub(super) struct TapRuns {
    taps: Vec<Vec<Run>>,
    /// Whether a tap reads outside the source somewhere.
    gaps: Vec<bool>,
    width: usize,
    step: usize,
}

impl Patches {
    pub fn taps(&self) -> usize {
        self.offsets.iter().map(Vec::len).product()
    }

    /// Grid positions of one image.
    pub fn positions(&self) -> usize {
        super::volume(self.grid)
    }

    pub fn columns(&self) -> usize {
        self.batch * self.positions()
    }

    /// Numbers of one channel.
    pub fn plane(&self) -> usize {
        super::volume(self.source)
    }

    pub fn runs(&self, columns: Range<usize>) -> TapRuns {
        let mut taps = vec![Vec::new(); self.taps()];
        let width = columns.len();
        let mut j = columns.start;
        while j < columns.end {
            let x = j % self.grid[2];
            let len = (self.grid[2] - x).min(columns.end - j);
            self.piece_runs(j, len, j - columns.start, &mut taps);
            j += len;
        }
        let covered = |runs: &Vec<Run>| runs.iter().map(|run| run.len).sum::<usize>();
        let gaps = taps.iter().map(|runs| covered(runs) < width).collect();
        TapRuns {
            taps,
            gaps,
            width,
            step: self.step[2],
        }
    }

    /// Adds the runs of `len` columns from column `j` on, all in one row of the grid.
    fn piece_runs(&self, j: usize, len: usize, to: usize, taps: &mut [Vec<Run>]) {
        let [_, height, width] = self.grid;
        let (x, row) = (j % width, j / width);
        let (y, z, image) = (
            row % height,
            row / height % self.grid[0],
            j / self.positions(),
        );
        let (tap_height, tap_width) = (self.offsets[1].len(), self.offsets[2].len());
        for (kz, &offset_z) in self.offsets[0].iter().enumerate() {
            let Some(sz) = inside(z * self.step[0], offset_z, self.source[0]) else {
                continue;
            };
            for (ky, &offset_y) in self.offsets[1].iter().enumerate() {
                let Some(sy) = inside(y * self.step[1], offset_y, self.source[1]) else {
                    continue;
                };
                let line = image * self.image + (sz * self.source[1] + sy) * self.source[2];
                for (kx, &offset_x) in self.offsets[2].iter().enumerate() {
                    let valid = overlap(x..x + len, self.step[2], offset_x, self.source[2]);
                    if !valid.is_empty() {
                        let from =
                            line + (valid.start * self.step[2]).wrapping_add_signed(offset_x);
                        let run = Run {
                            from,
                            to: to + valid.start - x,
                            len: valid.len(),
                        };
                        push(
                            &mut taps[(kz * tap_height + ky) * tap_width + kx],
                            run,
                            self.step[2],
                        );
                    }
                }
            }
        }
    }
}

/// `position + offset` when it lies in `0..size`.
fn inside(position: usize, offset: isize, size: usize) -> Option<usize> {
    position.checked_add_signed(offset).filter(|&at| at < size)
}

/// The part of `grid` whose `q * step + offset` lies in `0..size`.
pub(super) fn overlap(grid: Range<usize>, step: usize, offset: isize, size: usize) -> Range<usize> {
    let first = (-offset).max(0) as usize;
    let end = (size as isize - offset).max(0) as usize;
    let start = grid.start.max(first.div_ceil(step));
    start..grid.end.min(end.div_ceil(step)).max(start)
}

/// Appends a run, or lengthens the last one where both sides continue.
fn push(runs: &mut Vec<Run>, run: Run, step: usize) {
    match runs.last_mut() {
        Some(last) if last.from + last.len * step == run.from && last.to + last.len == run.to => {
            last.len += run.len
        }
        _ => runs.push(run),
    }
}

impl TapRuns {
    /// Copies the rows of `channels` channels, `to_stride` apart, from planes `plane` numbers apart.
    ///
    /// # Safety
    /// `from` must hold these channels in every image of the columns; `to` must have room for all rows.
    pub unsafe fn gather<T: Copy + Default>(
        &self,
        from: *const T,
        plane: usize,
        channels: usize,
        to: *mut T,
        to_stride: usize,
    ) {
        // SAFETY: the caller's.
        unsafe { self.gather_rows(from, plane, 0..channels * self.taps.len(), to, to_stride) }
    }

    /// Copies rows `rows` of the matrix (`channel * taps + tap`).
    ///
    /// # Safety
    /// As for [`TapRuns::gather`].
    pub unsafe fn gather_rows<T: Copy + Default>(
        &self,
        from: *const T,
        plane: usize,
        rows: Range<usize>,
        to: *mut T,
        to_stride: usize,
    ) {
        gather(self, from, plane, rows, to, to_stride);
    }
}

vectorized! {
    fn gather[T: Copy + Default](
        lists: &TapRuns, from: *const T, plane: usize, rows: Range<usize>, to: *mut T, to_stride: usize,
    ) {
        let taps = lists.taps.len();
        for (at, row) in rows.enumerate() {
            let (channel, tap) = (row / taps, row % taps);
            // SAFETY: `gather_rows` requires the channel's plane and the row's room.
            unsafe {
                let (from, to) = (from.add(channel * plane), to.add(at * to_stride));
                if lists.gaps[tap] {
                    std::slice::from_raw_parts_mut(to.cast::<std::mem::MaybeUninit<T>>(), lists.width)
                        .fill(std::mem::MaybeUninit::new(T::default()));
                }
                for run in &lists.taps[tap] {
                    if lists.step == 1 {
                        copy(from.add(run.from), to.add(run.to), run.len);
                    } else {
                        for i in 0..run.len {
                            *to.add(run.to + i) = *from.add(run.from + i * lists.step);
                        }
                    }
                }
            }
        }
    }
}

/// Copies a few numbers by registers: runs are too short for a call to `memcpy`.
#[inline(always)]
unsafe fn copy<T: Copy>(from: *const T, to: *mut T, len: usize) {
    let mut done = 0;
    // SAFETY: the caller vouches for `len` numbers on both sides.
    unsafe {
        while done + 16 <= len {
            copy_array::<T, 16>(from.add(done), to.add(done));
            done += 16;
        }
        if len & 8 != 0 {
            copy_array::<T, 8>(from.add(done), to.add(done));
            done += 8;
        }
        if len & 4 != 0 {
            copy_array::<T, 4>(from.add(done), to.add(done));
            done += 4;
        }
        if len & 2 != 0 {
            copy_array::<T, 2>(from.add(done), to.add(done));
            done += 2;
        }
        if len & 1 != 0 {
            *to.add(done) = *from.add(done);
        }
    }
}

#[inline(always)]
unsafe fn copy_array<T: Copy, const N: usize>(from: *const T, to: *mut T) {
    // SAFETY: the caller vouches for `N` numbers on both sides.
    unsafe {
        to.cast::<[T; N]>()
            .write_unaligned(from.cast::<[T; N]>().read_unaligned())
    }
}
