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

/// How the row of one tap is filled, the same for every channel.
#[derive(Clone, Default)]
struct TapRow {
    runs: Vec<Run>,
    /// Where the tap reads outside the source: first column and number.
    gaps: Vec<(usize, usize)>,
}

/// The rows of all taps within some columns.
pub(super) struct TapRuns {
    taps: Vec<TapRow>,
    step: usize,
}

impl Patches {
    pub fn taps(&self) -> usize {
        self.offsets.iter().map(Vec::len).product()
    }

    /// The same patches with all positions in one row, where each is a single position of the source.
    pub fn flattened(&self) -> Option<Patches> {
        let pointwise = self.offsets.iter().all(|taps| taps == &[0]) && self.step == [1; 3] && self.grid == self.source;
        let line = [1, 1, self.positions()];
        pointwise.then(|| Patches { source: line, grid: line, offsets: self.offsets.clone(), ..*self })
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
        let mut taps = vec![TapRow::default(); self.taps()];
        let mut j = columns.start;
        while j < columns.end {
            let len = (self.grid[2] - j % self.grid[2]).min(columns.end - j);
            self.piece_runs(j, len, j - columns.start, &mut taps);
            j += len;
        }
        taps.iter_mut().for_each(|tap| tap.find_gaps(columns.len()));
        TapRuns { taps, step: self.step[2] }
    }

    /// Adds the runs of `len` columns from column `j` on, all in one row of the grid.
    fn piece_runs(&self, j: usize, len: usize, to: usize, taps: &mut [TapRow]) {
        let [_, height, width] = self.grid;
        let (x, row) = (j % width, j / width);
        let (y, z, image) = (row % height, row / height % self.grid[0], j / self.positions());
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
                        let from = line + (valid.start * self.step[2]).wrapping_add_signed(offset_x);
                        let run = Run { from, to: to + valid.start - x, len: valid.len() };
                        taps[(kz * tap_height + ky) * tap_width + kx].push(run, self.step[2]);
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

impl TapRow {
    /// Appends a run, or lengthens the last one where both sides continue.
    fn push(&mut self, run: Run, step: usize) {
        match self.runs.last_mut() {
            Some(last) if last.from + last.len * step == run.from && last.to + last.len == run.to => last.len += run.len,
            _ => self.runs.push(run),
        }
    }

    /// Lists the columns below `width` that no run fills.
    fn find_gaps(&mut self, width: usize) {
        let mut filled = 0;
        let end = Run { from: 0, to: width, len: 0 };
        for run in self.runs.iter().chain([&end]) {
            if run.to > filled {
                self.gaps.push((filled, run.to - filled));
            }
            filled = run.to + run.len;
        }
    }
}

/// Copies rows `rows` of the matrix (`channel * taps + tap`) into one panel for each of `panels`.
///
/// Channels lie `plane` numbers apart, panels `panel_stride`, their rows `row_stride`. Panels are filled row by row, all at
/// once: neighbouring panels read neighbouring memory.
///
/// # Safety
/// `from` must hold the rows' channels in every image of the columns; `to` must have room for all rows.
pub(super) unsafe fn gather<T: Copy + Default>(
    panels: &[TapRuns],
    from: *const T,
    plane: usize,
    rows: Range<usize>,
    to: *mut T,
    panel_stride: usize,
    row_stride: usize,
) {
    gather_rows(panels, from, plane, rows, to, panel_stride, row_stride);
}

vectorized! {
    fn gather_rows[T: Copy + Default](
        panels: &[TapRuns], from: *const T, plane: usize, rows: Range<usize>, to: *mut T, panel_stride: usize,
        row_stride: usize,
    ) {
        let Some(taps) = panels.first().map(|panel| panel.taps.len()) else { return };
        for (at, row) in rows.enumerate() {
            let (channel, tap) = (row / taps, row % taps);
            for (number, panel) in panels.iter().enumerate() {
                // SAFETY: `gather` requires the channel's plane and the row's room.
                unsafe {
                    let to = to.add(number * panel_stride + at * row_stride);
                    fill_row(&panel.taps[tap], panel.step, from.add(channel * plane), to);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn fill_row<T: Copy + Default>(row: &TapRow, step: usize, from: *const T, to: *mut T) {
    // SAFETY: runs and gaps lie inside the plane and the row, which the caller vouches for.
    unsafe {
        for &(at, len) in &row.gaps {
            for i in at..at + len {
                *to.add(i) = T::default();
            }
        }
        for run in &row.runs {
            if step == 1 {
                copy(from.add(run.from), to.add(run.to), run.len);
            } else {
                for i in 0..run.len {
                    *to.add(run.to + i) = *from.add(run.from + i * step);
                }
            }
        }
    }
}

/// Copies a few numbers by registers, the last two overlapping: runs are too short for a call to `memcpy`.
#[inline(always)]
pub(super) unsafe fn copy<T: Copy>(from: *const T, to: *mut T, len: usize) {
    // SAFETY: the caller vouches for `len` numbers on both sides; the arrays end at `len` at the latest.
    unsafe {
        match len {
            16.. => {
                for at in (0..len - 15).step_by(16) {
                    copy_array::<T, 16>(from.add(at), to.add(at));
                }
                copy_array::<T, 16>(from.add(len - 16), to.add(len - 16));
            }
            8.. => {
                copy_array::<T, 8>(from, to);
                copy_array::<T, 8>(from.add(len - 8), to.add(len - 8));
            }
            4.. => {
                copy_array::<T, 4>(from, to);
                copy_array::<T, 4>(from.add(len - 4), to.add(len - 4));
            }
            _ => {
                for i in 0..len {
                    *to.add(i) = *from.add(i);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn copy_array<T: Copy, const N: usize>(from: *const T, to: *mut T) {
    // SAFETY: the caller vouches for `N` numbers on both sides.
    unsafe { to.cast::<[T; N]>().write_unaligned(from.cast::<[T; N]>().read_unaligned()) }
}
